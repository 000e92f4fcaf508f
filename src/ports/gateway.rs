//! `GatewayTokens`: verifies the token by which API Management shows that a request came through it.

use async_trait::async_trait;
use authorization_server::ground::Unavailable;
use secrecy::SecretString;

/// Why a token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum GatewayRefusal {
    /// It is not a valid token of the gateway. All of it is for the log.
    #[error("{reason}{}", detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    Invalid {
        /// The check that failed. There are a few, and the caller cannot add others.
        reason: &'static str,
        /// The value that was found instead.
        detail: Option<String>,
    },
    /// It cannot be verified now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Verifies tokens of the gateway.
#[async_trait]
pub trait GatewayTokens: Send + Sync {
    /// Succeeds if the gateway's managed identity got this token for our app and it has not expired.
    async fn verify(&self, token: &SecretString) -> Result<(), GatewayRefusal>;
}
