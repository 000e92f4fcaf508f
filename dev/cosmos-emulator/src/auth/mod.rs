//! Who may ask: the one identity with a role assignment, with a token of the tenant for Cosmos.

mod header;
mod jwt;
mod keys;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use crate::{
    Options, StartError,
    answer::{self, Refusal},
    auth::keys::KeySet,
    clock::system_now,
};
use jwt::UnverifiedToken;

/// Of every token for Cosmos; a final slash is the same.
const AUDIENCE: &str = "https://cosmos.azure.com";
/// How far clocks may differ, as Azure's own services allow.
const SKEW: i64 = 300;

/// Verifies bearer tokens.
pub(crate) struct Authenticator {
    keys: KeySet,
    issuer: String,
    tenant_id: String,
    principal_id: String,
}

/// Why a request is not answered.
#[derive(Debug, PartialEq, Eq)]
enum Denied {
    /// There is no good token.
    Unauthorized { substatus: Option<u32>, reason: &'static str },
    /// The token is good and somebody else's.
    NoRole { principal: String },
    /// The tenant does not say what its keys are.
    NoKeys,
}

impl Authenticator {
    pub(crate) fn new(options: &Options) -> Result<Self, StartError> {
        let authority = options.authority.trim_end_matches('/');
        Ok(Self {
            keys: KeySet::new(authority, &options.tenant_id)?,
            issuer: format!("{authority}/{}/", options.tenant_id),
            tenant_id: options.tenant_id.clone(),
            principal_id: options.principal_id.clone(),
        })
    }

    /// Who has a role.
    pub(crate) fn principal_id(&self) -> &str {
        &self.principal_id
    }

    /// Whether a request with these headers may be answered; if not, what is answered instead.
    pub(crate) async fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        self.verify(headers).await.map_err(|denied| Box::new(denied.answer()))
    }

    async fn verify(&self, headers: &HeaderMap) -> Result<(), Denied> {
        let token = header::entra_token(headers)?;
        let token = UnverifiedToken::parse(&token).ok_or(unauthorized("The token is not a signed JWT."))?;
        let kid = token.kid().ok_or(unauthorized("The token is not signed with RS256 by a named key."))?;
        let key = self.keys.find(kid).await.map_err(|_| Denied::NoKeys)?;
        let key = key.ok_or(unauthorized("The token's key is not one of the tenant's."))?;
        if !token.signed_by(&key) {
            return Err(unauthorized("The token's signature does not match."));
        }
        self.check_claims(&token, system_now())
    }

    fn check_claims(&self, token: &UnverifiedToken, now: i64) -> Result<(), Denied> {
        let claims = &token.claims;
        if claims.aud.strip_suffix('/').unwrap_or(&claims.aud) != AUDIENCE {
            return Err(unauthorized("The token's audience is not Cosmos."));
        }
        if claims.iss != self.issuer || claims.tid != self.tenant_id {
            return Err(unauthorized("The token is not of this tenant."));
        }
        if now >= claims.exp.saturating_add(SKEW) {
            return Err(unauthorized("The token has expired."));
        }
        if now < claims.nbf.saturating_sub(SKEW) {
            return Err(unauthorized("The token is not valid yet."));
        }
        if claims.oid != self.principal_id {
            return Err(Denied::NoRole { principal: claims.oid.clone() });
        }
        Ok(())
    }
}

fn unauthorized(reason: &'static str) -> Denied {
    Denied::Unauthorized { substatus: None, reason }
}

impl Denied {
    fn answer(self) -> Response<Bytes> {
        match self {
            Self::Unauthorized { substatus, reason } => {
                answer::error(StatusCode::UNAUTHORIZED, substatus, "Unauthorized", reason)
            }
            Self::NoRole { principal } => answer::no_role(&principal, "/"),
            Self::NoKeys => {
                let message = "The local Cosmos emulator cannot read the tenant's keys.";
                answer::error(StatusCode::SERVICE_UNAVAILABLE, None, "ServiceUnavailable", message)
            }
        }
    }
}

#[cfg(test)]
mod tests;
