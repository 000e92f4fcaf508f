//! The access token request (RFC 6749 §4.1.3 and §6), from public clients (§2.1).

mod client;
mod error;

use secrecy::SecretString;

use crate::{form::Form, scope::Scope};

pub(crate) use self::client::client_id;
pub use self::error::TokenRequestError;

/// A well-formed request for tokens. Nothing in it has been verified.
#[derive(Debug)]
pub enum TokenRequest {
    /// `grant_type=authorization_code` (RFC 6749 §4.1.3).
    AuthorizationCode {
        /// `client_id`.
        client_id: String,
        /// `code`.
        code: SecretString,
        /// `redirect_uri`, which OAuth 2.1 drops.
        redirect_uri: Option<String>,
        /// `code_verifier` (RFC 7636 §4.5). Absent, it is a wrong one: `invalid_grant`.
        code_verifier: Option<SecretString>,
        /// `resource` (RFC 8707 §2.2).
        resource: Vec<String>,
    },
    /// `grant_type=refresh_token` (RFC 6749 §6).
    RefreshToken {
        /// `client_id`.
        client_id: String,
        /// `refresh_token`.
        refresh_token: SecretString,
        /// `scope`, not wider than what was granted.
        scope: Option<Scope>,
        /// `resource` (RFC 8707 §2.2).
        resource: Vec<String>,
    },
}

impl TokenRequest {
    /// Reads the body, with the value of the `Authorization` header if there is one.
    pub fn parse(form: &Form, authorization: Option<&str>) -> Result<Self, TokenRequestError> {
        if form.repeated().is_some() {
            return Err(TokenRequestError::Repeated);
        }
        let grant_type = form.first("grant_type").ok_or(TokenRequestError::Missing("grant_type"))?;
        let client_id = client_id(form, authorization)?;
        let resource = form.all("resource").map(str::to_owned).collect();
        match grant_type {
            "authorization_code" => Ok(Self::AuthorizationCode {
                client_id,
                code: required(form, "code")?,
                redirect_uri: form.first("redirect_uri").map(str::to_owned),
                code_verifier: form.first("code_verifier").map(Into::into),
                resource,
            }),
            "refresh_token" => Ok(Self::RefreshToken {
                client_id,
                refresh_token: required(form, "refresh_token")?,
                scope: form.first("scope").map(Scope::parse).transpose().map_err(|_| TokenRequestError::Scope)?,
                resource,
            }),
            _ => Err(TokenRequestError::UnsupportedGrantType),
        }
    }
}

fn required(form: &Form, name: &'static str) -> Result<SecretString, TokenRequestError> {
    form.first(name).map(Into::into).ok_or(TokenRequestError::Missing(name))
}

#[cfg(test)]
mod tests;
