//! Conditional writes: a record is read, decided on, and written if it has not changed; if it has, it is decided on again.

mod authorizations;
mod clients;
mod grants;
mod owners;
mod upstream_tokens;

use crate::ground::Unavailable;

/// How often a lost conditional write is decided again before the caller is told to come back.
pub(crate) const ATTEMPTS: usize = 5;

pub(crate) fn contended() -> Unavailable {
    Unavailable { what: "store", reason: "the record kept changing".into() }
}
