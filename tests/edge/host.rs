//! The check of Host, against DNS rebinding, where there is no gateway.

use http::{Method, Request, header};
use http_body_util::Full;
use remote_auth_mcp::http::endpoints;

use crate::{
    rig::{Answer, Edge, HOST, empty},
    stand_ins::GATEWAY_TOKEN,
};

async fn by_hosts(edge: &Edge, method: Method, path: &str, hosts: &[&str]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for host in hosts {
        request = request.header(header::HOST, *host);
    }
    edge.send(empty(request)).await
}

async fn status(edge: &Edge, host: &str) -> u16 {
    by_hosts(edge, Method::GET, "/health", &[host]).await.status
}

#[tokio::test]
async fn our_own_host_and_loopback_on_any_port_are_answered() {
    let edge = Edge::new();
    for host in [HOST, "MCP.Example.COM", "127.0.0.1", "127.0.0.1:7071", "localhost:1", "LocalHost", "[::1]:8080"] {
        assert_eq!(status(&edge, host).await, 200, "{host}");
    }
}

#[tokio::test]
async fn a_name_that_only_looks_like_ours_or_like_loopback_is_refused() {
    let edge = Edge::new();
    for host in [
        "evil.example",
        "mcp.example.com.evil.example",
        "evil-mcp.example.com",
        "example.com",
        "mcp.example.com@evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "a.localhost",
        "127.0.0.2",
        "0.0.0.0",
        "10.0.0.1",
        "[::2]",
        "[::1",
        "127.0.0.1/evil.example",
        "127.0.0.1?evil.example",
        "127.0.0.1#evil.example",
        "127.0.0.1\\evil.example",
        "127.0.0.1/",
        "127.0.0.1, evil.example",
        "127.0.0.1:99999",
        "%31%32%37.0.0.1",
        " ",
        "",
    ] {
        assert_eq!(status(&edge, host).await, 403, "{host:?}");
    }
}

#[tokio::test]
async fn there_must_be_one_host() {
    let edge = Edge::new();
    for hosts in [&[][..], &[HOST, HOST], &[HOST, "evil.example"]] {
        assert_eq!(by_hosts(&edge, Method::GET, "/health", hosts).await.status, 403, "{hosts:?}");
    }
}

#[tokio::test]
async fn a_host_that_is_no_text_is_refused() {
    let edge = Edge::new();
    let request =
        Request::get("/health").header(header::HOST, http::HeaderValue::from_bytes(b"127.0.0.1\xff").unwrap());
    assert_eq!(edge.send(request.body(Full::default()).unwrap()).await.status, 403);
}

#[tokio::test]
async fn every_endpoint_refuses_a_foreign_host_before_all_else() {
    let edge = Edge::new();
    edge.set_store_down(true);
    for path in endpoints().flat_map(|endpoint| endpoint.paths) {
        for method in [Method::GET, Method::POST, Method::OPTIONS, Method::DELETE] {
            let answer = by_hosts(&edge, method.clone(), &path, &["evil.example"]).await;
            assert_eq!(answer.status, 403, "{method} {path}");
            let words = "the Host header does not name this server";
            if path.starts_with("/mcp") {
                assert_eq!(answer.words(), words, "{method} {path}");
            } else {
                assert_eq!(
                    (answer.body.as_str(), answer.header("content-type")),
                    (&*format!("{words}\n"), "text/plain")
                );
            }
            assert_eq!(answer.header("www-authenticate"), "");
        }
    }
    assert_eq!((edge.store.operations(), edge.keyring.operations()), (0, 0));
}

#[tokio::test]
async fn behind_the_gateway_its_token_takes_the_place_of_the_host() {
    let edge = Edge::behind_gateway();
    let token = format!("Bearer {GATEWAY_TOKEN}");
    for host in [&[][..], &["evil.example"], &["a", "b"]] {
        let mut request = Request::get("/health").header("x-gateway-authorization", &token);
        for host in host {
            request = request.header(header::HOST, *host);
        }
        assert_eq!(edge.send(empty(request)).await.status, 200, "{host:?}");
    }
}

#[tokio::test]
async fn the_readiness_probe_of_the_functions_host_needs_no_host() {
    let edge = Edge::new();
    let answer = by_hosts(&edge, Method::GET, "/", &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ready\n"));
    for (method, path) in [(Method::POST, "/"), (Method::HEAD, "/"), (Method::GET, "//"), (Method::GET, "/index.html")]
    {
        assert_eq!(by_hosts(&edge, method.clone(), path, &[HOST]).await.status, 404, "{method} {path}");
    }
}
