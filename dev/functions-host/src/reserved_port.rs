//! A port that stays free until its owner binds it, and again whenever the owner is gone.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port of 127.0.0.1 and `[::1]`. A socket that is bound but does not listen keeps the system from giving it to anybody who
/// asks for any port, or connects from one; a listener that sets `SO_REUSEADDR`, as Rust's do, may bind it all the same. A
/// connection to a reserved port where nobody listens is refused.
///
/// Only Linux shares ports that way. Elsewhere the port is released, as the real host does, in the hope that it stays free.
pub struct ReservedPort {
    address: SocketAddr,
    held: Vec<TcpSocket>,
}

impl ReservedPort {
    /// Any port that is free at both addresses; at the first, if this machine does not have the second.
    pub fn new() -> io::Result<Self> {
        const TRIES: usize = 16;
        let is_taken = |fault: &io::Error| fault.kind() == io::ErrorKind::AddrInUse;
        let mut tries = (1..TRIES).map(|_| Self::any());
        tries.find(|outcome| !outcome.as_ref().is_err_and(is_taken)).unwrap_or_else(Self::any)
    }

    fn any() -> io::Result<Self> {
        let mut reserved = Self::at(0)?;
        match TcpSocket::new_v6().and_then(|socket| bind(socket, (Ipv6Addr::LOCALHOST, reserved.port()).into())) {
            Ok(second) => reserved.held.extend(Some(second).filter(|_| cfg!(target_os = "linux"))),
            Err(fault) if fault.kind() == io::ErrorKind::AddrInUse => return Err(fault),
            Err(_) => {}
        }
        Ok(reserved)
    }

    /// This port, or any for 0, at the first address only. A port is taken only while somebody listens on it or holds it for
    /// himself, not because its last connections are not forgotten yet.
    pub fn at(port: u16) -> io::Result<Self> {
        let socket = bind(TcpSocket::new_v4()?, (Ipv4Addr::LOCALHOST, port).into())?;
        Ok(Self {
            address: socket.local_addr()?,
            held: Some(socket).filter(|_| cfg!(target_os = "linux")).into_iter().collect(),
        })
    }

    /// On 127.0.0.1.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Of both addresses.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

fn bind(socket: TcpSocket, address: SocketAddr) -> io::Result<TcpSocket> {
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
