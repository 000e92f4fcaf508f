//! The proof that a request came through the gateway.

use std::sync::atomic::Ordering;

use authorization_server::ground::EventName;
use http::{Method, header};
use remote_auth_mcp::http::endpoints;
use serde_json::json;
use testkit::EventLog;

use crate::{
    rig::{Answer, Edge, empty, request},
    stand_ins::GATEWAY_TOKEN,
};

const AUTHORIZATION: &str = "x-gateway-authorization";

async fn with(edge: &Edge, method: Method, path: &str, credentials: &[&str]) -> Answer {
    let request = credentials
        .iter()
        .fold(request(method, path), |request, credentials| request.header(AUTHORIZATION, *credentials));
    edge.send(empty(request)).await
}

fn good() -> String {
    format!("Bearer {GATEWAY_TOKEN}")
}

fn shown(edge: &Edge) -> Vec<String> {
    edge.gateway.as_ref().unwrap().shown.lock().unwrap().clone()
}

#[tokio::test]
async fn without_the_gateways_token_every_path_and_method_is_closed() {
    let edge = Edge::behind_gateway();
    for path in endpoints().flat_map(|endpoint| endpoint.paths).chain(["/nowhere".into(), "/x".into()]) {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::DELETE] {
            let answer = with(&edge, method.clone(), &path, &[]).await;
            assert_eq!(answer.status, 403, "{method} {path}");
            assert_eq!(answer.header("allow"), "", "{method} {path}");
        }
    }
    assert_eq!((edge.store.operations(), edge.keyring.operations(), shown(&edge).len()), (0, 0, 0));
}

#[tokio::test]
async fn past_the_gateway_a_target_that_is_no_path_is_refused_as_any_other() {
    let edge = Edge::behind_gateway();
    for (method, target) in [(Method::OPTIONS, "*"), (Method::CONNECT, "x:1"), (Method::GET, "http://y/health")] {
        assert_eq!(with(&edge, method.clone(), target, &[]).await.status, 403, "{method} {target}");
        assert_eq!(edge.audit.names(), [EventName::PastTheGateway], "{method} {target}");
        assert_eq!(with(&edge, method.clone(), target, &[&good()]).await.status, 400, "{method} {target}");
        assert_eq!(edge.audit.names(), [EventName::RequestRefused], "{method} {target}");
    }
}

#[tokio::test]
async fn the_refusal_says_where_the_server_is_reached_and_no_more() {
    let edge = Edge::behind_gateway();
    let words = "this server is reached through its gateway only";
    for credentials in [&[][..], &["Bearer forged"], &["Basic dTpw"]] {
        for path in endpoints().flat_map(|endpoint| endpoint.paths).chain(["/nowhere".into()]) {
            let answer = with(&edge, Method::GET, &path, credentials).await;
            assert_eq!(answer.status, 403, "{path} {credentials:?}");
            if path.starts_with("/mcp") {
                assert_eq!(answer.words(), words, "{path}");
            } else {
                let expected = json!({ "error": "access_denied", "error_description": words });
                assert_eq!(answer.json(), expected, "{path}");
            }
            assert_eq!((answer.header("cache-control"), answer.header("retry-after")), ("no-store", ""));
        }
    }
}

#[tokio::test]
async fn only_one_bearer_token_in_the_gateways_own_header_counts() {
    let edge = Edge::behind_gateway();
    let good = good();
    assert_eq!(with(&edge, Method::GET, "/health", &[&good]).await.status, 200);
    for credentials in [&[good.as_str(), good.as_str()][..], &[&good, "Bearer x"], &[GATEWAY_TOKEN], &["Bearer"], &[""]]
    {
        assert_eq!(with(&edge, Method::GET, "/health", credentials).await.status, 403, "{credentials:?}");
    }
    let elsewhere = request(Method::GET, "/health").header(header::AUTHORIZATION, good);
    assert_eq!(edge.send(empty(elsewhere)).await.status, 403, "the client's header is another");
    assert_eq!(shown(&edge), [GATEWAY_TOKEN]);
}

#[tokio::test]
async fn a_token_that_cannot_be_verified_now_is_503_on_every_endpoint() {
    let edge = Edge::behind_gateway();
    edge.gateway.as_ref().unwrap().down.store(true, Ordering::SeqCst);
    for endpoint in endpoints() {
        for path in &endpoint.paths {
            let answer = with(&edge, Method::GET, path, &[&good()]).await;
            assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{path}");
            if endpoint.page {
                assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
                assert!(answer.body.contains("Temporarily unavailable"), "{path}: {}", answer.body);
            } else if path.starts_with("/mcp") {
                assert!(answer.words().starts_with("a service behind this server does not answer"), "{path}");
            } else {
                assert_eq!(answer.error(), "temporarily_unavailable", "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_probe_of_the_functions_host_passes_by_the_gateway_and_nothing_else_does() {
    let edge = Edge::behind_gateway();
    let probe = with(&edge, Method::GET, "/", &[]).await;
    assert_eq!((probe.status, probe.body.as_str()), (200, "ready\n"));
    for (method, path) in [(Method::POST, "/"), (Method::HEAD, "/"), (Method::GET, "/?x=1&y"), (Method::GET, "//")] {
        let expected = if path.starts_with("/?") { 200 } else { 403 };
        assert_eq!(with(&edge, method.clone(), path, &[]).await.status, expected, "{method} {path}");
    }
    assert_eq!(shown(&edge), [""; 0]);
}

#[tokio::test]
async fn through_the_gateway_the_other_checks_are_made() {
    let edge = Edge::behind_gateway();
    let passed = |method, path| request(method, path).header(AUTHORIZATION, good());
    let foreign = passed(Method::POST, "/mcp").header(header::ORIGIN, "https://evil.example");
    assert_eq!(edge.send(empty(foreign)).await.status, 403);
    assert_eq!(edge.send(empty(passed(Method::POST, "/mcp"))).await.status, 401);
    assert_eq!(edge.send(empty(passed(Method::PUT, "/mcp"))).await.status, 405);
    assert_eq!(edge.send(empty(passed(Method::GET, "/nowhere"))).await.status, 404);
}

#[tokio::test]
async fn without_a_gateway_its_header_is_not_looked_at() {
    let edge = Edge::new();
    for credentials in [&["Bearer forged"][..], &["a", "b"]] {
        assert_eq!(with(&edge, Method::GET, "/health", credentials).await.status, 200);
    }
}

#[tokio::test]
async fn a_flood_past_the_gateway_costs_one_line_a_second_for_each_reason() {
    let edge = Edge::behind_gateway();
    let (log, _guard) = EventLog::start();
    for _ in 0..100 {
        with(&edge, Method::GET, "/health", &[]).await;
        with(&edge, Method::GET, "/health", &["Bearer forged"]).await;
    }
    let lines = |reason: &str| log.events().iter().filter(|line| line.contains(reason)).count();
    assert_eq!((lines("no bearer token"), lines("invalid")), (1, 1), "{:?}", log.events());
    edge.clock.advance(time::Duration::SECOND);
    with(&edge, Method::GET, "/health", &[]).await;
    let events = log.events();
    let last = events.iter().rfind(|line| line.contains("no bearer token")).unwrap();
    assert!(last.contains("requests=100"), "{last}");
}

#[tokio::test]
async fn no_token_of_the_gateway_is_logged() {
    let edge = Edge::behind_gateway();
    let (log, _guard) = EventLog::start();
    with(&edge, Method::GET, "/health", &[&good()]).await;
    with(&edge, Method::GET, "/health", &["Bearer forged-token"]).await;
    let events = log.events();
    assert!(events.iter().any(|line| line.contains("request")), "{events:?}");
    assert!(!events.iter().any(|line| line.contains(GATEWAY_TOKEN) || line.contains("forged-token")), "{events:?}");
}
