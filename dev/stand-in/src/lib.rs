//! The parts that the stand-ins share.
//!
//! A stand-in serves an axum [`axum::Router`] as a [`Site`]: on loopback ([`listen`], [`Servers`]), over TLS under an
//! authority of its own ([`Certificate`]), or under its real host name behind the CONNECT proxy that a listener can be
//! ([`Site::with_tunnels`]). A [`Gate`] makes a site unreachable, and [`cut`] closes a connection instead of an answer.
//!
//! Tokens are signed and verified here ([`jwt`]); a [`Clock`] is moved on by tests; [`Recent`] is the log of requests. A
//! stand-in that is a program says so in one line ([`program::run`]), and tests in another process reach its control API
//! with the token of that line ([`control::guarded`]). A test waits for such a process with [`wait`].
//!
//! None of this is shared with the product, so that one misreading of an RFC cannot pass on both sides.

mod clock;
pub mod control;
mod gate;
pub mod jwt;
mod keys;
mod listen;
pub mod program;
pub mod random;
mod recent;
mod server;
mod stop_signals;
mod tls;
pub mod wait;
pub mod watchdog;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use clock::Clock;
pub use gate::Gate;
pub use jwt::UnverifiedJwt;
pub use keys::{PublicKey, SigningKey};
pub use listen::{ListenError, listen};
pub use recent::Recent;
pub use server::{Cut, Servers, Site, Tunnels, accept, cut};
pub use stop_signals::StopSignals;
pub use tls::{Certificate, TlsError};
pub use tokio_rustls::TlsAcceptor;

/// Locks, though a test may have panicked while it held the lock: a stand-in goes on for the other tests.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
