//! Microsoft Graph as the downstream, called as the principal.

mod client;
mod token_cache;

pub(crate) use client::{Graph, GraphError};
pub(crate) use token_cache::TokenCache;
