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

/// The paths from before the layers, for work that is under way.
#[doc(hidden)]
pub mod ports {
    pub use crate::{
        ground::{Advanced, Clock, Created, Entropy, OwnedRecords, Record, Repository, Sealer, Stored, Unavailable},
        upstream::*,
    };
}
#[doc(hidden)]
pub use crate::{
    endpoints::{authorize, callback, confirmation, connections, consent, redeem, refresh, register, revoke},
    ground as id,
    resource::{authenticate, downstream},
    state::{authorization, client, family, grant, memory, owner, pending_consent, scopes},
};
