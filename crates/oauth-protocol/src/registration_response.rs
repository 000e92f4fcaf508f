//! The client information response (RFC 7591 §3.2.1).

use serde::Serialize;

use crate::{client_metadata::ClientMetadata, redirect_uri::RedirectUri};

/// The answer to a registration: always a public client with both grants, and never a secret.
#[derive(Clone, Debug, Serialize)]
pub struct RegistrationResponse {
    client_id: String,
    client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<String>,
    redirect_uris: Vec<RedirectUri>,
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
    scope: String,
}

impl RegistrationResponse {
    /// The answer to this registration: the metadata that was granted, which may differ from the request.
    #[must_use]
    pub fn new(metadata: ClientMetadata, client_id: String, client_id_issued_at: i64, scope: String) -> Self {
        Self {
            client_id,
            client_id_issued_at,
            client_name: metadata.client_name,
            redirect_uris: metadata.redirect_uris,
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
            token_endpoint_auth_method: "none",
            scope,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, to_value};

    use super::*;
    use crate::{issuer::BaseUrl, redirect_uri::PrivateUseSchemes};

    fn answer(request: &Value) -> Value {
        let base = BaseUrl::parse("https://mcp.example.com").unwrap();
        let metadata = ClientMetadata::from_json(request.to_string().as_bytes(), &PrivateUseSchemes::default(), &base);
        let (id, scope) = ("the-id".to_owned(), "user.read".to_owned());
        to_value(RegistrationResponse::new(metadata.unwrap(), id, 1_767_225_600, scope)).unwrap()
    }

    #[test]
    fn the_answer_says_what_was_really_granted() {
        let request = json!({
            "redirect_uris": ["http://127.0.0.1/"],
            "client_name": "A",
            "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["authorization_code"],
            "scope": "everything",
        });
        let expected = json!({
            "client_id": "the-id",
            "client_id_issued_at": 1_767_225_600,
            "client_name": "A",
            "redirect_uris": ["http://127.0.0.1/"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "user.read",
        });
        assert_eq!(answer(&request), expected);
    }

    #[test]
    fn neither_null_nor_a_claimed_id_or_secret_comes_back() {
        let request = json!({
            "redirect_uris": ["https://client.example/cb"],
            "client_id": "mine",
            "client_secret": "s3cret",
            "client_secret_expires_at": 0,
            "registration_access_token": "t",
        });
        let answer = answer(&request);
        assert_eq!(answer.get("client_id"), Some(&json!("the-id")));
        let members = answer.as_object().unwrap();
        assert!(members.values().all(|value| !value.is_null()));
        for absent in ["client_name", "client_secret", "client_secret_expires_at", "registration_access_token"] {
            assert!(!members.contains_key(absent), "{absent}");
        }
    }
}
