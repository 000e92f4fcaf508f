//! The states and the transitions between them. No port, no clock: the time is a parameter.

pub mod access_token;
pub mod api;
pub mod authorization;
mod block_target;
pub mod blocks;
pub mod claims;
pub mod client;
mod consent;
pub mod cookies;
pub mod decision;
pub mod demand;
pub(crate) mod derived;
pub mod family;
pub mod grant;
pub mod memory;
pub mod operator_record;
pub mod owner;
pub mod owner_session;
pub mod pending_consent;
pub mod roles;
pub mod scopes;
pub mod sign_in_secrets;
pub mod signed_in;
mod stages;
pub mod upstream_tokens;
pub mod valid_request;
pub mod visible_name;
