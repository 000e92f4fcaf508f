//! One authorization, from the decision to the code's redemption: a state each, a transition consumes the state.

use oauth_protocol::{pkce::CodeChallenge, redirect_uri::RedirectTarget, scope::Scope, secret::SecretHash};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    id::{Id, Subject},
    server::{AUTHORIZATION_LIFETIME, CODE_LIFETIME},
};

/// An authorization request (RFC 6749 §4.1.1) that was found good: the client exists, the redirect URI matched, PKCE is
/// S256, and the scope is what will be granted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ValidRequest {
    /// The client.
    pub client: Id,
    /// Where the answer goes.
    pub redirect: RedirectTarget,
    /// RFC 7636 §4.2.
    pub challenge: CodeChallenge,
    /// The client's `state`, to be given back as it came.
    pub state: Option<String>,
    /// What will be granted.
    pub scope: Scope,
}

/// The stored authorization.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// The transaction id, all along.
    pub id: Id,
    /// After this the record is nothing.
    pub expires_at: OffsetDateTime,
    /// Where it stands.
    pub stage: Stage,
}

/// Where an authorization stands. Expired is a function of time, never stored.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Allowed; the browser is on its way through Entra.
    PendingUpstream(PendingUpstream),
    /// The callback has claimed it.
    Exchanging(Exchanging),
    /// The client has a code.
    CodeIssued(CodeIssued),
    /// The owner said no.
    Denied,
    /// It ended without a code; a word for the log.
    Failed(String),
}

/// Allowed; waiting for Entra's callback in the browser that allowed it.
#[derive(Clone, Debug)]
pub struct PendingUpstream {
    /// What was allowed.
    pub request: ValidRequest,
    /// Of the secret in our `state`.
    pub state_hash: SecretHash,
    /// Of the secret in the browser's cookie.
    pub browser_hash: SecretHash,
}

/// Claimed by one callback.
#[derive(Clone, Debug)]
pub struct Exchanging {
    /// What was allowed.
    pub request: ValidRequest,
    /// Kept so that a repeated callback is recognised.
    pub state_hash: SecretHash,
}

/// Signed in; the code waits for its redemption.
#[derive(Clone, Debug)]
pub struct CodeIssued {
    /// What was allowed.
    pub request: ValidRequest,
    /// Kept so that a repeated callback is recognised.
    pub state_hash: SecretHash,
    /// Of the secret in the code.
    pub code_hash: SecretHash,
    /// Who signed in.
    pub subject: Subject,
    /// When the code was made.
    pub issued_at: OffsetDateTime,
    /// The upstream's tokens, sealed for the grant's id.
    pub sealed_tokens: String,
    /// When the upstream's access token ends.
    pub upstream_expires_at: OffsetDateTime,
}

impl PendingUpstream {
    /// The callback claims the authorization.
    #[must_use]
    pub fn claim(self) -> Exchanging {
        Exchanging { request: self.request, state_hash: self.state_hash }
    }
}

impl CodeIssued {
    /// RFC 6749 §4.1.2: the code expires shortly after it was issued.
    #[must_use]
    pub fn code_expired(&self, now: OffsetDateTime) -> bool {
        now >= self.issued_at + CODE_LIFETIME
    }
}

impl Authorization {
    /// A decided authorization.
    #[must_use]
    pub fn decided(id: Id, stage: Stage, now: OffsetDateTime) -> Self {
        Self { id, expires_at: now + AUTHORIZATION_LIFETIME, stage }
    }

    /// The same authorization, one stage on.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Self {
        Self { id: self.id, expires_at: self.expires_at, stage }
    }

    /// Whether the record is nothing any more.
    #[must_use]
    pub fn expired(&self, now: OffsetDateTime) -> bool {
        now >= self.expires_at
    }
}
