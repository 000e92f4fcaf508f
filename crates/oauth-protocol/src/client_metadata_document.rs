//! Client metadata that its client publishes (draft-ietf-oauth-client-id-metadata-document-02 §4; MCP 2025-11-25, Client ID
//! Metadata Documents).

use crate::{
    client_id_url::ClientIdUrl,
    client_metadata::{ClientMetadata, Members, RegistrationError, string},
    issuer::BaseUrl,
    private_key_jwt::PrivateKeyJwt,
    redirect_uri::PrivateUseSchemes,
};

/// Why a document describes no client of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DocumentError(pub &'static str);

impl From<RegistrationError> for DocumentError {
    fn from(error: RegistrationError) -> Self {
        Self(error.description())
    }
}

/// The statements of a document about its client.
#[derive(Clone, Debug)]
pub struct PublishedMetadata {
    /// The metadata that a registration has, too.
    pub metadata: ClientMetadata,
    /// How the client authenticates by a key; `None` for one that is only public.
    pub private_key_jwt: Option<PrivateKeyJwt>,
}

impl PublishedMetadata {
    /// Reads the document that was fetched from this URL. It must name itself, the client and its redirect URIs, and hold no
    /// secret.
    pub fn from_document(
        body: &[u8],
        url: &ClientIdUrl,
        schemes: &PrivateUseSchemes,
        base: &BaseUrl,
    ) -> Result<Self, DocumentError> {
        let members = Members::from_json(body).ok_or(DocumentError("the document is not a JSON object"))?;
        if string(&members, "client_id", "client_id must be a string")? != Some(url.as_str()) {
            return Err(DocumentError("client_id is not the URL of the document"));
        }
        if members.get("client_secret").is_some() || members.get("client_secret_expires_at").is_some() {
            return Err(DocumentError("a document must not hold a client secret"));
        }
        let private_key_jwt = PrivateKeyJwt::of_document(&members, body)?;
        let metadata = ClientMetadata::of_members(&members, schemes, base)?;
        if metadata.client_name.is_none() {
            return Err(DocumentError("client_name is missing"));
        }
        Ok(Self { metadata, private_key_jwt })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const URL: &str = "https://client.example/client.json";

    fn read_at(url: &str, document: &str) -> Result<PublishedMetadata, DocumentError> {
        let base = BaseUrl::parse("https://mcp.example.com").unwrap();
        let url = ClientIdUrl::parse(url).unwrap();
        PublishedMetadata::from_document(document.as_bytes(), &url, &PrivateUseSchemes::default(), &base)
    }

    fn document() -> Value {
        json!({ "client_id": URL, "client_name": "Client", "redirect_uris": ["https://client.example/callback"] })
    }

    fn refused(name: &str, value: Value) -> &'static str {
        let mut document = document();
        document[name] = value;
        read_at(URL, &document.to_string()).unwrap_err().0
    }

    #[test]
    fn a_document_with_the_members_that_mcp_asks_for_is_a_client() {
        let PublishedMetadata { metadata, private_key_jwt } = read_at(URL, &document().to_string()).unwrap();
        assert_eq!(private_key_jwt, None);
        assert_eq!(metadata.client_name.as_deref(), Some("Client"));
        assert_eq!(metadata.redirect_uris[0].as_str(), "https://client.example/callback");
    }

    /// As they were published in September 2026.
    #[test]
    fn the_documents_of_known_clients_are_read() {
        for (text, name, redirect_uris, required) in [
            (include_str!("client_metadata_document/vscode.json"), "Visual Studio Code", 2, None),
            (include_str!("client_metadata_document/claude.json"), "Claude", 1, None),
            (include_str!("client_metadata_document/claude-code.json"), "Claude Code", 2, None),
            (include_str!("client_metadata_document/chatgpt.json"), "ChatGPT", 1, Some(true)),
        ] {
            let document: Value = serde_json::from_str(text).unwrap();
            let PublishedMetadata { metadata, private_key_jwt } =
                read_at(document["client_id"].as_str().unwrap(), text).unwrap();
            assert_eq!((metadata.client_name.as_deref(), metadata.redirect_uris.len()), (Some(name), redirect_uris));
            assert_eq!(private_key_jwt.map(|declared| declared.required), required, "{name}");
        }
    }

    #[test]
    fn a_document_names_its_own_url_byte_by_byte() {
        let other = "client_id is not the URL of the document";
        for client_id in
            ["https://client.example/client.json/", "https://CLIENT.example/client.json", "client.json", ""]
        {
            assert_eq!(refused("client_id", json!(client_id)), other, "{client_id}");
        }
        assert_eq!(refused("client_id", Value::Null), other);
        assert_eq!(refused("client_id", json!([URL])), "client_id must be a string");
        let twice = format!(r#"{{"client_id":"{URL}","client_id":"https://other.example/x"}}"#);
        assert_eq!(read_at(URL, &twice).unwrap_err().0, other);
    }

    /// §4.1.
    #[test]
    fn a_document_with_a_secret_or_a_method_that_needs_one_is_refused() {
        for (name, value) in [
            ("client_secret", json!("s3cret")),
            ("client_secret", json!("")),
            ("client_secret", json!({})),
            ("client_secret_expires_at", json!(0)),
        ] {
            assert_eq!(refused(name, value), "a document must not hold a client secret", "{name}");
        }
        let reason = refused("token_endpoint_auth_method", json!("client_secret_basic"));
        assert_eq!(reason, "token_endpoint_auth_method must be none or private_key_jwt");
    }

    #[test]
    fn a_document_may_declare_the_key_of_its_client() {
        let mut document = document();
        document["token_endpoint_auth_method"] = json!("private_key_jwt");
        for (name, value, expected) in [
            ("jwks_uri", Value::Null, Some("private_key_jwt needs jwks or jwks_uri")),
            ("jwks_uri", json!("http://client.example/jwks.json"), Some("jwks_uri is not a URL that may be fetched")),
            ("jwks_uri", json!("https://10.0.0.1/jwks.json"), Some("jwks_uri is not a URL that may be fetched")),
            ("jwks_uri", json!("https://client.example/jwks.json"), None),
        ] {
            document[name] = value;
            let read = read_at(URL, &document.to_string());
            assert_eq!(read.as_ref().err().map(|error| error.0), expected, "{document}");
            if let Ok(PublishedMetadata { metadata, private_key_jwt }) = read {
                assert!(private_key_jwt.unwrap().required);
                assert_eq!(metadata.client_name.as_deref(), Some("Client"));
            }
        }
    }

    /// draft §4.1: a secret would be public.
    #[test]
    fn a_private_key_in_a_document_refuses_it() {
        let mut document = document();
        document["token_endpoint_auth_method"] = json!("private_key_jwt");
        for key in [json!({ "kty": "oct", "k": "AQ" }), json!({ "kty": "RSA", "n": "AQ", "e": "AQAB", "d": "AQ" })] {
            document["jwks"] = json!({ "keys": [key] });
            let refused = read_at(URL, &document.to_string()).unwrap_err();
            assert_eq!(refused.0, "the key set holds a key that must be secret");
        }
    }

    #[test]
    fn the_rules_of_a_registration_hold_too() {
        assert_eq!(refused("redirect_uris", json!([])), "redirect_uris must name at least one URI");
        assert_eq!(refused("grant_types", json!(["implicit"])), "grant_types must contain authorization_code");
        assert_eq!(refused("client_name", json!("\u{200b}")), "client_name is missing");
        assert_eq!(refused("client_name", Value::Null), "client_name is missing");
        assert!(
            read_at(URL, &document().to_string().replace("https://client.example/callback", "javascript:1")).is_err()
        );
    }

    #[test]
    fn a_text_that_is_no_json_object_is_no_document() {
        for text in ["", "[]", "null", "<html>", "\"a\"", "{", "\u{feff}{}"] {
            assert_eq!(read_at(URL, text).unwrap_err().0, "the document is not a JSON object", "{text}");
        }
        let nested = format!("{{\"jwks\":{}{}}}", "[".repeat(2000), "]".repeat(2000));
        assert_eq!(read_at(URL, &nested).unwrap_err().0, "the document is not a JSON object");
    }
}
