//! A client assertion that was used. Creating the record is the single use (RFC 7523 §3, `jti`).

use time::OffsetDateTime;

use crate::ground::{Id, Record, lifetimes::SPENT_ASSERTION_LIFETIME};

/// The use of one assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpentAssertion {
    /// A hash of client and `jti`.
    pub id: Id,
    /// When no process accepts the assertion any more.
    pub expires_at: OffsetDateTime,
}

impl SpentAssertion {
    /// The use, now, of the assertion that this client gave this id.
    pub(crate) fn new(client: Id, jti: &str, now: OffsetDateTime) -> Self {
        Self { id: Id::hash_of(&[&client.to_string(), jti]), expires_at: now + SPENT_ASSERTION_LIFETIME }
    }
}

impl Record for SpentAssertion {
    type Key = Id;
    fn key(&self) -> Id {
        self.id
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }
}
