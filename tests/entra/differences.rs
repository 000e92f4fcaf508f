//! Every difference between Microsoft's libraries and us that is meant, and why. A test fails when one disappears, and
//! when one appears that is not here.

use std::collections::{BTreeMap, BTreeSet};

/// One difference, wherever it is met.
struct Difference {
    /// Ids of golden entries.
    at: &'static [&'static str],
    what: &'static str,
    why: &'static str,
}

const TOKEN_REQUESTS: &[&str] =
    &["msal.code.cp1", "msal.refresh.cp1", "msal.obo.cp1", "idweb.obo.first", "azid.obo.cae"];
const IDENTITY_REQUESTS: &[&str] =
    &["msal.mi.app_service.user_client_id", "idweb.mi_assertion.default", "azid.mi.app_service.user_client_id"];
const IDENTITY_OF_MSAL: &[&str] = &["msal.mi.app_service.user_client_id", "idweb.mi_assertion.default"];
const AZID_IDENTITY: &str = "azid.mi.app_service.user_client_id";
const NO_CLAIMS: &str = "interaction_required/claims_empty_string";
const NO_SECONDS: &[&str] = &["200/no_expires_in", "200/expires_in_string"];
const WRONG_ID_TOKENS: &[&str] = &["200/no_id_token", "200/id_token_other_tenant", "200/id_token_other_audience"];
const OTHER_ACCOUNTS: &[&str] = &["200/client_info_other_tenant", "200/other_user"];
const NO_RESPONSE: &[&str] = &["connection_reset", "truncated_body"];
const WORDS_FOR_THE_USER: &[&str] = &[
    "access_denied/53003/400",
    "login_required/50058/400",
    "consent_required/65001/400",
    "user_password_expired/50055/400",
];
const BLOCKED_WITH_CLAIMS: &[&str] = &[
    "invalid_grant+claims/suberror=message_only",
    "interaction_required+claims/suberror=message_only",
    "interaction_required+claims/suberror=protection_policy_required",
];
const PROTECTION_POLICY: &[&str] =
    &["invalid_grant/suberror=protection_policy_required", "invalid_grant+claims/suberror=protection_policy_required"];
const SERVER_ERRORS: &[&str] = &[
    "500/html",
    "500/json_server_error",
    "501/html",
    "502/html",
    "503/empty",
    "503/html",
    "504/html",
    "599/html",
    "interaction_required/50076/503",
    "invalid_grant/50076/500",
    "temporarily_unavailable/90033/503",
];

const TELEMETRY: &str = "telemetry of Microsoft's libraries, of no effect on the answer; we are none of them";
const CORRELATION: &str = "Entra makes an id of its own; its trace id is in our log with each refusal";
const ROUTING: &str = "a hint that routes faster for users far from the tenant; we would have to keep who they are";
const CAPABILITY: &str = "announces what a library of Microsoft's does; we honour 429 and Retry-After in any case";
const CLIENT_INFO: &str = "MSAL keys its cache by it; we never ask for it and key by the verified ID token";
const SCOPE: &str =
    "the application's own: the middle tier at sign-in and refresh, full names of Graph's at the exchange";
const CALLERS: &str = "MSAL leaves it to the caller, and we are the caller";
const ACCEPT: &str = "the others leave it to their transport; JSON is all that we read";
const AZURE_CORE: &str = "the manners of azure_core for Rust, of no effect on the answer";
const EMPTY_CLAIMS: &str = "an empty challenge holds nothing to pass on; it is interaction all the same";
const USERS_MATTER: &str = "as error words MSAL takes them for faults of ours; a sign-in mends them";
const FINAL: &str = "suberror says that no sign-in helps; with the claims the user would sign in for nothing";
const POLICY: &str = "MSAL leaves it to applications that Intune manages; here it is a policy that blocks the user";
const SPENT: &str = "a code is spent by the first request; a second one would be refused as a replay";
const OUTAGE: &str = "nobody answered, hence nothing was decided; MSAL lets the transport's exception through";
const EXPIRY: &str = "v2.0 sends a number of seconds; without one a token is of no use, and MSAL takes it for expired";
const OPENID: &str = "who signed in is what the ID token says, if it is right; MSAL leaves that to the caller";
const UNASKED: &str = "without openid there is no ID token in these answers, and nothing of one is read";
const SIGNED_IN: &str = "a refresh token is of one user; MSAL compares because its cache is of many";
const BOM: &str = "RFC 8259 §8.1 forbids it, and Entra sends none";

const DIFFERENCES: &[Difference] = &[
    // Requests.
    Difference { at: TOKEN_REQUESTS, what: "header x-client-sku: only theirs", why: TELEMETRY },
    Difference { at: TOKEN_REQUESTS, what: "header x-client-ver: only theirs", why: TELEMETRY },
    Difference { at: TOKEN_REQUESTS, what: "header x-client-os: only theirs", why: TELEMETRY },
    Difference { at: TOKEN_REQUESTS, what: "header x-client-current-telemetry: only theirs", why: TELEMETRY },
    Difference { at: &["idweb.obo.first"], what: "header x-client-brkrver: only theirs", why: TELEMETRY },
    Difference { at: &["azid.obo.cae"], what: "header user-agent: only theirs", why: TELEMETRY },
    Difference { at: &["azid.obo.cae"], what: "header x-ms-client-request-id: only theirs", why: CORRELATION },
    Difference { at: &["azid.obo.cae"], what: "header x-ms-return-client-request-id: only theirs", why: CORRELATION },
    Difference { at: &["azid.obo.cae"], what: "form claims: differs", why: "CP1 there, cp1 here, as MSAL has it" },
    Difference { at: &["idweb.obo.first", "azid.obo.cae"], what: "header accept: only ours", why: ACCEPT },
    Difference { at: TOKEN_REQUESTS, what: "header x-ms-lib-capability: only theirs", why: CAPABILITY },
    Difference { at: TOKEN_REQUESTS, what: "header client-request-id: only theirs", why: CORRELATION },
    Difference { at: TOKEN_REQUESTS, what: "header return-client-request-id: only theirs", why: CORRELATION },
    Difference {
        at: &["msal.code.cp1", "msal.refresh.cp1"],
        what: "header x-anchormailbox: only theirs",
        why: ROUTING,
    },
    Difference { at: TOKEN_REQUESTS, what: "form client_info: only theirs", why: CLIENT_INFO },
    Difference { at: TOKEN_REQUESTS, what: "form scope: differs", why: SCOPE },
    Difference { at: IDENTITY_REQUESTS, what: "header metadata: only ours", why: AZURE_CORE },
    Difference { at: IDENTITY_OF_MSAL, what: "header accept: differs", why: AZURE_CORE },
    Difference { at: IDENTITY_OF_MSAL, what: "header user-agent: only ours", why: AZURE_CORE },
    Difference { at: IDENTITY_OF_MSAL, what: "header x-ms-client-request-id: only ours", why: AZURE_CORE },
    Difference { at: &[AZID_IDENTITY], what: "header accept: only ours", why: AZURE_CORE },
    Difference { at: &[AZID_IDENTITY], what: "header x-ms-return-client-request-id: only theirs", why: AZURE_CORE },
    Difference { at: &["msal.authorize.cp1"], what: "query client-request-id: only theirs", why: CORRELATION },
    Difference { at: &["msal.authorize.cp1"], what: "query x-client-SKU: only theirs", why: TELEMETRY },
    Difference { at: &["msal.authorize.cp1"], what: "query x-client-Ver: only theirs", why: TELEMETRY },
    Difference { at: &["msal.authorize.cp1"], what: "query scope: differs", why: SCOPE },
    Difference { at: &["msal.authorize.cp1"], what: "query state: only ours", why: CALLERS },
    Difference { at: &["msal.authorize.cp1"], what: "query nonce: only ours", why: CALLERS },
    Difference { at: &["msal.authorize.cp1"], what: "query response_mode: only ours", why: "the default, said aloud" },
    // Answers.
    Difference { at: SERVER_ERRORS, what: "code: unavailable in 1, theirs unavailable in 2", why: SPENT },
    Difference { at: &["500_then_ok"], what: "code: unavailable in 1, theirs answered in 2", why: SPENT },
    Difference { at: NO_RESPONSE, what: "code: unavailable in 1, theirs refused in 1", why: OUTAGE },
    Difference { at: NO_RESPONSE, what: "refresh: unavailable in 2, theirs refused in 1", why: OUTAGE },
    Difference { at: NO_RESPONSE, what: "obo: unavailable in 2, theirs refused in 1", why: OUTAGE },
    Difference { at: WORDS_FOR_THE_USER, what: "code: interaction in 1, theirs refused in 1", why: USERS_MATTER },
    Difference { at: WORDS_FOR_THE_USER, what: "refresh: interaction in 1, theirs refused in 1", why: USERS_MATTER },
    Difference { at: WORDS_FOR_THE_USER, what: "obo: interaction in 1, theirs refused in 1", why: USERS_MATTER },
    Difference { at: BLOCKED_WITH_CLAIMS, what: "code: blocked in 1, theirs claims in 1", why: FINAL },
    Difference { at: BLOCKED_WITH_CLAIMS, what: "refresh: blocked in 1, theirs claims in 1", why: FINAL },
    Difference { at: BLOCKED_WITH_CLAIMS, what: "obo: blocked in 1, theirs claims in 1", why: FINAL },
    Difference { at: PROTECTION_POLICY, what: "code: blocked in 1, theirs refused in 1", why: POLICY },
    Difference { at: PROTECTION_POLICY, what: "refresh: blocked in 1, theirs refused in 1", why: POLICY },
    Difference { at: PROTECTION_POLICY, what: "obo: blocked in 1, theirs refused in 1", why: POLICY },
    Difference { at: &[NO_CLAIMS], what: "code: interaction in 1, theirs claims in 1", why: EMPTY_CLAIMS },
    Difference { at: &[NO_CLAIMS], what: "refresh: interaction in 1, theirs claims in 1", why: EMPTY_CLAIMS },
    Difference { at: &[NO_CLAIMS], what: "obo: interaction in 1, theirs claims in 1", why: EMPTY_CLAIMS },
    Difference { at: NO_SECONDS, what: "code: refused in 1, theirs answered in 1", why: EXPIRY },
    Difference { at: NO_SECONDS, what: "refresh: refused in 1, theirs answered in 1", why: EXPIRY },
    Difference { at: NO_SECONDS, what: "obo: refused in 1, theirs answered in 1", why: EXPIRY },
    Difference { at: &["200/bom_and_utf8"], what: "code: refused in 1, theirs answered in 1", why: BOM },
    Difference { at: &["200/bom_and_utf8"], what: "refresh: refused in 1, theirs answered in 1", why: BOM },
    Difference { at: &["200/bom_and_utf8"], what: "obo: refused in 1, theirs answered in 1", why: BOM },
    Difference { at: WRONG_ID_TOKENS, what: "code: refused in 1, theirs answered in 1", why: OPENID },
    Difference { at: &["200/id_token_not_a_jwt"], what: "refresh: answered in 1, theirs refused in 1", why: UNASKED },
    Difference { at: &["200/id_token_not_a_jwt"], what: "obo: answered in 1, theirs refused in 1", why: UNASKED },
    Difference { at: &["200/client_info_garbage"], what: "code: answered in 1, theirs refused in 1", why: CLIENT_INFO },
    Difference {
        at: &["200/client_info_garbage"],
        what: "refresh: answered in 1, theirs refused in 1",
        why: CLIENT_INFO,
    },
    Difference { at: &["200/client_info_garbage"], what: "obo: answered in 1, theirs refused in 1", why: CLIENT_INFO },
    Difference { at: OTHER_ACCOUNTS, what: "refresh: answered in 1, theirs refused in 1", why: SIGNED_IN },
];

/// Asserts that exactly these differences were found: each by the id of its golden entry.
pub(crate) fn assert_all_named(ids: &[String], found: &BTreeMap<String, BTreeSet<String>>) {
    let mut wrong = Vec::new();
    for id in ids {
        let rows = DIFFERENCES.iter().filter(|row| row.at.contains(&id.as_str()));
        let named: BTreeSet<String> = rows.map(|row| row.what.to_owned()).collect();
        let found = found.get(id).cloned().unwrap_or_default();
        wrong.extend(found.difference(&named).map(|what| format!("{id}: not named: {what}")));
        wrong.extend(named.difference(&found).map(|what| format!("{id}: named, and not there any more: {what}")));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_difference_has_a_reason_and_a_golden_entry() {
    let known = [crate::requests::ids(), crate::answers::ids()].concat();
    for Difference { at, what, why } in DIFFERENCES {
        assert!(!why.is_empty(), "{what}");
        let unknown: Vec<_> = at.iter().filter(|id| !known.iter().any(|known| known == *id)).collect();
        assert!(unknown.is_empty(), "{what}: {unknown:?}");
    }
}
