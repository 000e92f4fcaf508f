//! One authorization, from the decision to the redemption of the code. Each stage is a type; a transition consumes the stage
//! before.

use oauth_protocol::secret::{Secret, SecretHash};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    ground::{
        Id, Record, Sealed,
        lifetimes::{AUTHORIZATION_LIFETIME, CODE_LIFETIME},
    },
    state::{
        signed_in::{OwnerName, SignedIn},
        valid_request::ValidRequest,
    },
};

/// The stored authorization.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// The transaction id, the same in all stages.
    pub id: Id,
    /// When the owner, or a remembered approval, decided.
    pub decided_at: OffsetDateTime,
    /// Its stage.
    pub stage: Stage,
}

/// The stage of an authorization. That it has expired follows from the time and is never stored.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Allowed; the browser is at Entra.
    PendingUpstream(PendingUpstream),
    /// A callback has claimed it, and is redeeming the code of Entra.
    Exchanging(Exchanging),
    /// The owner who signed in has not consented yet and must confirm.
    PendingConfirmation(PendingConfirmation),
    /// The client has a code.
    CodeIssued(CodeIssued),
    /// The owner denied the request.
    Denied,
    /// It ended without a code.
    Failed(Failed),
}

/// The source of the consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// The person at this browser allowed the whole question. It holds for the owner who signs in now.
    Fresh,
    /// This owner, some time ago. It holds for no other owner.
    Remembered {
        /// The owner whose document has the approval.
        owner: Id,
        /// The approval.
        approval: Id,
    },
    /// Nobody has consented: the owner who signs in must confirm.
    Pending,
}

/// Allowed; waiting for Entra's callback in the browser that allowed it.
#[derive(Clone, Debug)]
pub struct PendingUpstream {
    /// The request that was allowed.
    pub request: ValidRequest,
    /// The owner who allowed it.
    pub consent: Consent,
    /// The two secrets that the callback must have.
    pub binding: Binding,
}

/// Hashes of the secrets that bind Entra's callback.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Binding {
    /// The hash of the secret in our `state`.
    pub state_hash: SecretHash,
    /// The hash of the secret in the browser's `__Host-MCP_ENTRA_STATE`.
    pub browser_hash: SecretHash,
}

/// Claimed by one callback.
#[derive(Clone, Debug)]
pub struct Exchanging {
    /// The request that was allowed.
    pub request: ValidRequest,
    /// The owner who allowed it.
    pub consent: Consent,
    /// Kept so that a repeated callback is recognised.
    pub binding: Binding,
}

/// Waiting for the owner who signed in.
#[derive(Clone, Debug)]
pub struct PendingConfirmation {
    /// The request to confirm.
    pub request: ValidRequest,
    /// The browser that may answer.
    pub binding: Binding,
    /// The owner who must confirm.
    pub signed_in: SignedIn,
    /// The owner's name, bound to the authorization's id.
    pub sealed_name: Sealed<OwnerName>,
}

/// Signed in; the code waits for its redemption.
#[derive(Clone, Debug)]
pub struct CodeIssued {
    /// The request that was allowed.
    pub request: ValidRequest,
    /// Kept so that a repeated callback is recognised.
    pub binding: Binding,
    /// The hash of the secret in the code.
    pub code_hash: SecretHash,
    /// When the code was made.
    pub issued_at: OffsetDateTime,
    /// The owner.
    pub signed_in: SignedIn,
}

/// Ended without a code.
#[derive(Clone, Debug)]
pub struct Failed {
    /// A word for the log.
    pub reason: String,
    /// Recognises a repeated callback. `None` if the client was not answered, because the callback came from another browser.
    pub state_hash: Option<SecretHash>,
}

impl Binding {
    /// The hashes of these secrets.
    #[must_use]
    pub fn new(state: &Secret, browser: &Secret) -> Self {
        Self { state_hash: state.sha256(), browser_hash: browser.sha256() }
    }

    /// The browser's secret, if the cookie holds it.
    #[must_use]
    pub fn browser(&self, cookie: Option<&str>) -> Option<Secret> {
        cookie.and_then(Secret::parse).filter(|secret| self.browser_hash.verifies(secret))
    }
}

impl PendingUpstream {
    /// A callback claims the authorization.
    #[must_use]
    pub fn claim(self) -> Exchanging {
        Exchanging { request: self.request, consent: self.consent, binding: self.binding }
    }
}

impl Exchanging {
    /// The owner must confirm first.
    #[must_use]
    pub fn ask(self, signed_in: SignedIn, sealed_name: Sealed<OwnerName>) -> PendingConfirmation {
        PendingConfirmation { request: self.request, binding: self.binding, signed_in, sealed_name }
    }

    /// The owner consented: the client gets a code.
    #[must_use]
    pub fn issue(self, signed_in: SignedIn, code: &Secret, now: OffsetDateTime) -> CodeIssued {
        let Self { request, binding, .. } = self;
        CodeIssued { request, binding, code_hash: code.sha256(), issued_at: now, signed_in }
    }
}

impl PendingConfirmation {
    /// The owner confirmed: the client gets a code.
    #[must_use]
    pub fn issue(self, code: &Secret, now: OffsetDateTime) -> CodeIssued {
        let Self { request, binding, signed_in, .. } = self;
        CodeIssued { request, binding, code_hash: code.sha256(), issued_at: now, signed_in }
    }
}

impl CodeIssued {
    /// RFC 6749 §4.1.2: the code expires shortly after it was issued.
    #[must_use]
    pub fn code_expired(&self, now: OffsetDateTime) -> bool {
        now >= self.issued_at + CODE_LIFETIME
    }
}

impl Stage {
    /// Whether this is a later stage of the authorization whose `state` is presented.
    #[must_use]
    pub fn is_past(&self, state: &Secret) -> bool {
        match self {
            Self::Exchanging(Exchanging { binding, .. })
            | Self::PendingConfirmation(PendingConfirmation { binding, .. })
            | Self::CodeIssued(CodeIssued { binding, .. }) => binding.state_hash.verifies(state),
            Self::Failed(Failed { state_hash, .. }) => state_hash.as_ref().is_some_and(|hash| hash.verifies(state)),
            Self::PendingUpstream(_) | Self::Denied => false,
        }
    }
}

impl Authorization {
    /// A decided authorization.
    #[must_use]
    pub fn decided(id: Id, stage: Stage, now: OffsetDateTime) -> Self {
        Self { id, decided_at: now, stage }
    }

    /// The same authorization, one stage on.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Self {
        Self { id: self.id, decided_at: self.decided_at, stage }
    }

    /// When the authorization ends, whatever its stage.
    #[must_use]
    pub fn expires_at(&self) -> OffsetDateTime {
        self.decided_at + AUTHORIZATION_LIFETIME
    }

    /// Whether it has ended.
    #[must_use]
    pub fn expired(&self, now: OffsetDateTime) -> bool {
        now >= self.expires_at()
    }
}

impl Record for Authorization {
    type Key = Id;
    fn key(&self) -> Id {
        self.id
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.expires_at()
    }
}
