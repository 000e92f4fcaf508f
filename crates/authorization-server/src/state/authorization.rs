//! One authorization, from the decision to the redemption of the code. Each stage is a type.

use oauth_protocol::secret::Secret;
use time::OffsetDateTime;

pub use crate::state::{
    consent::Consent,
    stages::{Binding, CodeIssued, Exchanging, Failed, PendingConfirmation, PendingUpstream, Refused, StepUp},
};
use crate::{
    ground::{Id, Record, lifetimes::AUTHORIZATION_LIFETIME},
    state::decision::Decision,
};

/// The stored authorization.
#[derive(Clone, Debug)]
pub struct Authorization {
    /// The transaction id, the same in all stages.
    pub id: Id,
    /// When the owner, or a remembered approval, decided.
    pub decided_at: OffsetDateTime,
    /// The button of the consent page; `None` if a remembered approval decided.
    pub decision: Option<Decision>,
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
    /// The owner denied the request, or decided to review it: the question then has a transaction of its own.
    Denied,
    /// The owner who signed in denied the request.
    Refused(Refused),
    /// It ended without a code.
    Failed(Failed),
    /// No authorization: a sign-in for a page of our own, whose `state` is spent.
    OwnPageSignIn,
}

impl Stage {
    /// Whether this is a later stage of the authorization whose `state` is presented.
    #[must_use]
    pub fn is_past(&self, state: &Secret) -> bool {
        match self {
            Self::Exchanging(Exchanging { binding, .. })
            | Self::PendingConfirmation(PendingConfirmation { binding, .. })
            | Self::CodeIssued(CodeIssued { binding, .. })
            | Self::Refused(Refused { binding, .. }) => binding.knows(state),
            Self::Failed(Failed { states, .. }) => states.iter().any(|hash| hash.verifies(state)),
            Self::PendingUpstream(PendingUpstream { binding, .. }) => binding.is_past(state),
            Self::Denied | Self::OwnPageSignIn => false,
        }
    }
}

impl Authorization {
    /// A decided authorization.
    #[must_use]
    pub fn decided(id: Id, decision: Option<Decision>, stage: Stage, now: OffsetDateTime) -> Self {
        Self { id, decided_at: now, decision, stage }
    }

    /// The same authorization, one stage on.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Self {
        Self { id: self.id, decided_at: self.decided_at, decision: self.decision, stage }
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
