//! Microsoft Graph, called as the principal.

mod challenge;
mod client;
mod error;
mod request;
mod token_cache;

pub use client::Graph;
pub use error::GraphError;
pub use request::Request;
pub use token_cache::TokenCache;
