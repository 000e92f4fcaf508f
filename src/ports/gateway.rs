//! `GatewayTokens`: the word of API Management that a request came through it.

use async_trait::async_trait;
use authorization_server::ground::Unavailable;
use secrecy::SecretString;

/// Why a token is not taken.
#[derive(Debug, thiserror::Error)]
pub enum GatewayRefusal {
    /// It is not the gateway's. The reason is for the log.
    #[error("{0}")]
    NotTheGateways(String),
    /// Nobody can tell now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Tells the gateway's tokens from all others.
#[async_trait]
pub trait GatewayTokens: Send + Sync {
    /// Whether the token is the gateway's, for us, and in time.
    async fn verify(&self, token: &SecretString) -> Result<(), GatewayRefusal>;
}
