//! Entra ID as the upstream: its authorize URL, its token endpoint, its keys, and what its refusals mean.

mod authorize_url;
mod client_assertion;
mod gateway_token;
mod id_token;
mod jwks;
mod refusal;
mod signed_token;
#[cfg(test)]
mod test_rig;
mod token_endpoint;
mod upstream;

pub use client_assertion::{ClientAssertion, Identity, managed_identity};
pub use gateway_token::GatewayTokenVerifier;
pub use upstream::{Entra, EntraSettings};
