//! Ports on loopback.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::net::TcpListener;

/// Tries for a port that is free on both loopback addresses, when any port will do.
const TRIES: usize = 20;

/// Why a port cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens there.
    #[error("port {0} is taken by another program: stop it, or choose another port")]
    PortTaken(u16),
    /// The port cannot be bound for another reason.
    #[error("port {0} cannot be bound: {1}")]
    Bind(u16, #[source] io::Error),
}

/// Listens on 127.0.0.1, and on `[::1]` if this machine has it, because browsers resolve `localhost` to either. 0 takes any
/// port that is free on both. Returns the port with its listeners.
pub async fn listen(port: u16) -> Result<(u16, Vec<TcpListener>), ListenError> {
    let mut outcome = bind(port).await;
    for _ in 1..TRIES {
        match outcome {
            Err(error) if port == 0 && error.kind() == io::ErrorKind::AddrInUse => outcome = bind(port).await,
            _ => break,
        }
    }
    outcome.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortTaken(port),
        _ => ListenError::Bind(port, error),
    })
}

async fn bind(port: u16) -> io::Result<(u16, Vec<TcpListener>)> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = first.local_addr()?.port();
    let mut listeners = vec![first];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(second) => listeners.push(second),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
        Err(_) => {}
    }
    Ok((port, listeners))
}
