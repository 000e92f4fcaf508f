//! Which client asks (RFC 6749 §2.3, §3.2.1). Clients are public: they name themselves and prove nothing.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::TokenRequestError;
use crate::form::{self, Form};

/// The `client_id` of the body, or of a Basic header without a password, which some clients send for an empty secret.
pub(crate) fn client_id(form: &Form, authorization: Option<&str>) -> Result<String, TokenRequestError> {
    let in_header = authorization.map(basic).transpose()?;
    let secret_in_body = form.first("client_secret").is_some() || form.first("client_assertion").is_some();
    let password_in_header = in_header.as_ref().is_some_and(|basic| !basic.password.is_empty());
    match (secret_in_body, in_header.is_some()) {
        (true, true) => return Err(TokenRequestError::TwoMethods),
        (true, false) => return Err(TokenRequestError::ClientAuthentication),
        (false, _) if password_in_header => return Err(TokenRequestError::ClientAuthentication),
        (false, _) => {}
    }
    let in_body = form.first("client_id").map(str::to_owned);
    match (in_body, in_header.map(|basic| basic.client_id)) {
        (Some(body), Some(header)) if body != header => Err(TokenRequestError::TwoClients),
        (Some(client_id), _) | (None, Some(client_id)) => Ok(client_id),
        (None, None) => Err(TokenRequestError::Missing("client_id")),
    }
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
