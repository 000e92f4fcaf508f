//! An answer as it comes over the wire.

use std::{collections::HashMap, net::SocketAddr};

use stand_in::wait::HANG_LIMIT;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// The rest of a stream of events.
    pub(crate) stream: Option<TcpStream>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The members of a JSON object that are texts.
    pub(crate) fn members(&self) -> HashMap<String, String> {
        let json: HashMap<String, serde_json::Value> = serde_json::from_str(&self.body).unwrap_or_default();
        json.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
    }
}

/// Sends, and reads to the end, or to the first event of a stream. `None` if the connection is closed without an answer.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    timeout(HANG_LIMIT, exchange(address, request))
        .await
        .unwrap_or_else(|_| panic!("no answer: {}", String::from_utf8_lossy(&request[..request.len().min(2_000)])))
}

async fn exchange(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    let mut connection = TcpStream::connect(address).await.expect("the handler accepts connections");
    // The answer may come, and the connection close, before everything is sent.
    let _ = connection.write_all(request).await;
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
    loop {
        let read = connection.read(&mut buffer).await.unwrap_or(0);
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let is_stream = text.contains("text/event-stream") && text.contains("sessionId=") && text.contains("\n\n");
        if read == 0 || is_stream {
            return parse(&text, is_stream.then_some(connection));
        }
    }
}

fn parse(text: &str, stream: Option<TcpStream>) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Some(Answer { status, headers: lines.filter_map(header).collect(), body: body.to_owned(), stream })
}
