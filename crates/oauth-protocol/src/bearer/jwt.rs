//! Whether a bearer token is a JSON Web Token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

/// The characters of the shortest JOSE header: `{"alg":""}`. A shorter part need not be decoded.
const SHORTEST_HEADER: usize = 14;

/// The member of every JOSE header (RFC 7515 §4.1.1).
#[derive(Deserialize)]
struct AnyJoseHeader {
    #[serde(rename = "alg")]
    _alg: String,
}

/// Whether a text is a signed JSON Web Token by its form (RFC 7515 §7.1): three parts, of which the first is a JSON object that
/// names an algorithm. Nothing in it is verified.
#[must_use]
pub fn is_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    if header.len() < SHORTEST_HEADER {
        return false;
    }
    let header = URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
    header.starts_with(b"{") && serde_json::from_slice::<AnyJoseHeader>(&header).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> String {
        format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header))
    }

    /// RFC 7519 §3.1.
    #[test]
    fn the_example_of_rfc_7519_is_one() {
        assert!(is_jwt(
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
             cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        ));
        assert!(is_jwt(&token(r#"{"alg":"none"}"#)));
        assert!(is_jwt(&token(r#"{"alg":""}"#)), "it is the shortest");
    }

    #[test]
    fn another_text_of_three_parts_is_none() {
        let headers = ["[1]", r#"{"alg":1}"#, "{ this is no JSON", r#"["an algorithm"]"#].map(token);
        let texts = ["a.b.c", "e30.e30.e30", "AbCdEfGh.AbCdEfGhIjKlMnOp.c2VhbGVk"];
        for text in texts.into_iter().chain(headers.iter().map(String::as_str)) {
            assert!(!is_jwt(text), "{text}");
        }
    }

    #[test]
    fn fewer_or_more_parts_are_none() {
        let jwt = token(r#"{"alg":"RS256"}"#);
        for text in ["", "a", "a.b", jwt.trim_end_matches(".c2ln"), &format!("{jwt}.x"), &format!("{jwt}.x.y")] {
            assert!(!is_jwt(text), "{text}");
        }
    }
}
