//! Entra ID as the upstream: its authorize URL, its token endpoint, its keys, and what its refusals mean.

mod access_token;
mod authorize_url;
mod client_assertion;
mod client_token;
mod entra_http;
mod gateway_token;
mod id_token;
mod jwks;
mod negative_cache;
mod refusal;
mod settings;
mod signed_token;
mod token_endpoint;
mod unreachable;
mod upstream;
mod workload_identity;

pub use client_assertion::ManagedIdentityAssertion;
pub use client_token::ClientTokenVerifier;
pub use gateway_token::GatewayTokenVerifier;
pub use negative_cache::NegativeCache;
pub use settings::EntraSettings;
pub use upstream::Entra;
pub use workload_identity::{Identity, managed_identity};
