//! Which client asks (RFC 6749 §2.3, §3.2.1). A public client names itself and proves nothing; another one sends an assertion
//! (RFC 7521 §4.2).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::TokenRequestError;
use crate::{
    client_assertion::{ASSERTION_TYPE, AssertionError, ClientAssertion},
    form::{self, Form},
};

/// The client, as far as the request names it.
#[derive(Debug)]
pub struct ClientCredentials {
    /// `client_id`, or the client that the assertion names.
    pub client_id: String,
    /// `client_assertion`.
    pub assertion: Option<ClientAssertion>,
}

impl ClientCredentials {
    /// Of a public client.
    #[must_use]
    pub fn public(client_id: &str) -> Self {
        Self { client_id: client_id.to_owned(), assertion: None }
    }

    /// The `client_id` of the body, of a Basic header without a password, which some clients send for an empty secret, or of
    /// an assertion.
    pub(crate) fn parse(form: &Form, authorization: Option<&str>) -> Result<Self, TokenRequestError> {
        let in_header = authorization.map(basic).transpose()?;
        let has_secret = form.first("client_secret").is_some();
        let has_assertion = ["client_assertion", "client_assertion_type"].iter().any(|name| form.first(name).is_some());
        if [has_secret, has_assertion, in_header.is_some()].into_iter().filter(|is_there| *is_there).count() > 1 {
            return Err(TokenRequestError::TwoMethods);
        }
        if has_secret || in_header.as_ref().is_some_and(|basic| !basic.password.is_empty()) {
            return Err(TokenRequestError::ClientAuthentication);
        }
        let in_body = form.first("client_id").map(str::to_owned);
        if has_assertion {
            return Self::asserted(assertion(form)?, in_body.as_deref());
        }
        let client_id = match (in_body, in_header.map(|basic| basic.client_id)) {
            (Some(body), Some(header)) if body != header => return Err(TokenRequestError::TwoClients),
            (Some(client_id), _) | (None, Some(client_id)) => client_id,
            (None, None) => return Err(TokenRequestError::Missing("client_id")),
        };
        Ok(Self { client_id, assertion: None })
    }

    /// RFC 7521 §4.2: `client_id` is not needed beside an assertion; if it is there, it names the same client.
    fn asserted(assertion: ClientAssertion, client_id: Option<&str>) -> Result<Self, TokenRequestError> {
        if client_id.is_some_and(|client_id| client_id != assertion.client_id()) {
            return Err(AssertionError("client_id and the assertion name different clients").into());
        }
        Ok(Self { client_id: assertion.client_id().to_owned(), assertion: Some(assertion) })
    }
}

/// RFC 7521 §4.2: both parameters, and the type of RFC 7523 §2.2.
fn assertion(form: &Form) -> Result<ClientAssertion, AssertionError> {
    if form.first("client_assertion_type") != Some(ASSERTION_TYPE) {
        return Err(AssertionError("client_assertion_type must be that of a JWT"));
    }
    ClientAssertion::parse(form.first("client_assertion").unwrap_or_default())
}

struct Basic {
    client_id: String,
    password: Zeroizing<String>,
}

/// RFC 7617 §2; identifier and password are form-encoded first (RFC 6749 §2.3.1).
fn basic(authorization: &str) -> Result<Basic, TokenRequestError> {
    let (scheme, encoded) = authorization.trim().split_once(' ').ok_or(TokenRequestError::Malformed)?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(TokenRequestError::ClientAuthentication);
    }
    let pair = Zeroizing::new(STANDARD.decode(encoded.trim()).map_err(|_| TokenRequestError::Malformed)?);
    let mut sides = pair.splitn(2, |byte| *byte == b':');
    let (Some(client_id), Some(password)) = (sides.next(), sides.next()) else {
        return Err(TokenRequestError::Malformed);
    };
    let decode = |side| form::decode(side).map_err(|_| TokenRequestError::Malformed);
    let (client_id, password) = (decode(client_id)?, Zeroizing::new(decode(password)?));
    if client_id.is_empty() { Err(TokenRequestError::Malformed) } else { Ok(Basic { client_id, password }) }
}
