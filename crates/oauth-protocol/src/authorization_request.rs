//! The authorization request (RFC 6749 §4.1.1) with PKCE (RFC 7636 §4.3) and resource indicators (RFC 8707 §2.1).
//!
//! `client_id` and `redirect_uri` are not in here: they decide whether the client may hear of an error at all.

use crate::{
    authorization_response::AuthorizationErrorCode, form::Form, pkce::CodeChallenge, prompt::Prompt, scope::Scope,
};

/// A longer `state` would exceed the consent form's body limit.
const MAX_STATE: usize = 4096;

/// A well-formed request for a code.
#[derive(Debug)]
pub struct AuthorizationRequest {
    /// `code_challenge`, of the method S256.
    pub code_challenge: CodeChallenge,
    /// `scope`.
    pub scope: Option<Scope>,
    /// `state`, to be given back exactly.
    pub state: Option<String>,
    /// `resource`, any number of times.
    pub resource: Vec<String>,
    /// `prompt`.
    pub prompt: Prompt,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.description())]
pub enum AuthorizationRequestError {
    /// RFC 6749 §3.1: parameters must not be included more than once.
    Repeated,
    /// RFC 6749 §3.1.1.
    ResponseTypeMissing,
    /// RFC 6749 §3.1.1, §4.1.2.1.
    ResponseType,
    /// OAuth 2.0 Multiple Response Type Encoding Practices §2.1.
    ResponseMode,
    /// RFC 7636 §4.4.1: PKCE is required.
    ChallengeMissing,
    /// RFC 7636 §4.4.1; an absent method means plain (§4.3).
    ChallengeMethod,
    /// RFC 7636 §4.2.
    Challenge,
    /// RFC 6749 §3.3.
    Scope,
    /// RFC 6749 appendix A.5, or too long to be carried along.
    State,
    /// OpenID Connect Core §3.1.2.1: `none` with another value.
    Prompt,
    /// RFC 9101 §5.1.
    RequestObject,
    /// RFC 9101 §5.2.
    RequestUri,
}

impl AuthorizationRequest {
    /// Reads the query.
    pub fn parse(form: &Form) -> Result<Self, AuthorizationRequestError> {
        if form.repeated().is_some() {
            return Err(AuthorizationRequestError::Repeated);
        }
        check_kind(form)?;
        let scope = form.first("scope").map(Scope::parse).transpose().map_err(|_| AuthorizationRequestError::Scope)?;
        let state = form.first("state").map(str::to_owned);
        if state.as_ref().is_some_and(|state| state.len() > MAX_STATE || !state.bytes().all(is_vschar)) {
            return Err(AuthorizationRequestError::State);
        }
        let resource = form.all("resource").map(str::to_owned).collect();
        let prompt = Prompt::parse(form.first("prompt").unwrap_or_default());
        let prompt = prompt.map_err(|_| AuthorizationRequestError::Prompt)?;
        Ok(Self { code_challenge: code_challenge(form)?, scope, state, resource, prompt })
    }
}

/// RFC 6749 appendix A.5: `state = 1*VSCHAR`.
fn is_vschar(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

fn check_kind(form: &Form) -> Result<(), AuthorizationRequestError> {
    if form.first("request").is_some() {
        return Err(AuthorizationRequestError::RequestObject);
    }
    if form.first("request_uri").is_some() {
        return Err(AuthorizationRequestError::RequestUri);
    }
    match form.first("response_type") {
        None => return Err(AuthorizationRequestError::ResponseTypeMissing),
        Some("code") => {}
        Some(_) => return Err(AuthorizationRequestError::ResponseType),
    }
    match form.first("response_mode") {
        None | Some("query") => Ok(()),
        Some(_) => Err(AuthorizationRequestError::ResponseMode),
    }
}

fn code_challenge(form: &Form) -> Result<CodeChallenge, AuthorizationRequestError> {
    let challenge = form.first("code_challenge").ok_or(AuthorizationRequestError::ChallengeMissing)?;
    if form.first("code_challenge_method") != Some("S256") {
        return Err(AuthorizationRequestError::ChallengeMethod);
    }
    CodeChallenge::parse(challenge).ok_or(AuthorizationRequestError::Challenge)
}

impl AuthorizationRequestError {
    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> AuthorizationErrorCode {
        match self {
            Self::Repeated
            | Self::ResponseTypeMissing
            | Self::ResponseMode
            | Self::ChallengeMissing
            | Self::ChallengeMethod
            | Self::Challenge
            | Self::State
            | Self::Prompt => AuthorizationErrorCode::InvalidRequest,
            Self::ResponseType => AuthorizationErrorCode::UnsupportedResponseType,
            Self::Scope => AuthorizationErrorCode::InvalidScope,
            Self::RequestObject => AuthorizationErrorCode::RequestNotSupported,
            Self::RequestUri => AuthorizationErrorCode::RequestUriNotSupported,
        }
    }

    /// `error_description`.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Repeated => "a parameter is given more than once",
            Self::ResponseTypeMissing => "response_type is missing",
            Self::ResponseType => "response_type must be code",
            Self::ResponseMode => "response_mode must be query",
            Self::ChallengeMissing => "code_challenge is missing",
            Self::ChallengeMethod => "code_challenge_method must be S256",
            Self::Challenge => "code_challenge must be 43 characters of base64url",
            Self::Scope => "scope has a character that is not allowed",
            Self::State => "state is longer than 4096 bytes, or has a character that is not allowed",
            Self::Prompt => "prompt=none cannot be combined with other values",
            Self::RequestObject => "the request parameter is not supported",
            Self::RequestUri => "the request_uri parameter is not supported",
        }
    }
}

#[cfg(test)]
mod tests {
    use AuthorizationRequestError as Error;
    use proptest::prelude::*;

    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const MINIMAL: &str = "response_type=code&code_challenge_method=S256\
                           &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn parse(query: &str) -> Result<AuthorizationRequest, Error> {
        AuthorizationRequest::parse(&Form::parse(query.as_bytes()).unwrap())
    }

    /// The minimal request with something changed, and how it is refused.
    fn refused(change: impl FnOnce(String) -> String) -> Error {
        parse(&change(MINIMAL.to_owned())).unwrap_err()
    }

    #[test]
    fn state_scope_and_resource_may_be_absent() {
        let request = parse(MINIMAL).unwrap();
        assert_eq!(request.code_challenge.as_str(), CHALLENGE);
        assert!(request.scope.is_none() && request.state.is_none() && request.resource.is_empty());
    }

    #[test]
    fn everything_that_is_there_is_read() {
        let rest = "client_id=c&redirect_uri=u&scope=a+b&state=x%20%2By&resource=r1&resource=r2&response_mode=query";
        let request = parse(&format!("{MINIMAL}&{rest}&unknown=ignored")).unwrap();
        assert_eq!(request.scope, Some(Scope::parse("a b").unwrap()));
        assert_eq!(request.state.as_deref(), Some("x +y"));
        assert_eq!(request.resource, ["r1", "r2"]);
    }

    #[test]
    fn a_request_without_a_challenge_is_invalid() {
        for query in [
            "response_type=code&code_challenge_method=S256",
            "response_type=code",
            "response_type=code&code_challenge=",
        ] {
            let error = parse(query).unwrap_err();
            assert_eq!((error, error.code()), (Error::ChallengeMissing, AuthorizationErrorCode::InvalidRequest));
        }
    }

    #[test]
    fn a_refusal_names_what_is_wrong() {
        for (error, parameter) in [
            (Error::ResponseTypeMissing, "response_type"),
            (Error::ResponseType, "response_type"),
            (Error::ResponseMode, "response_mode"),
            (Error::ChallengeMissing, "code_challenge"),
            (Error::ChallengeMethod, "code_challenge_method"),
            (Error::Challenge, "code_challenge"),
            (Error::Scope, "scope"),
            (Error::State, "state"),
            (Error::Prompt, "prompt"),
            (Error::RequestObject, "request"),
            (Error::RequestUri, "request_uri"),
        ] {
            assert!(error.description().contains(parameter), "{parameter}");
        }
    }

    #[test]
    fn every_method_but_s256_is_invalid_and_so_is_none() {
        for method in ["plain", "s256", "S512", ""] {
            let error = refused(|query| query.replace("=S256", &format!("={method}")));
            assert_eq!((error, error.code()), (Error::ChallengeMethod, AuthorizationErrorCode::InvalidRequest));
        }
        assert_eq!(refused(|query| query.replace("&code_challenge_method=S256", "")), Error::ChallengeMethod);
    }

    #[test]
    fn a_challenge_of_the_wrong_length_or_alphabet_is_invalid() {
        for bad in ["abc", &"a".repeat(44), &"a".repeat(128), &CHALLENGE.replace('-', "%2B")] {
            let error = refused(|query| query.replace(CHALLENGE, bad));
            assert_eq!((error, error.code()), (Error::Challenge, AuthorizationErrorCode::InvalidRequest));
        }
    }

    #[test]
    fn only_the_code_response_type_is_supported() {
        for other in ["token", "id_token", "code%20token", "none", "CODE"] {
            let error = refused(|query| query.replace("=code&", &format!("={other}&")));
            assert_eq!((error, error.code()), (Error::ResponseType, AuthorizationErrorCode::UnsupportedResponseType));
        }
        let error = refused(|query| query.replace("response_type=code", ""));
        assert_eq!((error, error.code()), (Error::ResponseTypeMissing, AuthorizationErrorCode::InvalidRequest));
    }

    #[test]
    fn only_the_query_response_mode_is_supported() {
        for other in ["fragment", "form_post", "query.jwt"] {
            let error = refused(|query| format!("{query}&response_mode={other}"));
            assert_eq!((error, error.code()), (Error::ResponseMode, AuthorizationErrorCode::InvalidRequest));
        }
    }

    #[test]
    fn every_repeated_parameter_but_resource_is_invalid() {
        for name in
            ["response_type", "code_challenge", "code_challenge_method", "scope", "state", "client_id", "unknown"]
        {
            let error = refused(|query| format!("{query}&{name}=1&{name}=2"));
            assert_eq!((error, error.code()), (Error::Repeated, AuthorizationErrorCode::InvalidRequest), "{name}");
        }
    }

    #[test]
    fn request_objects_are_not_supported() {
        let error = refused(|query| format!("{query}&request=eyJ"));
        assert_eq!((error, error.code()), (Error::RequestObject, AuthorizationErrorCode::RequestNotSupported));
        let error = refused(|query| format!("{query}&request_uri=https%3A%2F%2Fx"));
        assert_eq!((error, error.code()), (Error::RequestUri, AuthorizationErrorCode::RequestUriNotSupported));
    }

    #[test]
    fn a_malformed_scope_is_an_invalid_scope() {
        let error = refused(|query| format!("{query}&scope=a%22b"));
        assert_eq!((error, error.code()), (Error::Scope, AuthorizationErrorCode::InvalidScope));
    }

    #[test]
    fn an_endless_state_is_refused() {
        assert!(parse(&format!("{MINIMAL}&state={}", "s".repeat(MAX_STATE))).is_ok());
        assert_eq!(refused(|query| format!("{query}&state={}", "s".repeat(MAX_STATE + 1))), Error::State);
        for state in ["%00", "%0A", "%7F", "%C3%A9"] {
            assert_eq!(refused(|query| format!("{query}&state=a{state}")), Error::State, "{state}");
        }
    }

    /// RFC 6749 appendix A.8: `error_description = 1*NQSCHAR`.
    #[test]
    fn descriptions_are_what_the_log_says_and_allowed_on_the_wire() {
        for error in [
            Error::Repeated,
            Error::ResponseTypeMissing,
            Error::ResponseType,
            Error::ResponseMode,
            Error::ChallengeMissing,
            Error::ChallengeMethod,
            Error::Challenge,
            Error::Scope,
            Error::State,
            Error::RequestObject,
            Error::RequestUri,
        ] {
            assert_eq!(error.description(), error.to_string());
            assert!(error.description().bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)));
        }
    }

    proptest! {
        #[test]
        fn any_query_is_parsed_or_refused(bytes: Vec<u8>, tail in "[a-z_=&%0-9S]{0,60}") {
            for query in [bytes, format!("{MINIMAL}&{tail}").into_bytes()] {
                if let Ok(form) = Form::parse(&query) {
                    let _ = AuthorizationRequest::parse(&form);
                }
            }
        }

        #[test]
        fn any_state_of_vschars_is_read_exactly(state in "[ -~]{1,200}") {
            let request = parse(&format!("{MINIMAL}&{}", crate::form::encode([("state", state.as_str())]))).unwrap();
            prop_assert_eq!(request.state, Some(state));
        }
    }
}
