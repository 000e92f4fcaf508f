//! Parts for tests of the rules: a clock that stands still, entropy with a seed, and stand-ins for the store, the
//! keyring and Entra that can be told to fail. [`Rig`] puts an authorization server together from them and walks a flow.
//!
//! This crate never depends on the application, so that the tests of the rules do not compile it.

mod assertions;
mod audit;
mod browser;
mod checkout;
mod clock;
mod documents;
mod entropy;
mod event_log;
mod faults;
mod flow;
mod issued_roles;
mod lists;
mod outcome;
mod rig;
mod sealer;
mod second_subscriber;
mod store;
mod upstream;

pub use assertions::{ClientKey, HashedSignatures, asserted, honest_claims};
pub use audit::AuditTrail;
pub use authorization_server::state::scopes::second_api::{self, ORDERS};
pub use browser::Browser;
pub use checkout::{copy_checkout, write_if_changed};
pub use clock::ManualClock;
pub use documents::{CLIENT_URL, PublishedDocuments};
pub use entropy::SeededEntropy;
pub use event_log::EventLog;
pub use faults::{Fault, Faults};
pub use flow::{
    Allowed, FlowError, REDIRECT_URI, STATE, SignedIn, VERIFIER, addressed, parameter, query, redemption, refreshing,
    request,
};
pub use lists::ON_A_PAGE;
pub use outcome::{
    ToClient, allowed, answered, asked, asked_to_confirm, back_to_client, connections, cookie, denied, sent_to_confirm,
};
pub use rig::{LIMITS, Rig};
pub use sealer::MemorySealer;
pub use store::MemoryStore;
pub use upstream::{Asked, ScriptedUpstream, user_read};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic in one test thread must not hide what it was about behind a poisoned lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
