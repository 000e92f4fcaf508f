//! The tenant over real sockets, as the product and a browser meet it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod app_roles;
mod authorize;
mod client_assertion;
mod clients;
mod conditional_access;
mod console;
mod control;
mod discovery;
mod faults;
mod graph;
mod https;
mod identity_endpoint;
mod lifecycle;
mod mailbox;
mod on_behalf_of;
mod orders;
mod redeem;
mod refresh;
mod support;
mod token_endpoint;
mod vault;
