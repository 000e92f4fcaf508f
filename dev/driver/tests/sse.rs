//! Server-sent events, as they come.
#![cfg(test)]

use driver::sse::{Events, SseEvent, events_in};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// An answer with these bytes so far, and its connection.
async fn answer(sent: &str) -> (Events, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let request = tokio::spawn(reqwest::get(format!("http://{}", listener.local_addr().unwrap())));
    let (mut connection, _) = listener.accept().await.unwrap();
    // The request fits into one packet, and its end does not matter.
    assert!(connection.read(&mut [0; 4096]).await.unwrap() > 0);
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    connection.write_all(format!("{head}{sent}").as_bytes()).await.unwrap();
    (Events::of(request.await.unwrap().unwrap()), connection)
}

fn message(name: &str, data: &str) -> (String, String) {
    (name.to_owned(), data.to_owned())
}

#[tokio::test]
async fn an_event_is_there_when_it_is_complete() {
    let (mut events, mut connection) = answer("event: endpoint\ndata: /mcp/mess").await;
    assert_eq!(events.next().await, Ok(SseEvent::Bytes));
    connection.write_all(b"age?sessionId=1\n\n: keep-alive\n\ndata: {}\n\n").await.unwrap();
    assert_eq!(events.message().await.unwrap(), message("endpoint", "/mcp/message?sessionId=1"));
    assert_eq!(events.message().await.unwrap(), message("message", "{}"));
    connection.write_all(b": keep-alive\n\n").await.unwrap();
    assert_eq!(events.next().await, Ok(SseEvent::Bytes), "a comment shows that the connection is alive");
    connection.shutdown().await.unwrap();
    assert_eq!(events.message().await, Err("the stream was ended".to_owned()));
}

#[test]
fn only_the_complete_events_of_a_text_are_read() {
    let events = [message("endpoint", "/x"), message("message", "1\n2")];
    for rest in ["", "data: 3\n", "\r\nf\r\ndata: 4\n\n"] {
        let text = format!(": comment\n\nevent: endpoint\ndata: /x\n\ndata: 1\ndata: 2\n\n{rest}");
        assert_eq!(events_in(&text), events, "{rest:?}");
    }
    assert_eq!(events_in("{}\n\n"), []);
}
