//! The stages of an authorization. A transition consumes the stage before.

use oauth_protocol::secret::{Secret, SecretHash};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    ground::{Id, Sealed, lifetimes::CODE_LIFETIME},
    state::{
        consent::Consent,
        sign_in_secrets::{IssuedCode, SignInSecrets},
        signed_in::{OwnerName, SignedIn},
        valid_request::ValidRequest,
    },
};

/// Allowed; waiting for Entra's callback in the browser that allowed it.
#[derive(Clone, Debug)]
pub struct PendingUpstream {
    /// The request that was allowed.
    pub request: ValidRequest,
    /// The owner who allowed it.
    pub consent: Consent,
    /// The two secrets that the callback must have.
    pub binding: Binding,
    /// The same secrets, for a form that arrives twice. `None` in an item of schema 1, and in a
    /// second leg, to which no form leads.
    pub sealed_secrets: Option<Sealed<SignInSecrets>>,
    /// The second leg of the sign-in; `None` at the first.
    pub step_up: Option<StepUp>,
}

/// The owner signs in once more, for what Entra demands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepUp {
    /// The owner of the first leg. Nobody else may complete the second.
    pub owner: Id,
    /// The demand whose claims are sent.
    pub demand: Id,
}

/// Hashes of the secrets that bind Entra's callback.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Binding {
    /// The hash of the secret in our `state`.
    pub state_hash: SecretHash,
    /// The hash of the secret in the browser's `__Host-MCP_ENTRA_STATE`.
    pub browser_hash: SecretHash,
    /// The states of earlier legs of the sign-in, by which a repeated callback is recognised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past_states: Vec<SecretHash>,
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
    /// The second leg of the sign-in; `None` at the first.
    pub step_up: Option<StepUp>,
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
    /// The code of an owner who confirmed, for a confirmation that arrives twice.
    pub sealed_code: Option<Sealed<IssuedCode>>,
}

/// The owner who signed in denied the request.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The request that was denied.
    pub request: ValidRequest,
    /// The browser that answered.
    pub binding: Binding,
    /// The time of the denial.
    pub refused_at: OffsetDateTime,
}

/// Ended without a code.
#[derive(Clone, Debug)]
pub struct Failed {
    /// A word for the log.
    pub reason: String,
    /// Recognise a repeated callback. None if the client was not answered, because the callback came from another browser.
    pub states: Vec<SecretHash>,
}

impl Binding {
    /// The hashes of these secrets.
    #[must_use]
    pub fn new(state: &Secret, browser: &Secret) -> Self {
        Self { state_hash: state.sha256(), browser_hash: browser.sha256(), past_states: Vec::new() }
    }

    /// The same, for a leg that follows this one.
    #[must_use]
    pub fn after(self, earlier: &Self) -> Self {
        Self { past_states: earlier.states(), ..self }
    }

    /// The hashes of this leg's state and of those before it.
    #[must_use]
    pub fn states(&self) -> Vec<SecretHash> {
        self.past_states.iter().chain([&self.state_hash]).cloned().collect()
    }

    /// Whether this is the state of this leg, or of one before it.
    #[must_use]
    pub fn knows(&self, state: &Secret) -> bool {
        self.state_hash.verifies(state) || self.is_past(state)
    }

    /// Whether this is the state of a leg before this one.
    #[must_use]
    pub fn is_past(&self, state: &Secret) -> bool {
        self.past_states.iter().any(|past| past.verifies(state))
    }

    /// The browser's secret, if one of these cookies holds it.
    #[must_use]
    pub fn browser<'a>(&self, mut cookies: impl Iterator<Item = &'a str>) -> Option<Secret> {
        cookies.find_map(|cookie| Secret::parse(cookie).filter(|secret| self.browser_hash.verifies(secret)))
    }
}

impl PendingUpstream {
    /// A callback claims the authorization.
    #[must_use]
    pub fn claim(self) -> Exchanging {
        let Self { request, consent, binding, step_up, .. } = self;
        Exchanging { request, consent, binding, step_up }
    }
}

impl Exchanging {
    /// The owner must sign in once more. A form that arrives twice does not lead there.
    #[must_use]
    pub fn again(self, binding: Binding, step_up: StepUp) -> PendingUpstream {
        let Self { request, consent, .. } = self;
        PendingUpstream { request, consent, binding, sealed_secrets: None, step_up: Some(step_up) }
    }

    /// The owner must confirm first.
    #[must_use]
    pub fn ask(self, signed_in: SignedIn, sealed_name: Sealed<OwnerName>) -> PendingConfirmation {
        PendingConfirmation { request: self.request, binding: self.binding, signed_in, sealed_name }
    }

    /// The owner consented: the client gets a code.
    #[must_use]
    pub fn issue(self, signed_in: SignedIn, code: &Secret, now: OffsetDateTime) -> CodeIssued {
        let Self { request, binding, .. } = self;
        CodeIssued { request, binding, code_hash: code.sha256(), issued_at: now, signed_in, sealed_code: None }
    }
}

impl PendingConfirmation {
    /// The owner confirmed: the client gets a code.
    #[must_use]
    pub fn issue(self, code: &Secret, sealed_code: Sealed<IssuedCode>, now: OffsetDateTime) -> CodeIssued {
        let Self { request, binding, signed_in, .. } = self;
        let sealed_code = Some(sealed_code);
        CodeIssued { request, binding, code_hash: code.sha256(), issued_at: now, signed_in, sealed_code }
    }

    /// The owner denied.
    #[must_use]
    pub fn refuse(self, now: OffsetDateTime) -> Refused {
        Refused { request: self.request, binding: self.binding, refused_at: now }
    }
}

impl CodeIssued {
    /// RFC 6749 §4.1.2: the code expires shortly after it was issued.
    #[must_use]
    pub fn code_expired(&self, now: OffsetDateTime) -> bool {
        now >= self.issued_at + CODE_LIFETIME
    }
}
