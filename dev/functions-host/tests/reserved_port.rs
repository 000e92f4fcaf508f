//! A port that nobody else is given.

#![cfg(test)]

use std::io;
use std::net::{Ipv6Addr, TcpListener, TcpStream};

use functions_host::ReservedPort;
use tokio::net::TcpSocket;

#[test]
fn its_owner_binds_it_again_and_again() {
    let reserved = ReservedPort::new().unwrap();
    for _ in 0..2 {
        let listener = TcpListener::bind(reserved.address()).unwrap();
        let client = TcpStream::connect(reserved.address()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert_eq!(accepted.peer_addr().unwrap(), client.local_addr().unwrap());
        drop(listener);
        let fault = TcpStream::connect(reserved.address()).unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::ConnectionRefused);
    }
}

#[tokio::test]
async fn a_port_asked_for_is_given_unless_somebody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(ReservedPort::at(port).err().unwrap().kind(), io::ErrorKind::AddrInUse);
    drop(listener);
    assert_eq!(ReservedPort::at(port).unwrap().port(), port);
    assert_ne!(ReservedPort::at(0).unwrap().port(), 0);
}

/// A program that binds the port without sharing it gets an error.
#[cfg(target_os = "linux")]
#[test]
fn it_is_nobody_elses() {
    let reserved = ReservedPort::new().unwrap();
    let first = TcpSocket::new_v4().unwrap().bind(reserved.address());
    assert_eq!(first.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    let second = TcpSocket::new_v6().and_then(|socket| socket.bind((Ipv6Addr::LOCALHOST, reserved.port()).into()));
    second.unwrap_err();
}
