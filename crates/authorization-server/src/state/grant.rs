//! A grant: one redeemed authorization, with its refresh-token family.

use oauth_protocol::scope::Scope;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    ground::{GrantKey, Id, Record, lifetimes::GRANT_LIFETIME},
    state::family::Family,
};

/// What a client may do for an owner.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Owner and id.
    pub key: GrantKey,
    /// The only client that may use it.
    pub client: Id,
    /// What was granted.
    pub scope: Scope,
    /// Whether it stands.
    pub status: Status,
    /// Counts the writes; an access token names the one that it was issued under.
    pub version: u32,
    /// Its refresh tokens.
    pub family: Family,
    /// When the code was redeemed.
    pub redeemed_at: OffsetDateTime,
    /// 90 days after the last refresh.
    pub expires_at: OffsetDateTime,
}

/// Whether a grant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It does.
    Active,
    /// The upstream wants the user first; the family is kept.
    Marked,
    /// Never again.
    Revoked,
}

impl Grant {
    /// Whether access and refresh tokens of this grant are accepted.
    #[must_use]
    pub fn usable(&self, now: OffsetDateTime) -> bool {
        self.status == Status::Active && now < self.expires_at
    }

    /// Ended at once, because nobody was given its tokens. It ends when it began: another process, whose clock differs,
    /// sees the same.
    #[must_use]
    pub fn taken_back(&self) -> Self {
        Self { expires_at: self.redeemed_at, version: self.version + 1, ..self.clone() }
    }

    /// Alive after it was taken back.
    #[must_use]
    pub fn given_again(&self, now: OffsetDateTime) -> Self {
        Self { expires_at: now + GRANT_LIFETIME, redeemed_at: now, version: self.version + 1, ..self.clone() }
    }

    /// Whether it ended in that way.
    #[must_use]
    pub fn was_taken_back(&self) -> bool {
        self.status == Status::Active && self.expires_at <= self.redeemed_at
    }

    /// The same grant, as one access token sees it (RFC 6749 §6: a refresh may ask for less).
    #[must_use]
    pub fn narrowed(&self, scope: Scope) -> Self {
        Self { scope, ..self.clone() }
    }

    /// The next version, with another status.
    #[must_use]
    pub fn with_status(&self, status: Status) -> Self {
        Self { status, version: self.version + 1, ..self.clone() }
    }

    /// The next version, one refresh-token generation on, its key sealed anew: so no data key is needed for longer than a
    /// grant lives without a refresh.
    #[must_use]
    pub fn rotated(&self, now: OffsetDateTime, sealed_key: String) -> Self {
        Self {
            version: self.version + 1,
            family: Family { sealed_key, ..self.family.rotated(now) },
            expires_at: now + GRANT_LIFETIME,
            ..self.clone()
        }
    }

    /// The next version: an access token of the current generation has reached its client.
    #[must_use]
    pub fn seen(&self) -> Self {
        Self { version: self.version + 1, family: self.family.seen(), ..self.clone() }
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
