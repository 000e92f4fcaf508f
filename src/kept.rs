//! Bytes that count in a budget for as long as they are kept.

use std::ops::Deref;

use crate::budget::{Exhausted, Permit};

/// Bytes that are kept, with the permit for them.
pub struct Kept {
    bytes: Vec<u8>,
    permit: Permit,
}

/// An extension of an answer whose text is kept, and so carries its own permit.
#[derive(Clone, Copy, Debug)]
pub struct Counted;

impl Kept {
    /// No bytes yet.
    #[must_use]
    pub fn new(permit: Permit) -> Self {
        Self { bytes: Vec::new(), permit }
    }

    /// These bytes, if the budget has as many.
    pub fn of(mut bytes: Vec<u8>, mut permit: Permit) -> Result<Self, Exhausted> {
        bytes.shrink_to_fit();
        permit.resize(bytes.len())?;
        Ok(Self { bytes, permit })
    }

    /// Bytes that count as this permit says.
    #[must_use]
    pub fn counted(bytes: Vec<u8>, permit: Permit) -> Self {
        Self { bytes, permit }
    }

    /// Adds bytes, if the budget has them.
    pub fn extend(&mut self, bytes: &[u8]) -> Result<(), Exhausted> {
        self.permit.grow(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// The bytes and their permit, which must live as long.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, Permit) {
        (self.bytes, self.permit)
    }
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Deref for Kept {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    #[test]
    fn kept_bytes_count_until_they_are_dropped() {
        let budget = Budget::new(10);
        let mut kept = Kept::new(budget.permit());
        assert_eq!(kept.extend(b"12345"), Ok(()));
        assert_eq!(budget.available(), 5);
        assert_eq!(kept.extend(b"123456"), Err(Exhausted));
        assert_eq!((&*kept, budget.available()), (b"12345".as_slice(), 5));
        drop(kept);
        assert_eq!(budget.available(), 10);
    }

    #[test]
    fn bytes_that_are_there_already_count_as_they_are_even_if_others_are_made_of_them() {
        let budget = Budget::new(10);
        let kept = Kept::of(b"12345".to_vec(), budget.permit()).unwrap();
        assert!(Kept::of(b"123456".to_vec(), budget.permit()).is_err());
        let (bytes, permit) = kept.into_parts();
        let framed = Kept::counted([b"<", bytes.as_slice(), b">"].concat(), permit);
        assert_eq!((framed.as_ref(), budget.available()), (b"<12345>".as_slice(), 5));
        drop(framed);
        assert_eq!(budget.available(), 10);
    }
}
