//! What the rules need of the world. Absence is `Option`, failure is [`Unavailable`]: a port never decides.

use async_trait::async_trait;
use secrecy::SecretString;
use time::OffsetDateTime;

use crate::{
    authorization::Authorization,
    client::Client,
    grant::{Grant, UpstreamTokens},
    id::{GrantKey, Id, Subject},
    owner::Owner,
    pending_consent::SignInPrompt,
};

/// The time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// Randomness fit for secrets.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// A store, a key or the upstream does not answer. What was asked may be asked again later; nothing is decided.
#[derive(Debug, thiserror::Error)]
#[error("{what} is unavailable: {reason}")]
pub struct Unavailable {
    /// Which of them: `store`, `keyring` or `upstream`.
    pub what: &'static str,
    /// For the log.
    pub reason: String,
}

/// A record as it was read, with the version that a conditional write names.
#[derive(Debug)]
pub struct Stored<T> {
    /// The record.
    pub value: T,
    /// The store's `ETag`.
    pub version: String,
}

/// The outcome of a create.
#[derive(Debug)]
pub enum Created<T> {
    /// This write made the record.
    Done(Stored<T>),
    /// Another write made it before.
    Exists(Stored<T>),
}

/// The outcome of a conditional write.
#[derive(Debug)]
pub enum Advanced<T> {
    /// This write changed the record.
    Done(Stored<T>),
    /// Another write came first; this is what stands now. Lost alone is never a replay: decide again from it.
    Lost(Option<Stored<T>>),
}

/// Something that is stored whole, under one key, for a time.
pub trait Record: Send + Sync + Sized + 'static {
    /// What it is found by.
    type Key: Send + Sync + Clone;
    /// Where it lies.
    fn key(&self) -> Self::Key;
    /// When it has no more use. The store may drop it from then on; readers check for themselves.
    fn expires_at(&self) -> OffsetDateTime;
}

impl Record for Client {
    type Key = Id;
    fn key(&self) -> Id {
        self.id
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
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

impl Record for Owner {
    type Key = Id;
    fn key(&self) -> Id {
        self.key
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }
}

impl Record for Grant {
    type Key = GrantKey;
    fn key(&self) -> GrantKey {
        self.key
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }
}

impl Record for UpstreamTokens {
    type Key = GrantKey;
    fn key(&self) -> GrantKey {
        self.key
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.kept_until
    }
}

/// Records of one kind, with conditional writes.
#[async_trait]
pub trait Repository<T: Record>: Send + Sync {
    /// Reads the newest version.
    async fn get(&self, key: &T::Key) -> Result<Option<Stored<T>>, Unavailable>;
    /// Writes a record that must not exist.
    async fn create(&self, value: T) -> Result<Created<T>, Unavailable>;
    /// Replaces the version that was read, and no other.
    async fn advance(&self, from: &str, to: T) -> Result<Advanced<T>, Unavailable>;
    /// Drops the record, if it is there.
    async fn delete(&self, key: &T::Key) -> Result<(), Unavailable>;
}

/// The grants of one owner, for whoever looks at or ends all of them; no request path does.
#[async_trait]
pub trait OwnerGrants: Send + Sync {
    /// Every grant that is stored, ended ones too.
    async fn of_owner(&self, owner: Id) -> Result<Vec<Grant>, Unavailable>;
}

/// Authenticated encryption under the keyring. `purpose` is bound as associated data: what was sealed for one purpose
/// never opens for another.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals under the newest key.
    async fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<String, Unavailable>;
    /// Opens; `None` for whatever was not sealed for this purpose under a key that still stands.
    async fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable>;
}

/// What Entra is to be asked for in one sign-in.
pub struct SignIn<'a> {
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

/// Why the upstream gave no token.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamRefusal {
    /// Entra wants the user: sign in again, consent, or satisfy `claims`.
    #[error("the upstream wants the user: {reason}")]
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
    fn sign_in_url(&self, sign_in: &SignIn<'_>) -> String;
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
