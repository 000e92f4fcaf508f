//! Authorization server metadata (RFC 8414 §2).

use serde::Serialize;

use crate::{issuer::BaseUrl, json_web_key::SigningAlgorithm, private_key_jwt::PRIVATE_KEY_JWT};

/// The document; it lists only what exists.
#[derive(Clone, Debug, Serialize)]
pub struct AuthorizationServerMetadata {
    /// Without a slash at the end, byte-identical to `iss` (RFC 9207 §2.4).
    pub issuer: String,
    /// `GET /authorize`.
    pub authorization_endpoint: String,
    /// `POST /token`.
    pub token_endpoint: String,
    /// `POST /register` (RFC 7591 §3).
    pub registration_endpoint: String,
    /// `POST /revoke` (RFC 7009).
    pub revocation_endpoint: String,
    /// The supported scopes.
    pub scopes_supported: Vec<String>,
    /// `code` alone.
    pub response_types_supported: &'static [&'static str],
    /// `query` alone.
    pub response_modes_supported: &'static [&'static str],
    /// Both that clients get.
    pub grant_types_supported: &'static [&'static str],
    /// `none` is first: some clients take the first entry blindly. The key of a client is published in its metadata document.
    pub token_endpoint_auth_methods_supported: &'static [&'static str],
    /// The algorithms of client assertions; absent if no client can send one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg_values_supported: Option<&'static [&'static str]>,
    /// The same as of the token endpoint; absent would mean `client_secret_basic`.
    pub revocation_endpoint_auth_methods_supported: &'static [&'static str],
    /// The same as of the token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint_auth_signing_alg_values_supported: Option<&'static [&'static str]>,
    /// S256 alone (RFC 7636 §6.2.2 has `plain` too).
    pub code_challenge_methods_supported: &'static [&'static str],
    /// RFC 9207 §3.
    pub authorization_response_iss_parameter_supported: bool,
    /// Whether a client may name the URL of its metadata document as its `client_id`
    /// (draft-ietf-oauth-client-id-metadata-document-02 §6).
    pub client_id_metadata_document_supported: bool,
}

impl AuthorizationServerMetadata {
    /// The document of the server at `base`.
    #[must_use]
    pub fn new(base: &BaseUrl, scopes: &[&str], client_id_metadata_document_supported: bool) -> Self {
        let methods: &[&str] =
            if client_id_metadata_document_supported { &["none", PRIVATE_KEY_JWT] } else { &["none"] };
        let algorithms = client_id_metadata_document_supported.then_some(SigningAlgorithm::NAMES);
        Self {
            issuer: base.issuer().to_owned(),
            authorization_endpoint: base.join("/authorize"),
            token_endpoint: base.join("/token"),
            registration_endpoint: base.join("/register"),
            revocation_endpoint: base.join("/revoke"),
            scopes_supported: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            response_types_supported: &["code"],
            response_modes_supported: &["query"],
            grant_types_supported: &["authorization_code", "refresh_token"],
            token_endpoint_auth_methods_supported: methods,
            token_endpoint_auth_signing_alg_values_supported: algorithms,
            revocation_endpoint_auth_methods_supported: methods,
            revocation_endpoint_auth_signing_alg_values_supported: algorithms,
            code_challenge_methods_supported: &["S256"],
            authorization_response_iss_parameter_supported: true,
            client_id_metadata_document_supported,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    fn document(documents: bool) -> serde_json::Value {
        let base = BaseUrl::parse("https://mcp.example.com/").unwrap();
        to_value(AuthorizationServerMetadata::new(&base, &["user.read"], documents)).unwrap()
    }

    /// A client can publish a key only in a metadata document.
    #[test]
    fn without_metadata_documents_clients_are_public() {
        let document = document(false);
        for endpoint in ["token", "revocation"] {
            assert_eq!(document[format!("{endpoint}_endpoint_auth_methods_supported")], json!(["none"]));
            assert!(document.get(format!("{endpoint}_endpoint_auth_signing_alg_values_supported")).is_none());
        }
    }

    #[test]
    fn the_document_lists_what_exists_and_nothing_else() {
        let expected = json!({
            "issuer": "https://mcp.example.com",
            "authorization_endpoint": "https://mcp.example.com/authorize",
            "token_endpoint": "https://mcp.example.com/token",
            "registration_endpoint": "https://mcp.example.com/register",
            "revocation_endpoint": "https://mcp.example.com/revoke",
            "scopes_supported": ["user.read"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
            "revocation_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "revocation_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "client_id_metadata_document_supported": true,
        });
        assert_eq!(document(true), expected);
    }
}
