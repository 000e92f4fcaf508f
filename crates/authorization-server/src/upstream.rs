//! The port to Entra ID.

use async_trait::async_trait;
use secrecy::SecretString;
use time::OffsetDateTime;

use crate::{
    ground::{Subject, Unavailable},
    state::{pending_consent::SignInPrompt, upstream_tokens::UpstreamSecrets},
};

/// One authorization request to Entra.
pub struct SignInRequest<'a> {
    /// Our `state`: authorization id and secret.
    pub state: &'a str,
    /// Our own PKCE challenge.
    pub code_challenge: &'a str,
    /// Bound to the ID token.
    pub nonce: &'a str,
    /// The Graph permissions that this authorization needs.
    pub downstream_scopes: &'a [&'static str],
    /// `prompt`.
    pub prompt: SignInPrompt,
}

/// A sign-in that Entra completed, its ID token verified.
pub struct SignedInUser {
    /// Who.
    pub subject: Subject,
    /// As the owner calls themselves; to be shown to the owner only.
    pub name: String,
    /// The tokens.
    pub tokens: UpstreamAnswer,
}

/// Tokens of the upstream, fresh from its token endpoint.
pub struct UpstreamAnswer {
    /// For the middle tier; the assertion of the on-behalf-of exchange.
    pub access_token: SecretString,
    /// Absent when an answer to a refresh keeps the old one.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends.
    pub expires_at: OffsetDateTime,
}

impl UpstreamAnswer {
    /// What is kept of the answer. Without a refresh token of its own, the previous one stays good.
    #[must_use]
    pub fn secrets(&self, previous: Option<&SecretString>) -> UpstreamSecrets {
        let refresh_token = self.refresh_token.as_ref().or(previous).cloned();
        UpstreamSecrets { access_token: self.access_token.clone(), refresh_token }
    }
}

/// Why the upstream gave no token.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamRefusal {
    /// Entra wants the user: sign in again, consent, or satisfy `claims`.
    #[error("the upstream requires interaction: {reason}")]
    InteractionRequired {
        /// The claims challenge, to be passed on unchanged.
        claims: Option<String>,
        /// For the log.
        reason: String,
    },
    /// `invalid_grant` otherwise: the code, refresh token or assertion is dead.
    #[error("the upstream refuses the grant: {reason}")]
    InvalidGrant {
        /// For the log.
        reason: String,
    },
    /// The upstream refuses us, or its answer is not to be believed. An alarm.
    #[error("the upstream refuses us: {reason}")]
    Refused {
        /// For the log.
        reason: String,
    },
    /// Unreachable, throttled or 5xx.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Entra ID, as this server uses it.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Where the browser goes to sign in.
    fn sign_in_url(&self, request: &SignInRequest<'_>) -> String;
    /// Redeems the code and verifies the ID token against the nonce.
    async fn redeem(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        nonce: &str,
    ) -> Result<SignedInUser, UpstreamRefusal>;
    /// Redeems a refresh token for a new assertion.
    async fn refresh(&self, refresh_token: &SecretString) -> Result<UpstreamAnswer, UpstreamRefusal>;
    /// The on-behalf-of exchange for these Graph permissions.
    async fn on_behalf_of(
        &self,
        assertion: &SecretString,
        downstream_scopes: &[&'static str],
    ) -> Result<UpstreamAnswer, UpstreamRefusal>;
}
