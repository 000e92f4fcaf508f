//! The dependencies of the services, with their faults: the store, the keyring, and Entra.

mod caller;
mod entra;
mod fault;
mod repository;
mod sealer;
mod table;

pub(crate) use caller::{Caller, at_once};
pub(crate) use entra::{Entra, Issued, owner};
pub(crate) use fault::{Fault, Kind, Plan};
pub(crate) use repository::Handle;
pub(crate) use sealer::OpenSealer;
pub(crate) use table::{Table, Written};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Callers take turns on one thread and hold nothing across a turn, so no lock ever waits.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
