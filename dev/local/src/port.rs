//! A port that another program has: which program, and the option that chooses another port.

use std::io::ErrorKind;

use functions_host::ReservedPort;
use listeners::{Protocol, get_process_by_port};

/// What a port is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Server,
    Tenant,
    Cosmos,
}

/// It is taken.
#[derive(Debug, thiserror::Error)]
#[error(
    "port {port} on {host}, for {name}, is taken by {by}.\n\
     Stop it, or choose another port: cargo local {option} N (0 takes any free one)"
)]
pub(crate) struct PortTaken {
    port: u16,
    host: &'static str,
    name: &'static str,
    option: &'static str,
    by: String,
}

impl PortTaken {
    /// Looks for the program that listens there.
    pub(crate) fn new(port: u16, purpose: Purpose) -> Self {
        let (host, name, option) = match purpose {
            Purpose::Server => ("127.0.0.1", "the MCP server", "--port"),
            Purpose::Tenant => ("localhost", "the tenant", "--tenant-port"),
            Purpose::Cosmos => ("127.0.0.1", "Cosmos DB", "--azure --cosmos-port"),
        };
        Self { port, host, name, option, by: holder(port) }
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

/// Refuses the ports that their parts will bind themselves, before anything is built.
pub(crate) fn are_free(tenant: u16, cosmos: Option<u16>) -> Result<(), PortTaken> {
    let is_taken = |port| port != 0 && ReservedPort::at(port).is_err_and(|error| error.kind() == ErrorKind::AddrInUse);
    let mut ports = [(tenant, Purpose::Tenant)].into_iter().chain(cosmos.map(|port| (port, Purpose::Cosmos)));
    ports.find(|(port, _)| is_taken(*port)).map_or(Ok(()), |(port, purpose)| Err(PortTaken::new(port, purpose)))
}
