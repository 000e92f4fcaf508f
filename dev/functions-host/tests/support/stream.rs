//! An answer that the handler gives byte by byte.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::ask::send;

/// A client whose answer has begun, and the gate through which the handler gets what it answers.
pub(crate) async fn open(url: &str, gate: &TcpListener) -> (TcpStream, TcpStream) {
    let mut stream = send(url, "GET /stream", "").await;
    let (gate, _) = gate.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200 OK\r\n"));
    (stream, gate)
}

/// Each byte of the gate is a chunk of the answer at once.
pub(crate) async fn arrives_byte_by_byte(gate: &mut TcpStream, stream: &mut TcpStream) {
    for byte in b'a'..=b'z' {
        gate.write_all(&[byte]).await.unwrap();
        let mut chunk = [0; 6];
        stream.read_exact(&mut chunk).await.unwrap();
        assert_eq!(chunk, *format!("1\r\n{}\r\n", char::from(byte)).as_bytes());
    }
}
