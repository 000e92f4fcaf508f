//! The rules of the authorization server, in layers; each imports only from those above it in this list.
//!
//! - [`ground`]: the ports to time, randomness, storage and keys, and their types.
//! - [`state`]: the states and their transitions, without any port.
//! - [`upstream`]: the port to Entra ID.
//! - [`client_documents`]: the port to the documents that clients publish.
//! - [`entra_tokens`]: the port that verifies tokens which Entra issued to clients themselves.
//! - [`server`]: the server, which all use cases share.
//! - `changes`: conditional writes that several use cases need.
//! - [`endpoints`]: the use cases of the authorization server's endpoints, one in each file.
//! - [`resource`]: the use cases of the protected resource.
#![deny(missing_docs)]

mod block_copy;
mod changes;
pub mod client_documents;
pub mod endpoints;
pub mod entra_tokens;
mod grant_cache;
pub mod ground;
pub mod resource;
pub mod server;
pub mod state;
mod tokens;
pub mod upstream;
mod waiting_registrations;

pub use server::{AuthorizationServer, Ports, StoredLimits};
