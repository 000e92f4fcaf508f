//! The access token request (RFC 6749 §4.1.3 and §6).

mod client;
mod error;

use secrecy::SecretString;

use crate::{form::Form, pkce::CodeVerifier, scope::Scope, secret::Handle};

pub use self::{client::ClientCredentials, error::TokenRequestError};

/// A well-formed request for tokens. Nothing in it has been verified.
#[derive(Debug)]
pub enum TokenRequest {
    /// `grant_type=authorization_code`.
    AuthorizationCode(AuthorizationCodeRequest),
    /// `grant_type=refresh_token`.
    RefreshToken(RefreshTokenRequest),
}

/// A client redeems a code (RFC 6749 §4.1.3).
#[derive(Debug)]
pub struct AuthorizationCodeRequest {
    /// The client.
    pub client: ClientCredentials,
    /// `code`; `None` if its text can be no code of ours: `invalid_grant`, like an unknown one.
    pub code: Option<Handle>,
    /// `redirect_uri`, which OAuth 2.1 drops.
    pub redirect_uri: Option<String>,
    /// `code_verifier` (RFC 7636 §4.5); `None` if it is absent or malformed: `invalid_grant`, like a wrong one.
    pub code_verifier: Option<CodeVerifier>,
    /// `resource` (RFC 8707 §2.2).
    pub resource: Vec<String>,
}

/// A client refreshes its tokens (RFC 6749 §6).
#[derive(Debug)]
pub struct RefreshTokenRequest {
    /// The client.
    pub client: ClientCredentials,
    /// `refresh_token`. It is opaque to all but the server that issued it (RFC 6749 §1.5), so that server's state parses it.
    pub refresh_token: SecretString,
    /// `scope`, not wider than what was granted.
    pub scope: Option<Scope>,
    /// `resource` (RFC 8707 §2.2).
    pub resource: Vec<String>,
}

impl TokenRequest {
    /// Reads the body, with the value of the `Authorization` header if there is one.
    pub fn parse(form: &Form, authorization: Option<&str>) -> Result<Self, TokenRequestError> {
        if form.repeated().is_some() {
            return Err(TokenRequestError::Repeated);
        }
        let grant_type = form.first("grant_type").ok_or(TokenRequestError::Missing("grant_type"))?;
        let client = ClientCredentials::parse(form, authorization)?;
        let resource = form.all("resource").map(str::to_owned).collect();
        match grant_type {
            "authorization_code" => Ok(Self::AuthorizationCode(AuthorizationCodeRequest {
                client,
                code: Handle::parse(required(form, "code")?),
                redirect_uri: form.first("redirect_uri").map(str::to_owned),
                code_verifier: form.first("code_verifier").and_then(CodeVerifier::parse),
                resource,
            })),
            "refresh_token" => Ok(Self::RefreshToken(RefreshTokenRequest {
                client,
                refresh_token: required(form, "refresh_token")?.into(),
                scope: form.first("scope").map(Scope::parse).transpose().map_err(|_| TokenRequestError::Scope)?,
                resource,
            })),
            _ => Err(TokenRequestError::UnsupportedGrantType),
        }
    }

    /// The client that it names.
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::AuthorizationCode(request) => &request.client.client_id,
            Self::RefreshToken(request) => &request.client.client_id,
        }
    }
}

fn required<'a>(form: &'a Form, name: &'static str) -> Result<&'a str, TokenRequestError> {
    form.first(name).ok_or(TokenRequestError::Missing(name))
}

#[cfg(test)]
mod tests;
