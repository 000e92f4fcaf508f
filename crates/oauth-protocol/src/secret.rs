//! Secrets of 256 random bits, their hashes, and the handles that carry them.
//!
//! RFC 6749 §10.10 wants values that cannot be guessed: 2^-128 at most, 2^-160 better. The store keeps only hashes.

mod handle;
mod hash;
mod random;

pub use self::{handle::Handle, hash::SecretHash, random::Secret};
