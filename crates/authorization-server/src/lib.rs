//! The rules of the authorization server: one type per state, one file per use case, ports as traits.
//!
//! Nothing here knows HTTP, Azure or a clock of its own: time, randomness, storage and Entra come in through [`ports`].
#![deny(missing_docs)]

pub mod authenticate;
pub mod authorization;
pub mod authorize;
pub mod callback;
pub mod client;
pub mod confirmation;
pub mod connections;
pub mod consent;
pub mod downstream;
pub mod family;
pub mod grant;
pub mod id;
pub mod memory;
pub mod owner;
pub mod pending_consent;
pub mod ports;
pub mod redeem;
pub mod refresh;
pub mod register;
pub mod revoke;
pub mod scopes;
pub mod server;
pub mod token;
pub mod unasked_redirect;

pub use server::AuthorizationServer;
