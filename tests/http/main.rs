//! The handler as its users meet it: a real process behind the Functions host's stand-in, with the local tenant upstream.
#![cfg(test)]

mod adding_a_tool;
mod audit;
mod authorize;
#[cfg(target_os = "linux")]
mod bad_input;
mod conditional_access;
mod confirmation;
mod connections;
mod consent;
mod crowd;
mod denied;
mod deployment;
mod direct;
mod disconnect;
mod edge;
mod entra_clients;
mod entra_tokens;
mod flow;
mod gateway;
mod limits;
mod local_settings;
mod looking;
mod mcp;
mod metadata;
mod new_tool;
mod outage;
mod posted_paths;
mod process;
mod progress;
mod register;
mod remembered;
mod revoke;
mod roles;
mod sse;
mod step_up;
mod telemetry;
mod token;
mod tools;
mod upstream_errors;
mod wrong_tokens;

use driver::{browser, stream};
