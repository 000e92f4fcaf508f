//! Microsoft Graph, called as the principal.

mod client;
mod error;
mod token_cache;

pub use client::Graph;
pub use error::GraphError;
pub use token_cache::TokenCache;
