//! The HTTP edge, and the only module that names warp: a file per endpoint, each decodes, calls one service, encodes.

mod app;
mod authorize;
mod bearer;
mod browser;
mod connections;
mod consent;
mod contract;
mod cookies;
mod cors;
mod endpoint;
mod gateway;
mod health;
mod limits;
mod mcp;
mod mcp_message;
mod mcp_sse;
mod memory;
mod metadata;
mod oauth_callback;
mod origin_form;
mod pages;
mod register;
mod reply;
mod request;
mod revoke;
mod routes;
pub mod server;
mod token;
mod too_many;

pub use app::App;
pub use contract::{EndpointContract, endpoints};
pub use limits::{CALLS_PER_MINUTE, Limits};
pub use memory::Memory;
pub use routes::routes;
