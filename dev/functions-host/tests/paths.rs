//! Which paths lead to the handler, and what becomes of a path on its way there.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::net::TcpListener as StdListener;

use functions_host::{FunctionsHost, Limits, start_in_front_of};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A host with these routes, in front of a handler that answers with the target that it got.
struct Scene {
    host: FunctionsHost,
    _handler: JoinSet<()>,
    _root: TempDir,
}

impl Scene {
    async fn with(routes: &[&str]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let host_json = r#"{"version":"2.0","functionTimeout":"-1","extensions":{"http":{"routePrefix":""}},
            "customHandler":{"description":{"defaultExecutablePath":"handler"},"enableProxyingHttpRequest":true}}"#;
        fs::write(root.path().join("host.json"), host_json).unwrap();
        for (number, route) in routes.iter().enumerate() {
            let function = format!(
                r#"{{"bindings":[{{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous",
                "route":"{route}"}},{{"type":"http","direction":"out","name":"res"}}]}}"#
            );
            fs::create_dir(root.path().join(number.to_string())).unwrap();
            fs::write(root.path().join(number.to_string()).join("function.json"), function).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, mut handler) = (listener.local_addr().unwrap(), JoinSet::new());
        handler.spawn(answer_with_targets(listener));
        let public = StdListener::bind("127.0.0.1:0").unwrap();
        let host = start_in_front_of(address, root.path(), public, Limits::default()).unwrap();
        Self { host, _handler: handler, _root: root }
    }

    /// The status of the answer, and the target that the handler got; empty if it got nothing.
    async fn get(&self, target: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.host.url().strip_prefix("http://").unwrap()).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    async fn check(&self, cases: &[(&str, &str)]) {
        for (sent, received) in cases {
            assert_eq!(self.get(sent).await, (200, (*received).to_owned()), "{sent}");
        }
    }
}

async fn answer_with_targets(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let target = str::from_utf8(&head).unwrap().split(' ').nth(1).unwrap();
        let length = target.len();
        let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{target}");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn a_literal_matches_in_any_letter_case_and_with_one_trailing_slash() {
    let scene = Scene::with(&["mcp/Sse"]).await;
    for path in ["/mcp/sse", "/MCP/SSE", "/mcp/sse/"] {
        assert_eq!(scene.get(path).await.0, 200, "{path}");
    }
    for path in ["/mcp", "/mcp/sse/x", "//mcp/sse", "/mcp//sse", "/mcp/sse//", "/mcp/ssE%CC%81"] {
        assert_eq!(scene.get(path).await, (404, String::new()), "{path}");
    }
}

#[tokio::test]
async fn a_catch_all_matches_any_rest_and_none() {
    let scene = Scene::with(&["a/{*path}"]).await;
    for path in ["/a", "/a/", "/a/b", "/a/b/c", "/a/b%2Fc"] {
        assert_eq!(scene.get(path).await.0, 200, "{path}");
    }
    for path in ["/ab", "/b/a"] {
        assert_eq!(scene.get(path).await, (404, String::new()), "{path}");
    }
}

#[tokio::test]
async fn escapes_become_characters_except_the_slash_and_what_may_not_stand_is_escaped_anew() {
    let scene = Scene::with(&["a/{*path}"]).await;
    let cases = [
        ("/%61/token", "/a/token"),
        ("/a/b%20c%2Bd;e=f", "/a/b%20c+d;e=f"),
        ("/a/%C3%A9%e2%82%ac", "/a/%C3%A9%E2%82%AC"),
        ("/a/b%2Fc%2fd", "/a/b%252Fc%252fd"),
        ("/a/%zz%4", "/a/%25zz%254"),
        ("/a/%C3%28", "/a/%25C3("),
        ("/a/%FF", "/a/%25FF"),
        ("/a/100%25", "/a/100%25"),
    ];
    scene.check(&cases).await;
    assert_eq!(scene.get("/a/token%00").await, (400, String::new()));
}

#[tokio::test]
async fn dot_segments_are_resolved_also_when_escaped() {
    let scene = Scene::with(&["a/{*path}"]).await;
    let cases = [
        ("/x/../a", "/a"),
        ("/a/x/%2e%2e/b", "/a/b"),
        ("/a/./b", "/a/b"),
        ("/../../a/b", "/a/b"),
        ("/a/b/c/..", "/a/b/"),
        ("/a/.", "/a/"),
        ("/a//b", "/a//b"),
    ];
    scene.check(&cases).await;
}

#[tokio::test]
async fn a_query_keeps_its_escapes_and_reserved_characters() {
    let scene = Scene::with(&["a/{*path}"]).await;
    let cases = [
        ("/a?a=%2f+%zz&b=[::1]:/?'", "/a?a=%2f+%zz&b=[::1]:/?'"),
        ("/a?{|}^`\"<>\\", "/a?%7B%7C%7D%5E%60%22%3C%3E%5C"),
    ];
    scene.check(&cases).await;
}
