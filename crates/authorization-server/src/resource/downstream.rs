//! Tokens for Microsoft Graph, by the on-behalf-of exchange of a principal's upstream assertion.

use async_trait::async_trait;
use secrecy::SecretString;
use time::{Duration, OffsetDateTime};

use crate::{
    ground::{GrantKey, Stored, Unavailable},
    resource::authenticate::Principal,
    server::AuthorizationServer,
    state::{grant::Status, upstream_tokens::UpstreamTokens},
    upstream::{UpstreamAnswer, UpstreamRefusal},
};

/// An assertion with less than this left is refreshed before it is exchanged.
const LEAST_LEFT: Duration = Duration::minutes(2);

/// A downstream token and its end.
#[derive(Clone)]
pub struct DownstreamToken {
    /// Bearer token for the downstream.
    pub access_token: SecretString,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// Why a principal gets no downstream token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DownstreamError {
    /// The owner must sign in again; the grant is marked.
    #[error("the owner must sign in again")]
    SignInAgain,
    /// The upstream refuses us.
    #[error("the upstream refuses us: {0}")]
    Refused(String),
    /// Try again later.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl From<Unavailable> for DownstreamError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable.to_string())
    }
}

/// Where tools get downstream tokens from.
#[async_trait]
pub trait DownstreamTokens: Send + Sync {
    /// A token for this principal and these scopes.
    async fn token(&self, principal: &Principal, scopes: &[&'static str]) -> Result<DownstreamToken, DownstreamError>;
}

#[async_trait]
impl DownstreamTokens for AuthorizationServer {
    async fn token(&self, principal: &Principal, scopes: &[&'static str]) -> Result<DownstreamToken, DownstreamError> {
        let key = principal.grant;
        let mut stored = self.assertion(key).await?;
        if stored.value.left(self.now()) < LEAST_LEFT {
            stored = self.next_assertion(key, &stored).await?;
        }
        let answer = match self.exchange(&stored, scopes).await {
            Err(UpstreamRefusal::InvalidGrant { reason }) => {
                tracing::info!(%reason, grant = %key.grant, "assertion refused, refreshing it once");
                stored = self.next_assertion(key, &stored).await?;
                self.exchange(&stored, scopes).await
            }
            answer => answer,
        };
        match answer {
            Ok(answer) => Ok(DownstreamToken { access_token: answer.access_token, expires_at: answer.expires_at }),
            Err(refusal) => Err(self.give_up(key, refusal).await?),
        }
    }
}

impl AuthorizationServer {
    async fn assertion(&self, key: GrantKey) -> Result<Stored<UpstreamTokens>, DownstreamError> {
        self.ports.upstream_tokens.get(&key).await?.ok_or(DownstreamError::SignInAgain)
    }

    async fn next_assertion(
        &self,
        key: GrantKey,
        stored: &Stored<UpstreamTokens>,
    ) -> Result<Stored<UpstreamTokens>, DownstreamError> {
        match self.refresh_upstream(stored).await? {
            Ok(_) => self.assertion(key).await,
            Err(UpstreamRefusal::InvalidGrant { reason }) => {
                tracing::warn!(%reason, grant = %key.grant, "the upstream ended the grant");
                self.revoke(key).await?;
                Err(DownstreamError::SignInAgain)
            }
            Err(refusal) => Err(self.give_up(key, refusal).await?),
        }
    }

    async fn exchange(
        &self,
        stored: &Stored<UpstreamTokens>,
        scopes: &[&'static str],
    ) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let gone = || UpstreamRefusal::InvalidGrant { reason: "the tokens cannot be opened".into() };
        let secrets = stored.value.open(self.ports.sealer.as_ref()).await?.ok_or_else(gone)?;
        self.ports.upstream.on_behalf_of(&secrets.access_token, scopes).await
    }

    /// Whatever signing in again can mend marks the grant; nothing else touches it.
    async fn give_up(&self, key: GrantKey, refusal: UpstreamRefusal) -> Result<DownstreamError, Unavailable> {
        tracing::warn!(error = %refusal, grant = %key.grant, "no downstream token");
        match refusal {
            UpstreamRefusal::InteractionRequired { .. } | UpstreamRefusal::InvalidGrant { .. } => {
                self.set_status(key, Status::Marked).await?;
                Ok(DownstreamError::SignInAgain)
            }
            UpstreamRefusal::Refused { reason } => Ok(DownstreamError::Refused(reason)),
            UpstreamRefusal::Unavailable(unavailable) => Ok(unavailable.into()),
        }
    }
}
