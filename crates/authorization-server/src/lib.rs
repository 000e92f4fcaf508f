//! The rules of the authorization server, in layers. A module imports only from the layers above its own in this list, and from no
//! other module of its layer.
//!
//! 1. [`ground`]: the ports to time, randomness, storage and keys, and their types.
//! 2. [`state`]: the states and their transitions, without any port.
//! 3. [`upstream`]: the port to Entra ID. [`client_documents`]: the port to the documents that clients publish.
//!    [`entra_tokens`]: the port that verifies tokens which Entra issued to clients themselves.
//! 4. `block_copy`: a copy of the operator's blocks. `grant_cache`: grants that [`resource`] read recently.
//!    `waiting_registrations`: registrations that no client has used yet.
//! 5. [`server`]: the server, which all use cases share.
//! 6. `changes`: conditional writes that several use cases need.
//! 7. `tokens`: issuing and opening tokens.
//! 8. [`endpoints`]: the use cases of the authorization server's endpoints, one in each file. [`resource`]: the use cases of the
//!    protected resource.
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
