//! The application around the rules: HTTP, MCP, Entra ID, Microsoft Graph, storage and sealing, and their composition.

mod buckets;
pub mod budget;
pub mod client_documents;
pub mod config;
pub mod entra;
pub mod graph;
pub mod http;
pub mod json_cost;
pub mod kept;
pub mod limited_answer;
pub mod mcp;
mod places;
pub mod platform;
pub mod ports;
pub mod startup;
pub mod store;
pub mod telemetry;
pub mod vault;
