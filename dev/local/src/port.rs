//! The public port is bound before anything starts, so that the public URL is known.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use crate::error::StartError;

/// A listener on 127.0.0.1, and the port it has: the one asked for, or any for 0.
pub(crate) fn bind(port: u16) -> Result<(TcpListener, u16), StartError> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AddrInUse => StartError::PortTaken(port),
        _ => StartError::Listen(port, error),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?.port();
    Ok((listener, bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_0_gives_a_free_one_and_names_it() {
        let (listener, port) = bind(0).unwrap();
        assert_ne!(port, 0);
        assert_eq!(listener.local_addr().unwrap().port(), port);
    }

    #[test]
    fn a_taken_port_is_its_own_error() {
        let (_held, port) = bind(0).unwrap();
        assert!(matches!(bind(port), Err(StartError::PortTaken(taken)) if taken == port));
    }
}
