use TokenRequestError as Error;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::*;

/// A code of ours: `Splx` names the record, and 32 bytes of 7 are the secret.
const CODE: &str =
    "grant_type=authorization_code&client_id=s6BhdRkqt3&code=Splx.BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
const REFRESH: &str = "grant_type=refresh_token&client_id=s6BhdRkqt3&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA";

fn parse(body: &str) -> Result<TokenRequest, Error> {
    TokenRequest::parse(&Form::parse(body.as_bytes()).unwrap(), None)
}

fn refused(body: &str) -> Error {
    parse(body).unwrap_err()
}

fn with_basic(body: &str, pair: &str) -> Result<TokenRequest, Error> {
    let header = format!("Basic {}", STANDARD.encode(pair));
    TokenRequest::parse(&Form::parse(body.as_bytes()).unwrap(), Some(&header))
}

fn client_of(request: &TokenRequest) -> &str {
    request.client_id()
}

fn redemption(body: &str) -> AuthorizationCodeRequest {
    let TokenRequest::AuthorizationCode(request) = parse(body).unwrap() else { panic!("another grant") };
    request
}

/// The redirect URI of RFC 6749 §4.1.3, the verifier of RFC 7636 appendix B.
#[test]
fn a_code_is_redeemed_with_everything_that_was_sent() {
    let rest = "redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb&resource=r1&resource=r2\
                &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let AuthorizationCodeRequest { client, code, redirect_uri, code_verifier, resource } =
        redemption(&format!("{CODE}&{rest}"));
    assert_eq!((client.client_id.as_str(), code.unwrap().locator()), ("s6BhdRkqt3", "Splx"));
    assert_eq!(redirect_uri.as_deref(), Some("https://client.example.com/cb"));
    assert_eq!(code_verifier.unwrap().expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(resource, ["r1", "r2"]);
}

#[test]
fn redirect_uri_verifier_and_resource_may_be_absent_or_empty() {
    for body in [CODE.to_owned(), format!("{CODE}&redirect_uri=&code_verifier=&resource=")] {
        let AuthorizationCodeRequest { redirect_uri, code_verifier, resource, .. } = redemption(&body);
        assert!(redirect_uri.is_none() && code_verifier.is_none() && resource.is_empty(), "{body}");
    }
}

/// The code of RFC 6749 §4.1.3, for example, is well formed and none of ours.
#[test]
fn a_code_or_verifier_that_can_match_nothing_is_read_as_none() {
    for code in ["SplxlOBeZQQYbYS6WxSbIA", "a.b", "."] {
        let request = redemption(&format!("grant_type=authorization_code&client_id=c&code={code}"));
        assert!(request.code.is_none(), "{code}");
    }
    for verifier in ["short", &"a".repeat(129), &"%20".repeat(43)] {
        assert!(redemption(&format!("{CODE}&code_verifier={verifier}")).code_verifier.is_none(), "{verifier}");
    }
}

/// The refresh token of RFC 6749 §6.
#[test]
fn a_refresh_is_read_with_its_scope() {
    let TokenRequest::RefreshToken(RefreshTokenRequest { client, refresh_token, scope, resource }) =
        parse(&format!("{REFRESH}&scope=b+a&resource=r")).unwrap()
    else {
        panic!("another grant");
    };
    assert_eq!((client.client_id.as_str(), refresh_token.expose_secret()), ("s6BhdRkqt3", "tGzv3JOkF0XG5Qx2TlKWIA"));
    assert_eq!((scope, resource), (Some(Scope::parse("a b").unwrap()), vec!["r".to_owned()]));
}

#[test]
fn required_parameters_are_required() {
    for (body, name) in [
        ("", "grant_type"),
        ("client_id=c&code=x", "grant_type"),
        ("grant_type=&client_id=c", "grant_type"),
        ("grant_type=authorization_code&code=x", "client_id"),
        ("grant_type=authorization_code&client_id=c", "code"),
        ("grant_type=authorization_code&client_id=c&code=", "code"),
        ("grant_type=refresh_token&client_id=c&code=x", "refresh_token"),
    ] {
        let error = refused(body);
        assert_eq!((error, error.code(), error.status()), (Error::Missing(name), "invalid_request", 400), "{body}");
    }
}

#[test]
fn other_grants_are_unsupported() {
    for grant in [
        "password",
        "client_credentials",
        "implicit",
        "Authorization_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ] {
        let error = refused(&format!("grant_type={grant}&client_id=c"));
        assert_eq!((error, error.code(), error.status()), (Error::UnsupportedGrantType, "unsupported_grant_type", 400));
    }
}

#[test]
fn every_repeated_parameter_but_resource_is_refused() {
    for name in
        ["grant_type", "client_id", "code", "code_verifier", "redirect_uri", "refresh_token", "scope", "unknown"]
    {
        let error = refused(&format!("{CODE}&{name}=1&{name}=2"));
        assert_eq!((error, error.code(), error.status()), (Error::Repeated, "invalid_request", 400), "{name}");
    }
}

#[test]
fn a_malformed_scope_is_an_invalid_scope() {
    let error = refused(&format!("{REFRESH}&scope=a%22"));
    assert_eq!((error, error.code(), error.status()), (Error::Scope, "invalid_scope", 400));
}

#[test]
fn an_empty_client_secret_counts_as_absent() {
    assert_eq!(client_of(&parse(&format!("{CODE}&client_secret=")).unwrap()), "s6BhdRkqt3");
}

#[test]
fn no_secret_is_right() {
    let error = refused(&format!("{CODE}&client_secret=x"));
    assert_eq!((error, error.code(), error.status()), (Error::ClientAuthentication, "invalid_client", 401));
    assert_eq!(with_basic(CODE, "s6BhdRkqt3:secret").unwrap_err(), Error::ClientAuthentication);
}

#[test]
fn a_basic_header_without_a_password_names_the_client() {
    let body = CODE.replace("&client_id=s6BhdRkqt3", "");
    assert_eq!(client_of(&with_basic(&body, "s6BhdRkqt3:").unwrap()), "s6BhdRkqt3");
    assert_eq!(client_of(&with_basic(CODE, "s6BhdRkqt3:").unwrap()), "s6BhdRkqt3");
    assert_eq!(client_of(&with_basic(&body, "a%3Ab+c:").unwrap()), "a:b c");
}

#[test]
fn two_authentication_methods_are_an_invalid_request() {
    for pair in ["s6BhdRkqt3:", "s6BhdRkqt3:secret"] {
        for method in ["client_secret=x", "client_assertion=x", "client_assertion_type=x"] {
            let error = with_basic(&format!("{CODE}&{method}"), pair).unwrap_err();
            assert_eq!((error, error.code(), error.status()), (Error::TwoMethods, "invalid_request", 400));
        }
    }
    assert_eq!(refused(&format!("{CODE}&client_secret=x&client_assertion=y")), Error::TwoMethods);
}

/// An assertion of the client `c`, as far as this parser reads it.
fn assertion() -> String {
    let part = |json: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
    let claims = r#"{"iss":"c","sub":"c","aud":"a","exp":1,"jti":"j"}"#;
    format!("{}.{}.c2ln", part(r#"{"alg":"ES256"}"#), part(claims))
}

const JWT_BEARER: &str = "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// RFC 7521 §4.2: `client_id` is optional.
#[test]
fn an_assertion_names_the_client() {
    for client_id in ["", "&client_id=c"] {
        let body = format!(
            "grant_type=refresh_token&refresh_token=t{client_id}&{JWT_BEARER}&client_assertion={}",
            assertion()
        );
        let TokenRequest::RefreshToken(request) = parse(&body).unwrap() else { panic!("another grant") };
        assert_eq!((request.client.client_id.as_str(), request.client.assertion.unwrap().jti()), ("c", "j"));
    }
}

#[test]
fn an_assertion_of_another_client_of_another_type_or_of_none_is_an_invalid_client() {
    let body = |rest: &str| format!("grant_type=refresh_token&refresh_token=t&{rest}");
    let (one, saml) = (assertion(), "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer");
    for (body, description) in [
        (
            body(&format!("client_id=d&{JWT_BEARER}&client_assertion={one}")),
            "client_id and the assertion name different clients",
        ),
        (body(&format!("client_id=c&{saml}&client_assertion={one}")), "client_assertion_type must be that of a JWT"),
        (body(&format!("client_id=c&client_assertion={one}")), "client_assertion_type must be that of a JWT"),
        (body(&format!("client_id=c&{JWT_BEARER}")), "the assertion is malformed"),
        (body(&format!("client_id=c&{JWT_BEARER}&client_assertion=eyJ")), "the assertion is malformed"),
    ] {
        let error = refused(&body);
        assert_eq!((error.description(), error.code(), error.status()), (description, "invalid_client", 401));
    }
}

/// RFC 6749 §3.2.
#[test]
fn a_repeated_assertion_or_type_is_an_invalid_request() {
    let body = format!("{REFRESH}&{JWT_BEARER}&client_assertion={}", assertion());
    for repeated in [JWT_BEARER, "client_assertion=x"] {
        assert_eq!(refused(&format!("{body}&{repeated}")), Error::Repeated);
    }
}

#[test]
fn header_and_body_must_name_the_same_client() {
    let error = with_basic(CODE, "another:").unwrap_err();
    assert_eq!((error, error.code(), error.status()), (Error::TwoClients, "invalid_request", 400));
}

#[test]
fn a_header_that_is_not_basic_is_refused() {
    let parse = |header| TokenRequest::parse(&Form::parse(CODE.as_bytes()).unwrap(), Some(header)).unwrap_err();
    for header in
        ["", "Basic", "Basic !", "Basic", "Basic czZCaGRSa3F0Mw==", "Basic Ojo=", "Basic /zo=", "Basic YSVhOg=="]
    {
        assert_eq!(parse(header), Error::Malformed, "{header}");
    }
    for header in ["Bearer abc", "DPoP abc"] {
        assert_eq!(parse(header), Error::ClientAuthentication, "{header}");
    }
}

#[test]
fn descriptions_are_what_the_log_says_but_for_the_name() {
    for error in [
        Error::Repeated,
        Error::TwoMethods,
        Error::TwoClients,
        Error::Malformed,
        Error::ClientAuthentication,
        Error::UnsupportedGrantType,
        Error::Scope,
    ] {
        assert_eq!(error.description(), error.to_string());
    }
    assert_eq!(Error::Missing("code").to_string(), "code is missing");
}

#[test]
fn debug_shows_no_secret() {
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let code = parse(&format!("{CODE}&code_verifier={verifier}")).unwrap();
    let refresh = parse(REFRESH).unwrap();
    let shown = format!("{code:?}{refresh:?}");
    for secret in ["BwcH", "dBjf", "tGzv"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

proptest! {
    #[test]
    fn any_body_and_header_are_parsed_or_refused(body: Vec<u8>, tail in "[a-z_=&%0-9]{0,60}", header in ".*|Basic [A-Za-z0-9+/=]{0,40}") {
        for body in [body, format!("{CODE}&{tail}").into_bytes(), format!("{REFRESH}&{tail}").into_bytes()] {
            if let Ok(form) = Form::parse(&body) {
                let _ = TokenRequest::parse(&form, Some(&header));
                let _ = TokenRequest::parse(&form, None);
            }
        }
    }

    #[test]
    fn a_client_named_in_a_basic_header_is_read_exactly(name in "[^:]{1,30}") {
        let encoded = crate::form::encode([(name.as_str(), "")]);
        let body = CODE.replace("&client_id=s6BhdRkqt3", "");
        let request = with_basic(&body, &format!("{}:", encoded.trim_end_matches('='))).unwrap();
        prop_assert_eq!(client_of(&request), name);
    }
}
