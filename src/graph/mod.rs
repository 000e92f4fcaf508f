//! Microsoft Graph, and other APIs of the tenant, called as the principal.

mod answer;
mod bulkhead;
mod challenge;
mod client;
mod collection;
mod demanded_claims;
mod error;
mod origins;
mod request;
mod token_cache;

pub use answer::Answer;
pub use client::ApiClient;
pub use collection::Collection;
pub use demanded_claims::Freshness;
pub use error::ApiError;
pub use origins::Origins;
pub use request::Request;
pub use token_cache::TokenCache;
