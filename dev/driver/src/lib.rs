//! Drives the server from outside, as OAuth and MCP clients and their browsers do.
//!
//! [`oauth`], [`mcp`], [`redirect`] and [`sse`] return what went wrong, for programs that report it. [`Server`],
//! [`browser`], [`handler`] and [`stream`] are for tests, and panic. None of this is shared with the product.

pub mod browser;
pub mod entra_client;
pub mod handler;
pub mod mcp;
pub mod oauth;
pub mod redirect;
mod server;
pub mod sse;
pub mod stream;

pub use server::{Server, body, client};
