//! What an error answer of the token endpoint means: by status, `error`, `suberror` and `claims`, never by AADSTS number.

use authorization_server::{ground::Unavailable, upstream::UpstreamRefusal};
use reqwest::StatusCode;
use serde::Deserialize;

/// The members of an error answer that decide. Entra's description goes to the log, never further.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorAnswer {
    error: String,
    suberror: String,
    claims: String,
    error_codes: Vec<serde_json::Value>,
    trace_id: String,
}

/// Words that send the user to sign in again.
const FOR_THE_USER: [&str; 5] =
    ["interaction_required", "login_required", "consent_required", "user_password_expired", "access_denied"];
/// Sub-errors of `invalid_grant` that a sign-in mends, although the grant is as good as before.
const MENDED_BY_SIGN_IN: [&str; 4] = ["basic_action", "additional_action", "consent_required", "user_password_expired"];
/// Sub-errors of `invalid_grant` that no sign-in mends.
const NOT_FOR_THE_USER: [&str; 2] = ["client_mismatch", "protection_policy_required"];

/// Classifies an answer that is not 200.
pub(super) fn classify(status: StatusCode, body: &[u8]) -> UpstreamRefusal {
    let answer: ErrorAnswer = serde_json::from_slice(body).unwrap_or_default();
    let reason = describe(status, &answer);
    if transient(status, &answer) {
        return UpstreamRefusal::Unavailable(Unavailable { what: "upstream", reason });
    }
    let suberror = |known: &[&str]| known.iter().any(|known| answer.suberror.eq_ignore_ascii_case(known));
    match answer.error.to_ascii_lowercase().as_str() {
        error if FOR_THE_USER.contains(&error) => interaction(answer.claims, reason),
        "invalid_grant" if suberror(&NOT_FOR_THE_USER) => UpstreamRefusal::Refused { reason },
        "invalid_grant" if !answer.claims.is_empty() || suberror(&MENDED_BY_SIGN_IN) => {
            interaction(answer.claims, reason)
        }
        "invalid_grant" => UpstreamRefusal::InvalidGrant { reason },
        _ => UpstreamRefusal::Refused { reason },
    }
}

fn transient(status: StatusCode, answer: &ErrorAnswer) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
        || answer.error.eq_ignore_ascii_case("temporarily_unavailable")
}

fn interaction(claims: String, reason: String) -> UpstreamRefusal {
    UpstreamRefusal::InteractionRequired { claims: Some(claims).filter(|claims| !claims.is_empty()), reason }
}

fn describe(status: StatusCode, answer: &ErrorAnswer) -> String {
    let ErrorAnswer { error, suberror, error_codes, trace_id, .. } = answer;
    let codes = error_codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    format!("{} {error} {suberror} AADSTS[{codes}] trace {trace_id}", status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> &'static str {
        match classify(StatusCode::from_u16(status).unwrap(), body.as_bytes()) {
            UpstreamRefusal::InteractionRequired { claims: Some(_), .. } => "claims",
            UpstreamRefusal::InteractionRequired { claims: None, .. } => "interaction",
            UpstreamRefusal::InvalidGrant { .. } => "invalid grant",
            UpstreamRefusal::Refused { .. } => "refused",
            UpstreamRefusal::Unavailable(_) => "unavailable",
        }
    }

    #[test]
    fn what_the_user_can_mend_is_the_users() {
        assert_eq!(kind(400, r#"{"error":"interaction_required"}"#), "interaction");
        assert_eq!(kind(400, r#"{"error":"invalid_grant","suberror":"consent_required"}"#), "interaction");
        assert_eq!(kind(400, r#"{"error":"invalid_grant","claims":"{\"access_token\":{}}"}"#), "claims");
        assert_eq!(kind(400, r#"{"error":"invalid_grant","suberror":"BASIC_ACTION"}"#), "interaction");
        assert_eq!(kind(400, r#"{"error":"interaction_required","suberror":"client_mismatch"}"#), "interaction");
    }

    #[test]
    fn a_dead_grant_is_not_the_users_first() {
        assert_eq!(kind(400, r#"{"error":"invalid_grant","error_codes":[70000]}"#), "invalid grant");
        assert_eq!(kind(400, r#"{"error":"invalid_grant","suberror":"message_only"}"#), "invalid grant");
    }

    #[test]
    fn what_no_sign_in_mends_is_not_the_users() {
        let mismatch = r#"{"error":"invalid_grant","suberror":"client_mismatch","claims":"{}"}"#;
        assert_eq!(kind(400, mismatch), "refused");
    }

    #[test]
    fn a_fault_of_ours_is_an_alarm() {
        for error in ["invalid_client", "unauthorized_client", "invalid_scope", "invalid_request", ""] {
            assert_eq!(kind(401, &format!(r#"{{"error":"{error}"}}"#)), "refused");
        }
        assert_eq!(kind(400, "<html>"), "refused");
    }

    #[test]
    fn transience_is_tested_first() {
        assert_eq!(kind(503, r#"{"error":"invalid_grant"}"#), "unavailable");
        assert_eq!(kind(429, "{}"), "unavailable");
        assert_eq!(kind(400, r#"{"error":"temporarily_unavailable"}"#), "unavailable");
        assert_eq!(kind(400, r#"{"error":"server_error"}"#), "refused");
    }
}
