//! The claims challenge of a 401 (<https://learn.microsoft.com/entra/identity-platform/claims-challenge>).

use authorization_server::state::claims::Claims;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_auth::{ChallengeRef, ParamValue, parser::ChallengeParser};
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// The claims that a Bearer challenge demands; `None` if there is no such challenge, or it cannot be read.
pub(super) fn claims(headers: &HeaderMap) -> Option<Claims> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| ChallengeParser::new(value).map_while(Result::ok))
        .find_map(|challenge| demanded(&challenge))
}

fn demanded(challenge: &ChallengeRef<'_>) -> Option<Claims> {
    let parameter = |name: &str| {
        let found = challenge.params.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| ParamValue::to_unescaped(value))
    };
    if !challenge.scheme.eq_ignore_ascii_case("Bearer") || parameter("error")? != "insufficient_claims" {
        return None;
    }
    let claims = STANDARD.decode(parameter("claims")?).ok()?;
    Claims::parse(std::str::from_utf8(&claims).ok()?)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use serde_json::Value;

    use super::*;

    const GOLDEN: &str = include_str!("../../tests/golden/entra/claims.json");
    /// Not read here: two blanks after the scheme, `=` in a token, a folded line, JSON that is none, and blanks inside base64.
    /// Graph sends none of these.
    const THEIRS_ONLY: [&str; 5] = ["two_blanks", "unquoted", "obs_fold", "base64_of_text", "base64_blank_inside"];
    /// A quoted comma or quotation mark is one character of a value.
    const OURS_ONLY: [&str; 2] = ["comma_in_quotes", "blank_around_equals"];

    fn read(values: &[&str]) -> Option<Claims> {
        let header = |value: &&str| Some((WWW_AUTHENTICATE, HeaderValue::from_str(value).ok()?));
        claims(&values.iter().filter_map(header).collect())
    }

    #[test]
    fn a_recorded_challenge_demands_what_it_demanded_of_azure_core() {
        let golden: Value = serde_json::from_str(GOLDEN).unwrap();
        let (mut ours_only, mut theirs_only, mut both) = (Vec::new(), Vec::new(), 0);
        for entry in golden["www_authenticate"]["entries"].as_array().unwrap() {
            let values: Vec<_> = match &entry["www_authenticate"] {
                Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
                one => one.as_str().into_iter().collect(),
            };
            let id = entry["id"].as_str().unwrap();
            match (read(&values), entry["azure_core"]["claims"].as_str()) {
                (None, None) => {}
                (Some(_), None) => ours_only.push(id),
                (None, Some(_)) => theirs_only.push(id),
                (Some(ours), theirs) => {
                    assert_eq!(Some(ours), theirs.and_then(Claims::parse), "{id}");
                    both += 1;
                }
            }
        }
        assert_eq!((ours_only.as_slice(), theirs_only.as_slice()), (&OURS_ONLY[..], &THEIRS_ONLY[..]));
        assert!(both > 10, "{both}");
    }

    #[test]
    fn a_challenge_of_another_scheme_and_one_beyond_four_kilobytes_demand_nothing() {
        let challenge = |scheme: &str, claims: &str| {
            format!(r#"{scheme} error="insufficient_claims", claims="{}""#, STANDARD.encode(claims))
        };
        let long = format!(r#"{{"access_token":{{"a":"{}"}}}}"#, "x".repeat(4096));
        assert_eq!(read(&[&challenge("Bearer", &long)]), None);
        assert_eq!(read(&[&challenge("DPoP", r#"{"access_token":{"a":1}}"#)]), None);
        assert!(read(&[&challenge("Bearer", r#"{"access_token":{"a":1}}"#)]).is_some());
    }
}
