//! A grant: one redeemed authorization, with its refresh-token family.

use oauth_protocol::{resource::ResourceAddress, scope::Scope};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    ground::{
        GrantKey, Id, Record, Sealed,
        lifetimes::{CODE_LIFETIME, GRANT_LIFETIME, REVOKED_GRANT_LIFETIME},
    },
    state::family::{Family, FamilyKey, Successor},
};

/// The right of a client to act for an owner.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Owner and id.
    pub key: GrantKey,
    /// The only client that may use it.
    pub client: Id,
    /// Whether the client had authenticated when its code was redeemed. Then nobody uses its refresh tokens without that.
    pub authenticated: bool,
    /// The granted scope.
    pub scope: Scope,
    /// The address of this server that the client named; `None` if it named none, or if the grant is of an earlier release.
    pub address: Option<ResourceAddress>,
    /// Whether it can be used.
    pub status: Status,
    /// Counts the writes. An access token names the version under which it was issued.
    pub version: u32,
    /// Its refresh tokens.
    pub family: Family,
    /// When the code was redeemed.
    pub redeemed_at: OffsetDateTime,
    /// 90 days after the last refresh; sooner, if it is unissued or revoked.
    pub expires_at: OffsetDateTime,
}

/// Whether a grant can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Its tokens are accepted.
    Active,
    /// The upstream wants the owner to sign in again; the family is kept.
    Marked,
    /// Its redemption failed before the client received a token, so its code may be redeemed again.
    Unissued,
    /// It was revoked.
    Revoked,
}

impl Grant {
    /// Whether access and refresh tokens of this grant are accepted.
    #[must_use]
    pub fn usable(&self, now: OffsetDateTime) -> bool {
        self.status == Status::Active && now < self.expires_at
    }

    /// Whether the owner sees it as a connection: a client holds its tokens, and at most the owner has to sign in again.
    #[must_use]
    pub fn is_held(&self, now: OffsetDateTime) -> bool {
        matches!(self.status, Status::Active | Status::Marked) && now < self.expires_at
    }

    /// The next version, of which nobody received a token. It expires after its code.
    #[must_use]
    pub fn unissued(&self) -> Self {
        let expires_at = self.redeemed_at + CODE_LIFETIME;
        Self { status: Status::Unissued, expires_at, version: self.version + 1, ..self.clone() }
    }

    /// The next version of an unissued grant: its code is redeemed again.
    #[must_use]
    pub fn issued_again(&self, now: OffsetDateTime) -> Self {
        Self {
            status: Status::Active,
            version: self.version + 1,
            redeemed_at: now,
            expires_at: now + GRANT_LIFETIME,
            ..self.clone()
        }
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

    /// The next version, which is revoked. Its record lapses soon: owners would otherwise gather them for 90 days, and they are read
    /// with those that stand.
    #[must_use]
    pub fn revoked(&self, now: OffsetDateTime) -> Self {
        let expires_at = self.expires_at.min(now + REVOKED_GRANT_LIFETIME);
        Self { expires_at, ..self.with_status(Status::Revoked) }
    }

    /// The next version, one refresh-token generation on. Its key is sealed again, so no data key is needed for longer than a
    /// grant lives without a refresh.
    #[must_use]
    pub fn rotated(&self, now: OffsetDateTime, sealed_key: Sealed<FamilyKey>) -> Self {
        self.with_family(now + GRANT_LIFETIME, Family { sealed_key, ..self.family.rotated(now) })
    }

    /// The next version, which has given this successor out; `None` if there is nothing to note.
    pub(crate) fn giving(
        &self,
        successor: Successor,
        now: OffsetDateTime,
        sealed_key: Sealed<FamilyKey>,
    ) -> Option<Self> {
        match successor {
            Successor::Next => Some(self.rotated(now, sealed_key)),
            Successor::Same => Some(self.with_family(self.expires_at, self.family.answered_again(now)?)),
            Successor::Further => {
                let family = Family { sealed_key, ..self.family.superseding(now) };
                Some(self.with_family(now + GRANT_LIFETIME, family))
            }
        }
    }

    /// The next version: an access token of the current generation has reached its client.
    #[must_use]
    pub fn seen(&self) -> Self {
        self.with_family(self.expires_at, self.family.seen())
    }

    fn with_family(&self, expires_at: OffsetDateTime, family: Family) -> Self {
        Self { version: self.version + 1, family, expires_at, ..self.clone() }
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
