//! The protected resource: the caller, and the downstream tokens to act for that caller.

pub mod authenticate;
pub mod downstream;
mod downstream_error;
mod holder;
mod principal;
pub mod roles;
