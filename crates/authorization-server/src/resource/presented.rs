//! The token that a request presents: an access token of this server, or one that Entra issued to the client itself.

use oauth_protocol::bearer::is_jwt;
use secrecy::{ExposeSecret as _, SecretString};

use super::{entra_token::EntraTokenError, principal::Principal};
use crate::{
    ground::{Holder, Unavailable},
    server::AuthorizationServer,
    state::access_token::AccessToken,
};

/// A token that opened, without the store. Its grant may have ended, or its owner may have refused its application.
pub enum PresentedToken {
    /// An access token of this server.
    Granted(AccessToken),
    /// A token of Entra, and the principal that it makes.
    Entra(Box<Principal>),
}

impl PresentedToken {
    /// The holder of the token.
    #[must_use]
    pub fn holder(&self) -> Holder {
        match self {
            Self::Granted(claims) => claims.holder(),
            Self::Entra(principal) => principal.holder(),
        }
    }
}

impl AuthorizationServer {
    /// Opens a token. A JSON Web Token can only be one of Entra's, because this server's own tokens are sealed texts.
    pub async fn open_presented(&self, token: &SecretString) -> Result<PresentedToken, EntraTokenError> {
        if is_jwt(token.expose_secret()) {
            return Ok(PresentedToken::Entra(Box::new(self.open_entra_token(token).await?)));
        }
        let claims = self.open_access_token(token.expose_secret()).await?;
        claims.map(PresentedToken::Granted).ok_or(EntraTokenError::Invalid)
    }

    /// The principal of a token that was opened; `None` if it is not accepted any more.
    pub async fn authenticate_presented(&self, presented: PresentedToken) -> Result<Option<Principal>, Unavailable> {
        match presented {
            PresentedToken::Granted(claims) => self.authenticate_claims(claims).await,
            PresentedToken::Entra(principal) => Ok(self.call_by_entra(&principal).await?.then_some(*principal)),
        }
    }

    /// The same for a request that must change nothing (RFC 9110 §9.2.1).
    pub async fn look_up_presented(&self, presented: PresentedToken) -> Result<Option<Principal>, Unavailable> {
        match presented {
            PresentedToken::Granted(claims) => self.look_up_claims(claims).await,
            PresentedToken::Entra(principal) => Ok(self.still_stands(&principal).await?.then_some(*principal)),
        }
    }
}
