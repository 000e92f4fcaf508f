//! The handler as its users meet it: a real process behind the Functions host's stand-in, with the local tenant upstream.

mod authorize;
mod browser;
mod consent;
mod deployment;
mod edge;
mod flow;
mod mcp;
mod metadata;
mod outage;
mod process;
mod register;
mod revoke;
mod sse;
mod token;
