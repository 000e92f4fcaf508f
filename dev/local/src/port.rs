//! A port that another program has: which program, and how to choose another port.

use std::io::ErrorKind;

use functions_host::ReservedPort;
use listeners::{Protocol, get_process_by_port};

/// The purpose of a port.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Server,
    Tenant,
    Cosmos,
    Inspector,
}

/// It is taken.
#[derive(Debug, thiserror::Error)]
#[error(
    "port {port} on {host}, for {name}, is taken by {by}.\n\
     Stop it, or choose another port: {choice}"
)]
pub(crate) struct PortTaken {
    port: u16,
    host: &'static str,
    name: &'static str,
    choice: &'static str,
    by: String,
}

impl PortTaken {
    /// Looks for the program that listens there.
    pub(crate) fn new(port: u16, purpose: Purpose) -> Self {
        let (host, name, choice) = match purpose {
            Purpose::Server => ("127.0.0.1", "the MCP server", "cargo local --port N (0 takes any free one)"),
            Purpose::Tenant => ("localhost", "the tenant", "cargo local --tenant-port N (0 takes any free one)"),
            Purpose::Cosmos => ("127.0.0.1", "Cosmos DB", "cargo local --azure --cosmos-port N (0 takes any free one)"),
            Purpose::Inspector => ("127.0.0.1", "MCP Inspector", "CLIENT_PORT=N cargo local --open inspector"),
        };
        Self { port, host, name, choice, by: holder(port) }
    }
}

/// The program that listens, as far as this user may see; one that only reserves a port is not seen.
fn holder(port: u16) -> String {
    match get_process_by_port(port, Protocol::TCP) {
        Ok(process) if process.name == env!("CARGO_BIN_NAME") => {
            format!("another `cargo local` (process {})", process.pid)
        }
        Ok(process) => format!("{} (process {})", process.name, process.pid),
        Err(_) => "a program of another user, or another `cargo local` that is starting".to_owned(),
    }
}

/// Refuses a port that its part will bind itself. For 0 it takes any.
pub(crate) fn is_free(port: u16, purpose: Purpose) -> Result<(), PortTaken> {
    let is_taken = port != 0 && ReservedPort::at(port).is_err_and(|error| error.kind() == ErrorKind::AddrInUse);
    if is_taken { Err(PortTaken::new(port, purpose)) } else { Ok(()) }
}
