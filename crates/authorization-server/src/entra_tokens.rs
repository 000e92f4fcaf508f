//! The port that verifies access tokens which Entra issued to clients themselves.

use async_trait::async_trait;
use secrecy::SecretString;
use time::OffsetDateTime;

use crate::ground::{Subject, Unavailable};

/// The claims of an access token of version 2.0 that Entra signed, of our tenant, for our application, that has not expired
/// (<https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>).
#[derive(Clone, Debug)]
pub struct EntraClaims {
    /// `tid` and `oid`.
    pub subject: Subject,
    /// `azp`.
    pub azp: Option<String>,
    /// Whether the application authenticated itself: `azpacr` is 1 or 2.
    pub is_confidential: bool,
    /// `scp`. An application that acts for itself has none.
    pub scp: Option<String>,
    /// `idtyp`: `app` or `user`. An app registration may leave it out.
    pub idtyp: Option<String>,
    /// `iat`.
    pub issued_at: OffsetDateTime,
    /// `exp`.
    pub expires_at: OffsetDateTime,
    /// `xms_cc`: what the client can do.
    pub capabilities: Vec<String>,
    /// `roles`.
    pub roles: Vec<String>,
}

/// Why a token is not verified.
#[derive(Debug, thiserror::Error)]
pub enum EntraTokenRefusal {
    /// It is not such a token. The reason is for the log.
    #[error("{0}")]
    Invalid(String),
    /// It cannot be verified now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Verifies access tokens of Entra.
#[async_trait]
pub trait EntraTokenVerifier: Send + Sync {
    /// The claims of a token.
    async fn verify(&self, token: &SecretString) -> Result<EntraClaims, EntraTokenRefusal>;
}
