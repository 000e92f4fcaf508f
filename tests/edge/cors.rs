//! Which scripts may call and read, on every endpoint (Fetch, CORS protocol).

use http::{Method, header};
use remote_auth_mcp::http::endpoints;
use serde_json::json;

use crate::rig::{ALLOWED_ORIGIN, Answer, Edge, ORIGIN, empty, json, request};

const STRANGER: &str = "https://evil.example";
const MCP: [(Method, &str); 3] = [(Method::POST, "/mcp"), (Method::GET, "/mcp/sse"), (Method::POST, "/mcp/message")];
const OAUTH: [(Method, &str); 5] = [
    (Method::POST, "/register"),
    (Method::POST, "/token"),
    (Method::POST, "/revoke"),
    (Method::GET, "/.well-known/oauth-authorization-server"),
    (Method::GET, "/.well-known/oauth-protected-resource/mcp"),
];
const PAGES: [&str; 6] = ["/authorize", "/consent", "/oauth-callback", "/connections", "/operator", "/health"];

async fn from(edge: &Edge, method: &Method, path: &str, origin: &str) -> Answer {
    edge.send(empty(request(method.clone(), path).header(header::ORIGIN, origin))).await
}

fn of_cors(answer: &Answer) -> Vec<&str> {
    let names = answer.headers.keys().map(header::HeaderName::as_str);
    names.filter(|name| name.starts_with("access-control-")).collect()
}

#[test]
fn every_endpoint_is_in_one_of_the_three_lists() {
    let mut listed: Vec<&str> = MCP.iter().chain(&OAUTH).map(|(_, path)| *path).chain(PAGES).collect();
    listed.extend(["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp/sse"]);
    listed.sort_unstable();
    let mut served: Vec<String> = endpoints().flat_map(|endpoint| endpoint.paths).collect();
    served.sort_unstable();
    assert_eq!(listed, served);
}

#[tokio::test]
async fn the_mcp_endpoints_refuse_a_foreign_origin_before_they_read_a_token() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let asked = (edge.store.operations(), edge.keyring.operations());
    for (method, path) in &MCP {
        for method in [method, &Method::OPTIONS, &Method::DELETE] {
            let request = request(method.clone(), path).header(header::ORIGIN, STRANGER);
            let answer = edge.send(empty(request.header(header::AUTHORIZATION, format!("Bearer {token}")))).await;
            assert_eq!((answer.status, answer.words()), (403, "this origin may not call this server".into()), "{path}");
            assert_eq!(of_cors(&answer), [""; 0], "{method} {path}");
        }
    }
    assert_eq!((edge.store.operations(), edge.keyring.operations()), asked);
}

#[tokio::test]
async fn a_foreign_origin_is_refused_even_beside_a_good_one() {
    let edge = Edge::new();
    let two = request(Method::POST, "/mcp").header(header::ORIGIN, STRANGER).header(header::ORIGIN, ORIGIN);
    assert_eq!(edge.send(empty(two)).await.status, 403);
}

#[tokio::test]
async fn the_mcp_endpoints_name_the_origin_that_may_read_and_tell_caches_so() {
    let edge = Edge::new();
    for origin in [ORIGIN, ALLOWED_ORIGIN, "http://localhost:6274", "http://127.0.0.1:1", "http://[::1]:5173"] {
        for (method, path) in &MCP {
            let answer = from(&edge, method, path, origin).await;
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, origin), "{path}");
            assert_eq!(answer.header("vary"), "origin", "{path}");
            for name in ["www-authenticate", "mcp-session-id", "retry-after"] {
                assert!(answer.header("access-control-expose-headers").contains(name), "{name} of {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_configured_origin_is_compared_as_it_is() {
    let edge = Edge::new();
    for origin in [
        "https://APP.example.com",
        "https://app.example.com:443",
        "https://app.example.com/",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://app.example.com https://evil.example",
        "null",
    ] {
        assert_eq!(from(&edge, &Method::POST, "/mcp", origin).await.status, 403, "{origin}");
    }
}

#[tokio::test]
async fn every_origin_may_read_the_oauth_endpoints_but_with_no_credentials() {
    let edge = Edge::new();
    for (method, path) in &OAUTH {
        for origin in [STRANGER, ORIGIN, "null"] {
            let answer = from(&edge, method, path, origin).await;
            assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
            assert_eq!(answer.header("vary"), "", "one answer for all: {path}");
            assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
        }
    }
}

#[tokio::test]
async fn no_script_of_another_origin_reads_a_page() {
    let edge = Edge::new();
    for path in PAGES {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            for origin in [STRANGER, ALLOWED_ORIGIN, ORIGIN] {
                assert_eq!(of_cors(&from(&edge, &method, path, origin).await), [""; 0], "{method} {path} {origin}");
            }
        }
    }
}

#[tokio::test]
async fn a_preflight_names_the_methods_and_headers_of_its_endpoint() {
    let edge = Edge::new();
    for endpoint in endpoints() {
        let path = endpoint.paths.last().unwrap();
        if PAGES.contains(&path.as_str()) {
            continue;
        }
        let answer = from(&edge, &Method::OPTIONS, path, ORIGIN).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{path}");
        let methods = format!("{}, OPTIONS", endpoint.methods.join(", "));
        assert_eq!(answer.header("access-control-allow-methods"), methods, "{path}");
        assert_eq!(answer.header("access-control-max-age"), "600", "{path}");
        for name in ["authorization", "content-type", "mcp-protocol-version", "mcp-session-id", "last-event-id"] {
            assert!(answer.header("access-control-allow-headers").contains(name), "{name} of {path}");
        }
    }
}

#[tokio::test]
async fn options_without_an_origin_are_no_preflight_where_the_origin_decides() {
    let edge = Edge::new();
    for endpoint in endpoints() {
        let path = &endpoint.paths[0];
        let answer = edge.send(empty(request(Method::OPTIONS, path))).await;
        assert_eq!(answer.status, 204, "{path}");
        assert_eq!(answer.header("allow"), format!("{}, OPTIONS", endpoint.methods.join(", ")), "{path}");
        let for_all = OAUTH.iter().any(|(_, other)| path == other) || path.starts_with("/.well-known/");
        assert_eq!(answer.header("access-control-allow-origin"), if for_all { "*" } else { "" }, "{path}");
        assert_eq!(of_cors(&answer).is_empty(), !for_all, "{path}");
    }
}

#[tokio::test]
async fn a_script_can_read_every_refusal_that_it_may_have_to_show() {
    let edge = Edge::new();
    let cross_origin = |method, path| request(method, path).header(header::ORIGIN, STRANGER);
    let malformed = edge.send(empty(cross_origin(Method::POST, "/token"))).await;
    let not_allowed = edge.send(empty(cross_origin(Method::GET, "/token"))).await;
    edge.set_store_down(true);
    let metadata = json!({ "redirect_uris": ["https://client.example/cb"] });
    let outage = edge.send(json(cross_origin(Method::POST, "/register"), &metadata)).await;
    assert_eq!([malformed.status, not_allowed.status, outage.status], [400, 405, 503]);
    for answer in [malformed, not_allowed, outage] {
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{}", answer.status);
    }
}
