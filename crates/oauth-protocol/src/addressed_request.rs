//! The part of an authorization request that decides whether the client is told of an error, or only the person (RFC 6749 §4.1.2.1).

use crate::{
    authorization_request::{AuthorizationRequest, AuthorizationRequestError},
    form::Form,
};

/// An authorization request that names its client and its redirect URI, each once. Nothing else in it was read.
#[derive(Debug)]
pub struct AddressedRequest {
    /// `client_id`.
    pub client_id: String,
    /// `redirect_uri`.
    pub redirect_uri: String,
    query: Form,
}

/// `client_id` or `redirect_uri` is missing or given more than once: the server tells the person, and nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing or given more than once")]
pub struct AddressMissing(pub &'static str);

impl AddressedRequest {
    /// Reads the two parameters.
    pub fn parse(query: Form) -> Result<Self, AddressMissing> {
        let required = |name| query.single(name).ok().flatten().map(str::to_owned).ok_or(AddressMissing(name));
        let (client_id, redirect_uri) = (required("client_id")?, required("redirect_uri")?);
        Ok(Self { client_id, redirect_uri, query })
    }

    /// `state`, if it is given once: an error goes back with it (RFC 6749 §4.1.2.1).
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.query.single("state").ok().flatten()
    }

    /// Reads the rest. The client may hear of an error, once its redirect URI has matched.
    pub fn parameters(&self) -> Result<AuthorizationRequest, AuthorizationRequestError> {
        AuthorizationRequest::parse(&self.query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<AddressedRequest, AddressMissing> {
        AddressedRequest::parse(Form::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn client_and_redirect_uri_are_read_before_anything_else() {
        let request = parse("client_id=c&redirect_uri=https%3A%2F%2Fx%2Fcb&state=s").unwrap();
        assert_eq!((request.client_id.as_str(), request.redirect_uri.as_str()), ("c", "https://x/cb"));
        assert_eq!(request.state(), Some("s"));
        assert_eq!(request.parameters().unwrap_err(), AuthorizationRequestError::ResponseTypeMissing);
    }

    #[test]
    fn one_that_is_missing_or_repeated_is_named() {
        for (query, name) in [
            ("redirect_uri=x", "client_id"),
            ("client_id=&redirect_uri=x", "client_id"),
            ("client_id=a&client_id=b&redirect_uri=x", "client_id"),
            ("client_id=a", "redirect_uri"),
            ("client_id=a&redirect_uri=x&redirect_uri=x", "redirect_uri"),
        ] {
            assert_eq!(parse(query).unwrap_err(), AddressMissing(name), "{query}");
        }
    }

    #[test]
    fn a_state_that_is_given_twice_does_not_go_back() {
        assert_eq!(parse("client_id=c&redirect_uri=x&state=1&state=2").unwrap().state(), None);
    }
}
