//! The fixtures of the official MCP conformance suite, behind the product's own HTTP server, bearer check and transports.
//!
//! The suite describes each fixture in `this.description` of its scenario. Here the result of a fixture is written as the
//! JSON that the suite describes, and what a fixture decides is a function beside it: [`tools`], [`prompts`],
//! [`resources`]. [`fixtures`] makes one MCP server of them. `mount` puts it where the product has its own, on the
//! authorization server of [`testkit::Rig`], and signs a client in.

mod completion;
mod fixtures;
mod input;
mod json;
mod mount;
mod prompts;
mod resources;
mod samples;
mod tools;

pub use fixtures::Way;
pub use mount::{ConformanceServer, StartError};
