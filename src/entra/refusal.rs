//! Error responses of the token endpoint. The status decides first, then `suberror`, then `error` and `claims`;
//! the AADSTS number is for the log only.

use authorization_server::{
    ground::{OperationalEvent, Unavailable},
    state::claims::Claims,
    upstream::UpstreamRefusal,
};
use reqwest::StatusCode;
use serde::Deserialize;

/// An error response (RFC 6749 §5.2) with Entra's extensions. Its description is not read: it may name the user.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorResponse {
    error: String,
    suberror: String,
    claims: String,
    error_codes: Vec<serde_json::Value>,
    trace_id: String,
}

/// The value of `error` or `suberror` for a consent that nobody has given.
const CONSENT_REQUIRED: &str = "consent_required";
/// Values of `error` that ask for a new sign-in.
const INTERACTION_REQUIRED: [&str; 5] =
    ["interaction_required", "login_required", CONSENT_REQUIRED, "user_password_expired", "access_denied"];
/// Values of `suberror` of an `invalid_grant` that ask for a new sign-in. The grant itself is still valid.
const SIGN_IN_HELPS: [&str; 4] = ["basic_action", "additional_action", CONSENT_REQUIRED, "user_password_expired"];
/// Values of `suberror` for a policy that no sign-in satisfies: a sign-in could only show a message, or the user must use
/// an application that Intune protects, which this server is not. They stand although `claims` may stand beside them.
const BLOCKED: [&str; 2] = ["message_only", "protection_policy_required"];
/// Blocked by Conditional Access. Entra sends it with `message_only`, with `claims`, and as `access_denied`.
const BLOCKED_BY_POLICY: &str = "53003";
/// The value of `suberror` for tokens of another application. Only the operator can know why this server has them.
const CLIENT_MISMATCH: &str = "client_mismatch";

/// Classifies a response whose status is not 200, and logs it.
pub(super) fn classify(status: StatusCode, body: &[u8]) -> UpstreamRefusal {
    let answer: ErrorResponse = serde_json::from_slice(body).unwrap_or_default();
    let reason = describe(status, &answer);
    let refusal = refusal(status, &answer, reason.clone());
    let entra_trace = answer.trace_id;
    if let UpstreamRefusal::Refused { .. } = refusal {
        let event = OperationalEvent::EntraRefusesServer.as_str();
        tracing::error!(
            counted = true,
            event,
            reason,
            entra_trace,
            "token request refused: Entra does not accept this server"
        );
    } else {
        tracing::info!(counted = true, reason, entra_trace, "token request refused by Entra");
    }
    refusal
}

fn refusal(status: StatusCode, answer: &ErrorResponse, reason: String) -> UpstreamRefusal {
    if transient(status, answer) {
        return UpstreamRefusal::Unavailable(Unavailable::upstream(reason));
    }
    let suberror = |known: &[&str]| known.iter().any(|known| answer.suberror.eq_ignore_ascii_case(known));
    if answer.error_codes.iter().any(|code| code.to_string().trim_matches('"') == BLOCKED_BY_POLICY) {
        tracing::warn!(counted = true, %reason, "blocked by Conditional Access: a location policy sees this server's outbound address");
    }
    match answer.error.to_ascii_lowercase().as_str() {
        _ if suberror(&BLOCKED) => UpstreamRefusal::Blocked { reason },
        _ if suberror(&[CLIENT_MISMATCH]) => UpstreamRefusal::Refused { reason },
        error if INTERACTION_REQUIRED.contains(&error) => interaction(answer, reason),
        "invalid_grant" if !answer.claims.is_empty() || suberror(&SIGN_IN_HELPS) => interaction(answer, reason),
        "invalid_grant" => UpstreamRefusal::InvalidGrant { reason },
        _ => UpstreamRefusal::Refused { reason },
    }
}

fn transient(status: StatusCode, answer: &ErrorResponse) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
        || answer.error.eq_ignore_ascii_case("temporarily_unavailable")
}

/// A consent is given without claims, and no client is sent to get another token for one.
fn interaction(answer: &ErrorResponse, reason: String) -> UpstreamRefusal {
    let is_consent = [&answer.error, &answer.suberror].iter().any(|word| word.eq_ignore_ascii_case(CONSENT_REQUIRED));
    if is_consent {
        return UpstreamRefusal::ConsentRequired { reason };
    }
    UpstreamRefusal::InteractionRequired { claims: Claims::parse(&answer.claims), reason }
}

/// The same for the same refusal, so it has no ids of the request.
fn describe(status: StatusCode, answer: &ErrorResponse) -> String {
    let ErrorResponse { error, suberror, error_codes, .. } = answer;
    let codes = error_codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    format!("{} {error} {suberror} AADSTS[{codes}]", status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> &'static str {
        match classify(StatusCode::from_u16(status).unwrap(), body.as_bytes()) {
            UpstreamRefusal::InteractionRequired { claims: Some(_), .. } => "claims",
            UpstreamRefusal::InteractionRequired { claims: None, .. } => "interaction",
            UpstreamRefusal::ConsentRequired { .. } => "consent",
            UpstreamRefusal::InvalidGrant { .. } => "invalid grant",
            UpstreamRefusal::Blocked { .. } => "blocked",
            UpstreamRefusal::Refused { .. } => "refused",
            UpstreamRefusal::Unavailable(_) => "unavailable",
        }
    }

    #[test]
    fn errors_that_a_sign_in_resolves_require_interaction() {
        assert_eq!(kind(400, r#"{"error":"interaction_required"}"#), "interaction");
        for consent in [
            r#"{"error":"invalid_grant","suberror":"consent_required"}"#,
            r#"{"error":"invalid_grant","suberror":"consent_required","claims":"{\"access_token\":{}}"}"#,
            r#"{"error":"consent_required","claims":"{\"access_token\":{}}"}"#,
        ] {
            assert_eq!(kind(400, consent), "consent");
        }
        assert_eq!(kind(400, r#"{"error":"invalid_grant","claims":"{\"access_token\":{}}"}"#), "claims");
        assert_eq!(kind(400, r#"{"error":"invalid_grant","suberror":"BASIC_ACTION"}"#), "interaction");
    }

    #[test]
    fn every_word_of_the_two_lists_requires_interaction_in_any_case() {
        for error in INTERACTION_REQUIRED {
            let expected = if error == CONSENT_REQUIRED { "consent" } else { "interaction" };
            assert_eq!(kind(400, &format!(r#"{{"error":"{error}"}}"#)), expected, "{error}");
            assert_eq!(kind(400, &format!(r#"{{"error":"{}"}}"#, error.to_uppercase())), expected, "{error}");
        }
        for suberror in SIGN_IN_HELPS {
            let body = format!(r#"{{"error":"invalid_grant","suberror":"{suberror}"}}"#);
            let expected = if suberror == CONSENT_REQUIRED { "consent" } else { "interaction" };
            assert_eq!(kind(400, &body), expected, "{suberror}");
        }
    }

    #[test]
    fn the_log_gets_numbers_and_ids_and_none_of_the_words_about_the_user() {
        let body = serde_json::json!({
            "error": "invalid_grant",
            "suberror": "basic_action",
            "error_codes": [50_076, 65_001],
            "trace_id": "the-trace",
            "error_description": "AADSTS50076: alice@contoso.example must use multi-factor authentication",
            "claims": "{}",
        });
        let UpstreamRefusal::InteractionRequired { reason, .. } =
            classify(StatusCode::BAD_REQUEST, body.to_string().as_bytes())
        else {
            panic!("another kind")
        };
        assert_eq!(reason, "400 invalid_grant basic_action AADSTS[50076,65001]");
    }

    #[test]
    fn another_invalid_grant_ends_the_grant() {
        assert_eq!(kind(400, r#"{"error":"invalid_grant","error_codes":[70000]}"#), "invalid grant");
    }

    #[test]
    fn tokens_of_another_application_are_a_refusal_of_this_server_whatever_stands_beside_it() {
        let mismatch = r#"{"error":"invalid_grant","suberror":"client_mismatch","claims":"{}"}"#;
        assert_eq!(kind(400, mismatch), "refused");
        assert_eq!(kind(400, r#"{"error":"interaction_required","suberror":"client_mismatch"}"#), "refused");
    }

    #[test]
    fn a_policy_that_no_sign_in_satisfies_blocks_whatever_stands_beside_it() {
        for suberror in BLOCKED {
            for (error, claims) in [
                ("invalid_grant", ""),
                ("invalid_grant", "{}"),
                ("interaction_required", "{}"),
                ("unauthorized_client", ""),
            ] {
                let body = serde_json::json!({ "error": error, "suberror": suberror, "claims": claims });
                assert_eq!(kind(400, &body.to_string()), "blocked", "{body}");
            }
        }
        assert_eq!(kind(503, r#"{"error":"invalid_grant","suberror":"message_only"}"#), "unavailable");
    }

    #[test]
    fn errors_of_our_own_request_are_refusals() {
        for error in ["invalid_client", "unauthorized_client", "invalid_scope", "invalid_request", ""] {
            assert_eq!(kind(401, &format!(r#"{{"error":"{error}"}}"#)), "refused");
        }
        assert_eq!(kind(400, "<html>"), "refused");
    }

    #[test]
    fn a_transient_status_or_error_wins_over_all_others() {
        assert_eq!(kind(503, r#"{"error":"invalid_grant"}"#), "unavailable");
        for status in [408, 429, 500, 502, 504, 599] {
            assert_eq!(kind(status, r#"{"error":"interaction_required","claims":"{}"}"#), "unavailable", "{status}");
        }
        assert_eq!(kind(400, r#"{"error":"temporarily_unavailable"}"#), "unavailable");
        assert_eq!(kind(400, r#"{"error":"server_error"}"#), "refused");
    }
}
