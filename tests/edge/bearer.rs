//! The bearer check of the protected resource (RFC 6750) and its challenge (RFC 9728 §5.1).

use authorization_server::{ground::lifetimes::ACCESS_TOKEN_LIFETIME, state::grant::Status};
use http::{Method, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::rig::{Answer, Edge, ORIGIN, empty, json, request};

/// Each endpoint of the protected resource, and the path of its metadata.
const PROTECTED: [(Method, &str, &str); 7] = [
    (Method::POST, "/mcp", "/mcp"),
    (Method::POST, "/mcp/", "/mcp/"),
    (Method::GET, "/mcp/sse", "/mcp/sse"),
    (Method::GET, "/mcp/sse/", "/mcp/sse/"),
    (Method::POST, "/mcp/sse", "/mcp/sse"),
    (Method::POST, "/mcp/message?sessionId=x", "/mcp/sse"),
    (Method::POST, "/mcp/message/?sessionId=x", "/mcp/sse"),
];

async fn presented(edge: &Edge, method: &Method, path: &str, credentials: &[&str]) -> Answer {
    let request = credentials.iter().fold(request(method.clone(), path), |request, credentials| {
        request.header(header::AUTHORIZATION, *credentials)
    });
    edge.send(empty(request)).await
}

/// A ping, with these credentials.
async fn ping(edge: &Edge, credentials: &str) -> Answer {
    let request = request(Method::POST, "/mcp").header(header::AUTHORIZATION, credentials);
    let request = request.header(header::ACCEPT, "application/json, text/event-stream");
    edge.send(json(request, &json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))).await
}

fn challenge(resource: &str, error: &str) -> String {
    let metadata = format!("resource_metadata=\"{ORIGIN}/.well-known/oauth-protected-resource{resource}\"");
    format!("Bearer {error}{metadata}, scope=\"user.read\"")
}

#[tokio::test]
async fn without_credentials_the_challenge_has_no_error_and_names_the_metadata_of_the_resource() {
    let edge = Edge::new();
    for (method, path, resource) in &PROTECTED {
        for credentials in [&[][..], &["Basic dTpw"], &["DPoP abc"]] {
            let answer = presented(&edge, method, path, credentials).await;
            assert_eq!((answer.status, answer.words()), (401, "no access token".into()), "{path} {credentials:?}");
            assert_eq!(answer.header("www-authenticate"), challenge(resource, ""), "{path}");
        }
    }
}

#[tokio::test]
async fn the_metadata_that_a_challenge_names_is_of_that_resource() {
    let edge = Edge::new();
    for (_, _, resource) in &PROTECTED {
        let document = edge.get(&format!("/.well-known/oauth-protected-resource{resource}")).await;
        assert_eq!(document.json()["resource"], format!("{ORIGIN}{resource}"));
    }
}

#[tokio::test]
async fn a_token_that_is_not_valid_gets_one_answer_whatever_is_wrong_with_it() {
    let edge = Edge::new();
    let refresh_token = edge.sign_in().await.unwrap().tokens.refresh_token;
    let refresh = refresh_token.expose_secret();
    for (method, path, resource) in &PROTECTED {
        for token in ["x", "eyJhbGciOiJub25lIn0.e30.", refresh, &"a".repeat(8_000)] {
            let answer = presented(&edge, method, path, &[&format!("Bearer {token}")]).await;
            assert_eq!((answer.status, answer.words()), (401, "the access token is not valid".into()), "{path}");
            assert_eq!(answer.header("www-authenticate"), challenge(resource, "error=\"invalid_token\", "), "{path}");
        }
    }
}

#[tokio::test]
async fn malformed_or_repeated_credentials_are_an_invalid_request() {
    let edge = Edge::new();
    let token = format!("Bearer {}", edge.access_token().await);
    for (method, path, resource) in &PROTECTED {
        let joined = format!("{token}, {token}");
        for credentials in [&["Bearer"][..], &["Bearer a b"], &["Bearer a,b"], &[""], &[&token, &token], &[&joined]] {
            let answer = presented(&edge, method, path, credentials).await;
            assert_eq!(answer.status, 400, "{path} {credentials:?}");
            assert_eq!(answer.header("www-authenticate"), challenge(resource, "error=\"invalid_request\", "), "{path}");
        }
    }
}

#[tokio::test]
async fn a_token_in_the_query_is_refused_even_beside_a_good_header() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    for (method, path, resource) in &PROTECTED {
        let joint = if path.contains('?') { '&' } else { '?' };
        for query in [format!("access_token={token}"), "%61ccess_token=x".into(), "a=%zz".into()] {
            let path = format!("{path}{joint}{query}");
            let answer = presented(&edge, method, &path, &[&format!("Bearer {token}")]).await;
            assert_eq!(answer.status, 400, "{path}");
            assert_eq!(answer.header("www-authenticate"), challenge(resource, "error=\"invalid_request\", "));
        }
    }
}

#[tokio::test]
async fn the_scheme_is_compared_without_case_and_the_token_is_used() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let answer = ping(&edge, &format!("{scheme} {token}")).await;
        assert_eq!((answer.status, answer.json()["result"].clone()), (200, json!({})), "{scheme}");
    }
}

#[tokio::test]
async fn a_token_ends_with_its_lifetime() {
    let edge = Edge::new();
    let credentials = format!("Bearer {}", edge.access_token().await);
    edge.clock.advance(ACCESS_TOKEN_LIFETIME - time::Duration::SECOND);
    assert_eq!(ping(&edge, &credentials).await.status, 200);
    edge.clock.advance(time::Duration::SECOND);
    let expired = ping(&edge, &credentials).await;
    assert_eq!(expired.status, 401);
    assert_eq!(expired.header("www-authenticate"), challenge("/mcp", "error=\"invalid_token\", "));
}

#[tokio::test]
async fn revoking_a_grant_ends_its_access_token() {
    let edge = Edge::new();
    let signed_in = edge.sign_in().await.unwrap();
    let credentials = format!("Bearer {}", signed_in.tokens.access_token.expose_secret());
    assert_eq!(ping(&edge, &credentials).await.status, 200);
    let token = signed_in.tokens.refresh_token.expose_secret();
    let form = [("client_id", signed_in.client_id.as_str()), ("token", token)];
    let revoked = edge.post("/revoke", &form).await;
    assert_eq!((revoked.status, revoked.body.as_str()), (200, ""));
    assert_eq!(ping(&edge, &credentials).await.status, 401);
}

#[tokio::test]
async fn nothing_that_the_caller_sends_reaches_mcp_without_a_token() {
    let edge = Edge::new();
    let answer = ping(&edge, "Basic dTpw").await;
    assert_eq!((answer.status, answer.words()), (401, "no access token".into()));
}

#[tokio::test]
async fn a_head_with_a_token_is_answered_like_get_and_changes_nothing() {
    let edge = Edge::new();
    let signed_in = edge.sign_in().await.unwrap();
    let head = async |token: &SecretString| {
        let token = format!("Bearer {}", token.expose_secret());
        presented(&edge, &Method::HEAD, "/mcp/sse", &[&token]).await.status
    };
    assert_eq!(head(&signed_in.tokens.access_token).await, 200);
    assert!(!edge.only_grant().unwrap().family.seen, "the client is not known to have its tokens");
    let superseded = edge.refresh(&signed_in.client_id, &signed_in.tokens.refresh_token).await.unwrap();
    edge.clock.advance(time::Duration::seconds(61));
    edge.refresh(&signed_in.client_id, &signed_in.tokens.refresh_token).await.unwrap();
    assert_eq!(head(&superseded.access_token).await, 401);
    assert_eq!(edge.only_grant().unwrap().status, Status::Active);
    assert_eq!(head(&"unknown".into()).await, 401);
    edge.set_store_down(true);
    assert_eq!(head(&signed_in.tokens.access_token).await, 503);
}
