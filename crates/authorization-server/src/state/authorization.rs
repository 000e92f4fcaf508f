//! One authorization, from the decision to the code's redemption: a state each, a transition consumes the state.

use oauth_protocol::{
    pkce::CodeChallenge,
    redirect_uri::RedirectTarget,
    scope::Scope,
    secret::{Secret, SecretHash},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    ground::{
        Id, Record, Sealable, Sealed, Subject,
        lifetimes::{AUTHORIZATION_LIFETIME, CODE_LIFETIME},
    },
    state::upstream_tokens::UpstreamSecrets,
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
    /// When the owner, or a remembered approval, decided.
    pub decided_at: OffsetDateTime,
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
    /// Signed in, but the remembered approval was not this owner's, or stands no more: this owner is asked.
    PendingConfirmation(PendingConfirmation),
    /// The client has a code.
    CodeIssued(CodeIssued),
    /// The owner said no.
    Denied,
    /// It ended without a code.
    Failed(Failed),
}

/// Who consented, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// The person at this browser read the whole page and allowed, whoever signs in now.
    Fresh,
    /// This owner did, some time ago; it holds for nobody else.
    Remembered {
        /// Whose document holds it.
        owner: Id,
        /// Which of its approvals.
        approval: Id,
    },
    /// Nobody yet: whoever signs in is asked.
    Pending,
}

/// Allowed; waiting for Entra's callback in the browser that allowed it.
#[derive(Clone, Debug)]
pub struct PendingUpstream {
    /// What was allowed.
    pub request: ValidRequest,
    /// By whom.
    pub consent: Consent,
    /// The two secrets that the callback must bring.
    pub binding: Binding,
}

/// Hashes of the secrets that bind Entra's callback.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Binding {
    /// Of the secret in our `state`.
    pub state_hash: SecretHash,
    /// Of the secret in the browser's `__Host-MCP_ENTRA_STATE`.
    pub browser_hash: SecretHash,
}

/// Claimed by one callback.
#[derive(Clone, Debug)]
pub struct Exchanging {
    /// What was allowed.
    pub request: ValidRequest,
    /// By whom.
    pub consent: Consent,
    /// Kept so that a repeated callback is recognised.
    pub binding: Binding,
}

/// Entra's answer about one owner, its tokens sealed for the authorization's id.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who signed in.
    pub subject: Subject,
    /// The upstream's tokens.
    pub sealed_tokens: Sealed<UpstreamSecrets>,
    /// When the upstream's access token ends.
    pub upstream_expires_at: OffsetDateTime,
}

/// The owner's name, as Entra says it. It is shown to that owner only.
pub struct OwnerName(pub String);

/// The name's UTF-8 is sealed, bound to the authorization's id.
impl Sealable for OwnerName {
    const PURPOSE: &'static str = "owner-name";
    type BoundTo = Id;

    fn to_plaintext(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(self.0.as_bytes().to_vec()))
    }

    fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        std::str::from_utf8(plaintext).ok().map(|name| Self(name.to_owned()))
    }
}

/// Waiting for the owner who signed in.
#[derive(Clone, Debug)]
pub struct PendingConfirmation {
    /// What is asked.
    pub request: ValidRequest,
    /// The browser that may answer.
    pub binding: Binding,
    /// Who is asked.
    pub signed_in: SignedIn,
    /// The owner's name, for the page; sealed.
    pub sealed_name: Sealed<OwnerName>,
}

/// Signed in; the code waits for its redemption.
#[derive(Clone, Debug)]
pub struct CodeIssued {
    /// What was allowed.
    pub request: ValidRequest,
    /// Kept so that a repeated callback is recognised.
    pub binding: Binding,
    /// Of the secret in the code.
    pub code_hash: SecretHash,
    /// When the code was made.
    pub issued_at: OffsetDateTime,
    /// By whom, with whose tokens.
    pub signed_in: SignedIn,
}

/// Ended without a code.
#[derive(Clone, Debug)]
pub struct Failed {
    /// A word for the log.
    pub reason: String,
    /// Kept where the client was answered, so that a repeated callback is recognised; a burnt authorization has none.
    pub state_hash: Option<SecretHash>,
}

impl Binding {
    /// Of these secrets.
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
    /// The callback claims the authorization.
    #[must_use]
    pub fn claim(self) -> Exchanging {
        Exchanging { request: self.request, consent: self.consent, binding: self.binding }
    }
}

impl Exchanging {
    /// The owner must be asked first.
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
    /// This very owner consented: the client gets a code.
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

    /// After this the record is nothing.
    #[must_use]
    pub fn expires_at(&self) -> OffsetDateTime {
        self.decided_at + AUTHORIZATION_LIFETIME
    }

    /// Whether the record is nothing any more.
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
