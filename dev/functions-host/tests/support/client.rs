//! A client that sends bytes and compares what comes back with the recording.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::cases::{After, Case};
use crate::message::{bytes, compare, fill, read_head};
use crate::recorder::Recorder;

pub(crate) async fn talk(case: &Case, host: SocketAddr, recorder: &Recorder) -> Result<(), String> {
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(&case.sent()).await.unwrap();
    if case.client_received.is_empty() {
        return nothing_comes(&mut stream).await;
    }
    let head = read_head(&mut stream).await.map_err(|fault| format!("no answer: {fault}"))?;
    let (expected, _) = case.client_received.split_once("\r\n\r\n").unwrap();
    compare(&fill(expected), &head, recorder.address.port())?;
    for arrival in case.arrivals() {
        let body = arrival.split_once("\r\n\r\n").filter(|(head, _)| head.starts_with("HTTP/"));
        let expected = bytes(body.map_or(arrival, |(_, body)| body));
        let mut received = vec![0; expected.len()];
        stream.read_exact(&mut received).await.map_err(|fault| format!("the body ends early: {fault}"))?;
        if received != expected {
            return Err(format!("the client got {:?}", String::from_utf8_lossy(&received)));
        }
        recorder.client_has_it();
    }
    match case.after() {
        After::TheClientLeaves => Ok(()),
        After::StaysOpen => is_open(stream).await,
        After::Closed => ends(stream, |end| matches!(end, Ok(0))).await,
        After::Reset => ends(stream, |end| end.as_ref().is_err_and(is_reset)).await,
    }
}

/// On a paused clock, this time passes when neither side has anything more to do.
async fn nothing_comes(stream: &mut TcpStream) -> Result<(), String> {
    match timeout(Duration::from_millis(300), stream.read(&mut [0])).await {
        Err(_) => Ok(()),
        Ok(came) => Err(format!("something came: {came:?}")),
    }
}

/// The next answer on the connection is the host's own page: nothing else came, and it is open.
async fn is_open(mut stream: TcpStream) -> Result<(), String> {
    let answer = async {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await?;
        read_head(&mut stream).await
    };
    match answer.await {
        Ok(head) if head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("text/html") => Ok(()),
        Ok(head) => Err(format!("more came: {head:?}")),
        Err(fault) => Err(format!("the connection is not open: {fault}")),
    }
}

async fn ends(mut stream: TcpStream, expected: fn(&io::Result<usize>) -> bool) -> Result<(), String> {
    match stream.read(&mut [0]).await {
        end if expected(&end) => Ok(()),
        end => Err(format!("the connection does not end as recorded: {end:?}")),
    }
}

fn is_reset(fault: &io::Error) -> bool {
    fault.kind() == io::ErrorKind::ConnectionReset
}
