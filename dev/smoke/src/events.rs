//! A stream of events, as the HTML standard defines `text/event-stream`, as far as servers of MCP use it.

use reqwest::Response;

use crate::server::chain;

/// Something that came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A line that begins with a colon: it only keeps the connection open.
    Comment,
    Message {
        name: String,
        data: String,
    },
}

/// The events of an answer.
pub(crate) struct Events {
    response: Response,
    unread: Vec<u8>,
}

impl Events {
    pub(crate) fn of(response: Response) -> Self {
        Self { response, unread: Vec::new() }
    }

    /// The next one, as soon as all of it is there. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Result<Event, String> {
        loop {
            if let Some(event) = take(&mut self.unread) {
                return Ok(event);
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.unread.extend_from_slice(&chunk),
                Ok(None) => return Err("the stream was ended".to_owned()),
                Err(error) => return Err(format!("the stream broke off: {}", chain(error))),
            }
        }
    }
}

/// Takes everything up to the first empty line.
fn take(unread: &mut Vec<u8>) -> Option<Event> {
    let end = unread.windows(2).position(|pair| pair == b"\n\n")?;
    let block: Vec<u8> = unread.drain(..end + 2).collect();
    let block = String::from_utf8_lossy(&block);
    let (mut name, mut data) = ("message", Vec::new());
    for line in block.lines() {
        match line.split_once(':') {
            Some(("event", value)) => name = value.trim_start(),
            Some(("data", value)) => data.push(value.strip_prefix(' ').unwrap_or(value)),
            _ => {}
        }
    }
    if data.is_empty() {
        return Some(Event::Comment);
    }
    Some(Event::Message { name: name.to_owned(), data: data.join("\n") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_taken_when_it_is_complete() {
        let mut unread = b"event: endpoint\ndata: /mcp/mess".to_vec();
        assert_eq!(take(&mut unread), None);
        unread.extend_from_slice(b"age?sessionId=1\n\n: keep-alive\n\ndata: {}\n\n");
        let message = |name: &str, data: &str| Event::Message { name: name.to_owned(), data: data.to_owned() };
        assert_eq!(take(&mut unread), Some(message("endpoint", "/mcp/message?sessionId=1")));
        assert_eq!(take(&mut unread), Some(Event::Comment));
        assert_eq!(take(&mut unread), Some(message("message", "{}")));
        assert_eq!((take(&mut unread), unread.len()), (None, 0));
    }
}
