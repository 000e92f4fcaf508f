//! Behaviour that the recorded cases do not show: the order in time, and several requests on one connection.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::net::TcpListener as StdListener;

use functions_host::{FunctionsHost, Limits, start_in_front_of};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A host, a client connected to it, and where its handler listens.
struct Scene {
    client: TcpStream,
    handler: TcpListener,
    _host: FunctionsHost,
    _root: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let host_json = r#"{"version":"2.0","functionTimeout":"-1","extensions":{"http":{"routePrefix":""}},
            "customHandler":{"description":{"defaultExecutablePath":"handler"},"enableProxyingHttpRequest":true}}"#;
        let function = r#"{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous",
            "route":"mcp"},{"type":"http","direction":"out","name":"res"}]}"#;
        fs::write(root.path().join("host.json"), host_json).unwrap();
        fs::create_dir(root.path().join("mcp")).unwrap();
        fs::write(root.path().join("mcp/function.json"), function).unwrap();
        let handler = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let host = start_in_front_of(handler.local_addr().unwrap(), root.path(), listener, Limits::default()).unwrap();
        let client = TcpStream::connect(address).await.unwrap();
        Self { client, handler, _host: host, _root: root }
    }

    async fn accept(&self) -> TcpStream {
        self.handler.accept().await.unwrap().0
    }
}

#[tokio::test]
async fn a_body_reaches_the_handler_byte_by_byte() {
    let mut scene = Scene::new().await;
    let head = b"POST /mcp HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n";
    scene.client.write_all(head).await.unwrap();
    let mut handler = scene.accept().await;
    read_until(&mut handler, b"\r\n\r\n").await;
    for byte in b'a'..=b'z' {
        scene.client.write_all(&[byte]).await.unwrap();
        assert_eq!(read_until(&mut handler, &[byte, b'\r', b'\n']).await, [b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    }
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_body_arrives_and_the_connection_stays_usable() {
    let mut scene = Scene::new().await;
    scene.client.write_all(b"POST /mcp HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n12").await.unwrap();
    let mut first = scene.accept().await;
    read_until(&mut first, b"\r\n\r\n").await;
    first.write_all(OK).await.unwrap();
    read_until(&mut scene.client, b"ok").await;
    scene.client.write_all(b"34GET /mcp HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let mut second = scene.accept().await;
    assert!(read_until(&mut second, b"\r\n\r\n").await.starts_with(b"GET /mcp HTTP/1.1\r\n"));
    second.write_all(OK).await.unwrap();
    read_until(&mut scene.client, b"ok").await;
}

#[tokio::test]
async fn requests_sent_at_once_are_answered_in_order_over_one_connection_to_the_handler() {
    let mut scene = Scene::new().await;
    let requests =
        b"GET /mcp?1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /mcp?2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n.";
    scene.client.write_all(requests).await.unwrap();
    let mut handler = scene.accept().await;
    for (end, line) in [(&b"\r\n\r\n"[..], &b"GET /mcp?1 "[..]), (b"\r\n\r\n.", b"POST /mcp?2 ")] {
        assert!(read_until(&mut handler, end).await.starts_with(line));
        handler.write_all(OK).await.unwrap();
        read_until(&mut scene.client, b"ok").await;
    }
}

#[tokio::test]
async fn a_client_that_waits_for_100_gets_it() {
    let mut scene = Scene::new().await;
    let head = b"POST /mcp HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
    scene.client.write_all(head).await.unwrap();
    assert_eq!(read_until(&mut scene.client, b"\r\n\r\n").await, b"HTTP/1.1 100 Continue\r\n\r\n");
    scene.client.write_all(b".").await.unwrap();
    let mut handler = scene.accept().await;
    read_until(&mut handler, b"\r\n\r\n.").await;
}

#[tokio::test]
async fn a_client_that_leaves_before_its_answer_is_seen_by_the_handler() {
    let mut scene = Scene::new().await;
    scene.client.write_all(b"GET /mcp HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let mut handler = scene.accept().await;
    read_until(&mut handler, b"\r\n\r\n").await;
    drop(scene.client);
    assert!(matches!(handler.read(&mut [0]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn the_callers_trace_goes_on_in_the_handler() {
    let mut scene = Scene::new().await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let head = format!("GET /mcp HTTP/1.1\r\nHost: h\r\ntraceparent: 00-{trace}-b7ad6b7169203331-01\r\n\r\n");
    scene.client.write_all(head.as_bytes()).await.unwrap();
    let received = read_until(&mut scene.accept().await, b"\r\n\r\n").await;
    let received = String::from_utf8(received).unwrap();
    assert!(received.contains(&format!("\r\ntraceparent: 00-{trace}-")), "{received}");
    assert!(!received.contains("b7ad6b7169203331"), "{received}");
}

async fn read_until(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end) {
        bytes.push(stream.read_u8().await.unwrap());
    }
    bytes
}
