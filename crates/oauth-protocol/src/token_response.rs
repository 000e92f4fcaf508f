//! The access token response (RFC 6749 §5.1).

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use zeroize::Zeroizing;

use crate::scope::Scope;

/// An access token, and the refresh token that comes with it.
#[derive(Debug)]
pub struct TokenResponse {
    /// `access_token`, of the type Bearer.
    pub access_token: SecretString,
    /// `expires_in`, in seconds.
    pub expires_in: u64,
    /// `refresh_token`.
    pub refresh_token: SecretString,
    /// `scope`, which is always present.
    pub scope: Scope,
}

impl TokenResponse {
    /// The body.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let body = json!({
            "access_token": self.access_token.expose_secret(),
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "refresh_token": self.refresh_token.expose_secret(),
            "scope": self.scope,
        });
        Zeroizing::new(body.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The tokens of RFC 6749 §5.1.
    fn response() -> TokenResponse {
        TokenResponse {
            access_token: "2YotnFZFEjr1zCsicMWpAA".into(),
            expires_in: 3600,
            refresh_token: "tGzv3JOkF0XG5Qx2TlKWIA".into(),
            scope: Scope::parse("user.read").unwrap(),
        }
    }

    #[test]
    fn the_body_is_the_one_of_rfc_6749() {
        let body: Value = serde_json::from_str(&response().to_json()).unwrap();
        let expected = json!({
            "access_token": "2YotnFZFEjr1zCsicMWpAA",
            "token_type": "Bearer",
            "expires_in": 3600,
            "refresh_token": "tGzv3JOkF0XG5Qx2TlKWIA",
            "scope": "user.read",
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_token_cannot_break_out_of_its_string() {
        let response = TokenResponse { access_token: r#"a","scope":"all"#.into(), ..response() };
        let body: Value = serde_json::from_str(&response.to_json()).unwrap();
        assert_eq!(body.get("scope"), Some(&json!("user.read")));
    }

    #[test]
    fn debug_shows_no_token() {
        let shown = format!("{:?}", response());
        assert!(!shown.contains("2Yot") && !shown.contains("tGzv"), "{shown}");
    }
}
