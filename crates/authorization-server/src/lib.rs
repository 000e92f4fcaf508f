//! The rules of the authorization server, in layers; each imports only from those above it in this list.
//!
//! - [`ground`]: the ports to time, randomness, storage and keys, and the types that they speak in.
//! - [`state`]: the states and what follows from one to the next, without any port.
//! - [`upstream`]: the port to Entra ID.
//! - [`server`]: what all use cases share.
//! - `changes`: conditional writes that several use cases need.
//! - [`endpoints`]: a use case a file, as the authorization server's endpoints serve them.
//! - [`resource`]: what the protected resource asks of its authorization server.
#![deny(missing_docs)]

mod changes;
pub mod endpoints;
mod grant_cache;
pub mod ground;
pub mod resource;
pub mod server;
pub mod state;
mod tokens;
pub mod upstream;

pub use server::{AuthorizationServer, Ports};
