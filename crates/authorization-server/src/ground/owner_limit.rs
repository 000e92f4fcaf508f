//! A limit that counts per owner, and per owner and client together. It never counts per client alone: one client id may be
//! every user of an organisation.

use std::num::NonZeroU32;

use super::Id;

/// The subject of a count: an owner, or one client of that owner.
pub type Share = (Id, Option<Id>);

/// How much one owner may take. One client of the owner may take half of it, rounded up, so the owner's other clients go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerLimit(NonZeroU32);

impl OwnerLimit {
    /// A limit of this much for an owner.
    #[must_use]
    pub const fn new(of_owner: NonZeroU32) -> Self {
        Self(of_owner)
    }

    /// For all clients of an owner together.
    #[must_use]
    pub const fn of_owner(self) -> NonZeroU32 {
        self.0
    }

    /// For one client of an owner.
    #[must_use]
    pub const fn of_client(self) -> NonZeroU32 {
        self.0.div_ceil(NonZeroU32::MIN.saturating_add(1))
    }

    /// Both counts of one use, each with its limit.
    #[must_use]
    pub fn shares(self, owner: Id, client: Id) -> [(Share, NonZeroU32); 2] {
        [((owner, None), self.of_owner()), ((owner, Some(client)), self.of_client())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_may_take_half_and_always_something() {
        let halves = [1, 2, 3, 24].map(|most| OwnerLimit::new(NonZeroU32::new(most).unwrap()).of_client().get());
        assert_eq!(halves, [1, 1, 2, 12]);
    }
}
