//! Reserves the public port before anything is built, so that the public URL is known and a taken port is reported at once.
//! It listens only when the server can answer: until then a connection is refused and does not wait.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};

use tokio::net::TcpSocket;

use crate::error::StartError;

/// A port of 127.0.0.1 that nobody else is given. Nothing listens on it yet.
pub(crate) struct Reserved {
    socket: TcpSocket,
    port: u16,
}

impl Reserved {
    /// The port asked for, or any for 0.
    pub(crate) fn new(port: u16) -> Result<Self, StartError> {
        let (socket, port) = bind(port).map_err(|error| failed(port, error))?;
        Ok(Self { socket, port })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Fails if somebody else has begun to listen meanwhile.
    pub(crate) fn listen(self) -> Result<TcpListener, StartError> {
        let listener = self.socket.listen(1024).and_then(tokio::net::TcpListener::into_std);
        listener.map_err(|error| failed(self.port, error))
    }
}

/// Whether somebody listens on a port that is not 0.
pub(crate) fn is_taken(port: u16) -> bool {
    port != 0 && bind(port).is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// As a listener of Rust's binds: a port whose last connections are not forgotten yet is free.
fn bind(port: u16) -> io::Result<(TcpSocket, u16)> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    let port = socket.local_addr()?.port();
    Ok((socket, port))
}

fn failed(port: u16, error: io::Error) -> StartError {
    match error.kind() {
        ErrorKind::AddrInUse => StartError::PortTaken(port),
        _ => StartError::Listen(port, error),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn port_0_gives_a_free_one_and_names_it() {
        let reserved = Reserved::new(0).unwrap();
        let port = reserved.port();
        assert_ne!(port, 0);
        assert_eq!(reserved.listen().unwrap().local_addr().unwrap().port(), port);
    }

    #[tokio::test]
    async fn a_client_is_refused_until_it_listens() {
        let reserved = Reserved::new(0).unwrap();
        let address = (Ipv4Addr::LOCALHOST, reserved.port());
        assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let _listener = reserved.listen().unwrap();
        assert!(TcpStream::connect(address).is_ok());
    }

    #[tokio::test]
    async fn a_taken_port_is_its_own_error() {
        let held = Reserved::new(0).unwrap().listen().unwrap();
        let port = held.local_addr().unwrap().port();
        assert!(matches!(Reserved::new(port), Err(StartError::PortTaken(taken)) if taken == port));
        assert!(is_taken(port) && !is_taken(0));
    }
}
