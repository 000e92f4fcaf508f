//! `private_key_jwt` in the metadata of a client (RFC 7591 §2, OpenID Connect Core §9): the client authenticates by assertions
//! that it signs with a key of its own.

use serde::Deserialize;

use crate::{
    client_metadata::{Members, NotStrings, RegistrationError, auth_method, string, strings},
    https_url::HttpsUrl,
    json_web_key::{KeySet, SigningAlgorithm},
};

/// The method's name.
pub const PRIVATE_KEY_JWT: &str = "private_key_jwt";

/// How a client authenticates by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateKeyJwt {
    /// Whether it always does. A client that declares no method and lists `none` as well may also come without an assertion.
    pub required: bool,
    /// `token_endpoint_auth_signing_alg`: the only algorithm that it uses.
    pub algorithm: Option<SigningAlgorithm>,
    /// Its public keys.
    pub keys: PublishedKeys,
}

/// Where the public keys of a client are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishedKeys {
    /// `jwks`: in the document.
    Inline(KeySet),
    /// `jwks_uri`: at this URL.
    At(HttpsUrl),
}

/// The methods that a document declares. One without any is a public client's: clients publish no more than what MCP asks for.
/// `token_endpoint_auth_method` is the client's method (RFC 7591 §2). Further methods that it supports count only if this server does not have that one.
struct Methods {
    none: bool,
    private_key_jwt: bool,
}

/// The member that [`Members`] drops.
#[derive(Deserialize)]
struct InlineKeys {
    jwks: Option<serde_json::Value>,
}

impl PrivateKeyJwt {
    /// Reads the members of a document; `None` for a client that only has `none`. Every method with a shared secret is refused
    /// (draft-ietf-oauth-client-id-metadata-document-02 §4.1).
    pub(crate) fn of_document(members: &Members, body: &[u8]) -> Result<Option<Self>, RegistrationError> {
        let Methods { none, private_key_jwt } = Methods::of(members)?;
        if !none && !private_key_jwt {
            return Err(refused("token_endpoint_auth_method must be none or private_key_jwt"));
        }
        if !private_key_jwt {
            return Ok(None);
        }
        let (algorithm, keys) = (algorithm(members)?, keys(members, body)?);
        match keys {
            Some(keys) => Ok(Some(Self { required: !none, algorithm, keys })),
            None if none => Ok(None),
            None => Err(refused("private_key_jwt needs jwks or jwks_uri")),
        }
    }
}

impl Methods {
    fn of(members: &Members) -> Result<Self, RegistrationError> {
        let supported = strings(members, "token_endpoint_auth_methods_supported")
            .map_err(|NotStrings| refused("token_endpoint_auth_methods_supported must be an array of strings"))?;
        // A document that says nothing is of a public client.
        let method = auth_method(members)?.or_else(|| supported.is_none().then_some("none"));
        if let Some(own @ ("none" | PRIVATE_KEY_JWT)) = method {
            return Ok(Self { none: own == "none", private_key_jwt: own == PRIVATE_KEY_JWT });
        }
        let has = |name| supported.as_ref().is_some_and(|methods| methods.contains(&name));
        Ok(Self { none: has("none"), private_key_jwt: has(PRIVATE_KEY_JWT) })
    }
}

fn refused(description: &'static str) -> RegistrationError {
    RegistrationError::InvalidClientMetadata(description)
}

fn algorithm(members: &Members) -> Result<Option<SigningAlgorithm>, RegistrationError> {
    let member = "token_endpoint_auth_signing_alg must be a string";
    let Some(name) = string(members, "token_endpoint_auth_signing_alg", member)? else { return Ok(None) };
    SigningAlgorithm::parse(name).map(Some).ok_or(refused("token_endpoint_auth_signing_alg is not supported"))
}

/// RFC 7591 §2: never both.
fn keys(members: &Members, body: &[u8]) -> Result<Option<PublishedKeys>, RegistrationError> {
    let InlineKeys { jwks } = serde_json::from_slice(body).map_err(|_| refused("jwks is given more than once"))?;
    let at = string(members, "jwks_uri", "jwks_uri must be a string")?;
    match (jwks, at) {
        (Some(_), Some(_)) => Err(refused("jwks and jwks_uri must not be used together")),
        (Some(jwks), None) => {
            let keys = KeySet::from_json(jwks.to_string().as_bytes()).map_err(|error| refused(error.0))?;
            Ok(Some(PublishedKeys::Inline(keys)))
        }
        (None, Some(at)) => {
            let url = HttpsUrl::parse(at).map_err(|_| refused("jwks_uri is not a URL that may be fetched"))?;
            Ok(Some(PublishedKeys::At(url)))
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const AT: &str = "https://client.example/jwks.json";

    fn read(document: &Value) -> Result<Option<PrivateKeyJwt>, &'static str> {
        let body = document.to_string();
        let members = Members::from_json(body.as_bytes()).unwrap();
        PrivateKeyJwt::of_document(&members, body.as_bytes()).map_err(|error| error.description())
    }

    fn keyed(changes: &[(&str, Value)]) -> Value {
        let mut document = json!({ "token_endpoint_auth_method": PRIVATE_KEY_JWT, "jwks_uri": AT });
        for (name, value) in changes {
            document[*name] = value.clone();
        }
        document
    }

    fn jwks() -> Value {
        let coordinate = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate }] })
    }

    #[test]
    fn a_document_declares_where_its_keys_are() {
        let at = read(&keyed(&[("token_endpoint_auth_signing_alg", json!("ES256"))])).unwrap().unwrap();
        assert_eq!((at.required, at.algorithm), (true, Some(SigningAlgorithm::Es256)));
        assert_eq!(at.keys, PublishedKeys::At(HttpsUrl::parse(AT).unwrap()));
        let inline = read(&keyed(&[("jwks_uri", Value::Null), ("jwks", jwks())])).unwrap().unwrap();
        assert!(matches!(inline.keys, PublishedKeys::Inline(_)));
    }

    #[test]
    fn the_declared_method_is_the_only_one_whatever_else_the_client_supports() {
        let both = json!(["none", PRIVATE_KEY_JWT]);
        let of_key = keyed(&[("token_endpoint_auth_methods_supported", both.clone())]);
        assert!(read(&of_key).unwrap().unwrap().required);
        let without_keys = keyed(&[("token_endpoint_auth_methods_supported", both.clone()), ("jwks_uri", Value::Null)]);
        assert_eq!(read(&without_keys), Err("private_key_jwt needs jwks or jwks_uri"));
        let public =
            keyed(&[("token_endpoint_auth_methods_supported", both), ("token_endpoint_auth_method", json!("none"))]);
        assert_eq!(read(&public), Ok(None));
    }

    #[test]
    fn a_document_that_only_lists_both_methods_leaves_the_choice_to_its_client() {
        let both = json!({ "token_endpoint_auth_methods_supported": ["none", PRIVATE_KEY_JWT], "jwks_uri": AT });
        assert!(!read(&both).unwrap().unwrap().required);
        let without_keys = json!({ "token_endpoint_auth_methods_supported": ["none", PRIVATE_KEY_JWT] });
        assert_eq!((read(&without_keys), read(&json!({ "jwks_uri": AT }))), (Ok(None), Ok(None)));
    }

    #[test]
    fn the_key_alone_among_the_supported_methods_is_required() {
        let alone = json!({ "token_endpoint_auth_methods_supported": [PRIVATE_KEY_JWT], "jwks_uri": AT });
        assert!(read(&alone).unwrap().unwrap().required);
    }

    /// As published in September 2026.
    #[test]
    fn chatgpt_declares_its_key() {
        let document: Value = serde_json::from_str(include_str!("client_metadata_document/chatgpt.json")).unwrap();
        let declared = read(&document).unwrap().unwrap();
        let at = HttpsUrl::parse("https://chatgpt.com/oauth/jwks.json").unwrap();
        assert_eq!(
            declared,
            PrivateKeyJwt { required: true, algorithm: Some(SigningAlgorithm::Rs256), keys: PublishedKeys::At(at) }
        );
    }

    #[test]
    fn a_public_client_needs_no_member_and_its_keys_are_not_read() {
        for document in
            [json!({}), json!({ "token_endpoint_auth_method": "none" }), json!({ "token_endpoint_auth_method": null })]
        {
            assert_eq!(read(&document), Ok(None), "{document}");
        }
        let broken = json!({ "jwks": "x", "jwks_uri": "x", "token_endpoint_auth_signing_alg": "x" });
        assert_eq!(read(&broken), Ok(None));
    }

    #[test]
    fn a_method_that_is_not_supported_does_not_hide_one_that_is() {
        for (methods, required) in [
            (json!(["client_secret_basic", PRIVATE_KEY_JWT]), Some(true)),
            (json!(["client_secret_basic", "none"]), None),
        ] {
            let document = json!({
                "token_endpoint_auth_method": "client_secret_basic",
                "token_endpoint_auth_methods_supported": methods,
                "jwks_uri": AT,
            });
            let declared = read(&document).unwrap();
            assert_eq!(declared.map(|declared| declared.required), required, "{document}");
        }
    }

    #[test]
    fn keys_that_are_given_twice_are_refused() {
        let body = br#"{"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[]},"jwks":{"keys":[]}}"#;
        let refused = PrivateKeyJwt::of_document(&Members::from_json(body).unwrap(), body).unwrap_err();
        assert_eq!(refused.description(), "jwks is given more than once");
    }

    #[test]
    fn methods_with_a_shared_secret_are_refused() {
        for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt", "tls_client_auth", "x", "NONE"]
        {
            let document = json!({ "token_endpoint_auth_method": method });
            assert_eq!(read(&document), Err("token_endpoint_auth_method must be none or private_key_jwt"), "{method}");
        }
    }

    #[test]
    fn keys_that_cannot_be_used_are_refused() {
        for (changes, expected) in [
            (vec![("jwks_uri", Value::Null)], "private_key_jwt needs jwks or jwks_uri"),
            (vec![("jwks", jwks())], "jwks and jwks_uri must not be used together"),
            (vec![("jwks_uri", json!("http://client.example/jwks"))], "jwks_uri is not a URL that may be fetched"),
            (vec![("jwks_uri", json!("https://127.0.0.1/jwks"))], "jwks_uri is not a URL that may be fetched"),
            (vec![("jwks_uri", json!([AT]))], "jwks_uri must be a string"),
            (vec![("jwks_uri", Value::Null), ("jwks", json!("x"))], "the key set is malformed"),
            (
                vec![("token_endpoint_auth_signing_alg", json!("HS256"))],
                "token_endpoint_auth_signing_alg is not supported",
            ),
            (
                vec![("token_endpoint_auth_signing_alg", json!("none"))],
                "token_endpoint_auth_signing_alg is not supported",
            ),
            (
                vec![("token_endpoint_auth_methods_supported", json!("none"))],
                "token_endpoint_auth_methods_supported must be an array of strings",
            ),
        ] {
            assert_eq!(read(&keyed(&changes)), Err(expected), "{changes:?}");
        }
        let mut published = jwks();
        published["keys"][0]["d"] = json!("AQ");
        let secret = keyed(&[("jwks_uri", Value::Null), ("jwks", published)]);
        assert_eq!(read(&secret), Err("the key set holds a key that must be secret"));
    }

    proptest! {
        #[test]
        fn any_members_are_read_or_refused(
            method in "none|private_key_jwt|client_secret_basic|.{0,8}",
            at in "https://[a-z.]{1,20}/[a-z]{0,5}|.{0,20}",
            algorithm in "[A-Z0-9]{0,6}",
        ) {
            let document = json!({
                "token_endpoint_auth_method": method,
                "jwks_uri": at,
                "token_endpoint_auth_signing_alg": algorithm,
            });
            if let Ok(Some(declared)) = read(&document) {
                prop_assert!(declared.required && method == PRIVATE_KEY_JWT);
            }
        }
    }
}
