//! The protected resource: the caller, and the downstream tokens to act for that caller.

pub mod authenticate;
pub mod challenged_tokens;
pub mod downstream;
mod downstream_error;
mod downstream_token;
mod entra_call;
mod entra_downstream;
pub mod entra_token;
mod holder;
pub mod presented;
mod principal;
pub mod roles;
