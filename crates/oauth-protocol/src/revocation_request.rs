//! The request to the revocation endpoint (RFC 7009 §2.1).

use secrecy::SecretString;

use crate::{
    form::Form,
    token_request::{ClientCredentials, TokenRequestError},
};

/// A client revokes a token. `token_type_hint` is not needed: the type can be told from the token.
#[derive(Debug)]
pub struct RevocationRequest {
    /// The client.
    pub client: ClientCredentials,
    /// `token`.
    pub token: SecretString,
}

impl RevocationRequest {
    /// Reads the form, and the Authorization header if there is one, by the rules of the token endpoint.
    pub fn parse(form: &Form, authorization: Option<&str>) -> Result<Self, TokenRequestError> {
        if form.repeated().is_some() {
            return Err(TokenRequestError::Repeated);
        }
        let client = ClientCredentials::parse(form, authorization)?;
        let token = form.single("token")?.ok_or(TokenRequestError::Missing("token"))?.into();
        Ok(Self { client, token })
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::client_assertion::ASSERTION_TYPE;

    fn parse(form: &str) -> Result<RevocationRequest, TokenRequestError> {
        RevocationRequest::parse(&Form::parse(form.as_bytes()).unwrap(), None)
    }

    #[test]
    fn a_token_of_any_kind_is_taken_and_the_hint_ignored() {
        let request = parse("client_id=c&token=t&token_type_hint=refresh_token").unwrap();
        assert_eq!((request.client.client_id.as_str(), request.token.expose_secret()), ("c", "t"));
    }

    #[test]
    fn token_and_client_id_are_required_and_nothing_is_repeated() {
        assert_eq!(parse("client_id=c").unwrap_err(), TokenRequestError::Missing("token"));
        assert_eq!(parse("token=t").unwrap_err(), TokenRequestError::Missing("client_id"));
        for repeated in ["token=u", "client_id=c", "token_type_hint=a&token_type_hint=b"] {
            assert_eq!(parse(&format!("client_id=c&token=t&{repeated}")).unwrap_err(), TokenRequestError::Repeated);
        }
        assert_eq!(parse("client_id=c&token=").unwrap_err(), TokenRequestError::Missing("token"));
    }

    /// RFC 7009 §2.1 sends `s6BhdRkqt3:` with a secret; ours have none.
    #[test]
    fn the_client_is_named_by_the_rules_of_the_token_endpoint() {
        let form = Form::parse(b"token=45ghiukldjahdnhzdauz").unwrap();
        let parse = |header| RevocationRequest::parse(&form, Some(header));
        assert_eq!(parse("Basic czZCaGRSa3F0Mzo=").unwrap().client.client_id, "s6BhdRkqt3");
        assert_eq!(parse("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW").unwrap_err(), TokenRequestError::ClientAuthentication);
    }

    /// RFC 7521 §4.2, at the revocation endpoint as at the token endpoint (RFC 7009 §2.1).
    #[test]
    fn a_client_with_a_key_is_named_by_its_assertion() {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let claims = part(r#"{"iss":"c","sub":"c","aud":"a","exp":1,"jti":"j"}"#);
        let assertion = format!("{}.{claims}.c2ln", part(r#"{"alg":"PS256"}"#));
        let form = |client_id: &str| {
            let parameters = [
                ("token", "t"),
                ("client_id", client_id),
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", &assertion),
            ];
            parse(&crate::form::encode(parameters))
        };
        for client_id in ["", "c"] {
            let request = form(client_id).unwrap();
            assert_eq!(request.client.client_id, "c");
            assert_eq!(request.client.assertion.unwrap().jti(), "j");
        }
        assert_eq!(form("d").unwrap_err().code(), "invalid_client");
    }

    #[test]
    fn debug_shows_no_token() {
        assert!(!format!("{:?}", parse("client_id=c&token=45ghiukl").unwrap()).contains("45gh"));
    }

    proptest! {
        #[test]
        fn any_form_is_parsed_or_refused(bytes: Vec<u8>, tail in "[a-z_=&%0-9]{0,60}", header: Option<String>) {
            for bytes in [bytes, format!("client_id=c&token=t&{tail}").into_bytes()] {
                if let Ok(form) = Form::parse(&bytes) {
                    let _ = RevocationRequest::parse(&form, header.as_deref());
                }
            }
        }
    }
}
