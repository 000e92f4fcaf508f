//! A stand-in for the Azure Functions host in front of a custom handler with `enableProxyingHttpRequest`.
//!
//! [`start`] reads `host.json` and the function folders, starts the handler processes with the variables the real host
//! sets, waits until each answers `GET /`, and then passes requests on. The changes that the real host's web
//! server, routing and proxy make to a request and its answer were recorded; `tests/golden.rs` compares this program with each
//! record.
//!
//! [`start_behind_gateway`] puts API Management and App Service's front end in front of that, as docs/edge.md describes
//! them. [`func_start`] reads which handler `func start` would run in a folder, from `local.settings.json`, and
//! [`build_handler`] builds the handler.
//!
//! HTTP/1.1 is read and written here byte by byte instead of by a library, because a library would repair or refuse
//! the very messages whose treatment matters, and because the handler must not be checked by the code it uses itself.

mod activity;
mod answer;
mod body;
mod build;
mod connection;
mod download;
mod error;
mod forward;
mod front_end;
mod func_start;
mod functions;
mod gateway;
mod handler;
mod handler_log;
mod handler_process;
mod head;
mod headers;
mod host;
mod host_json;
mod local_settings;
mod mcp_answers;
mod path;
mod proxy;
mod request;
mod reserved_port;
mod restarts;
mod routes;
mod serve;
mod shape;
mod target;
mod upload;
mod upstream;

pub use build::build_handler;
pub use error::StartError;
#[doc(hidden)]
pub use front_end::WRITTEN as FRONT_END_WRITES;
pub use func_start::{EXECUTABLE_PATH, FuncStart, func_start};
pub use gateway::{Gateway, Rate};
pub use host::{FunctionsHost, Options, start, start_behind_gateway, start_in_front_of};
pub use local_settings::LocalSettings;
pub use mcp_answers::UNFIT;
pub use proxy::Limits;
pub use reserved_port::ReservedPort;
