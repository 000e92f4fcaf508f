//! A dependency is down: each endpoint says so in its own form, asks to come back, and loses nothing.

use http::{Method, header};
use serde_json::json;
use testkit::Fault;

use crate::{
    browser::{Browser, authorize, callback},
    rig::{Answer, Edge, empty, json, request},
};

fn is_json_outage(answer: &Answer) -> bool {
    (answer.status, answer.error().as_str(), answer.header("retry-after")) == (503, "temporarily_unavailable", "5")
}

fn is_mcp_outage(answer: &Answer) -> bool {
    let words = "a service behind this server does not answer; try again in a few seconds";
    (answer.status, answer.words().as_str(), answer.header("retry-after")) == (503, words, "5")
}

fn is_page_outage(answer: &Answer) -> bool {
    let is_page = answer.header("content-type") == "text/html; charset=utf-8";
    let page = is_page && answer.body.contains("Temporarily unavailable");
    page && (answer.status, answer.header("retry-after"), answer.header("location")) == (503, "5", "")
}

async fn with_token(edge: &Edge, method: Method, path: &str, token: &str) -> Answer {
    let request = request(method, path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    edge.send(json(request, &json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))).await
}

#[tokio::test]
async fn without_the_store_the_oauth_endpoints_are_503_in_json() {
    let edge = Edge::new();
    let client_id = edge.register().await.unwrap();
    let code = edge.code(&client_id).await.unwrap();
    let code = secrecy::ExposeSecret::expose_secret(&code).to_owned();
    edge.set_store_down(true);
    let metadata = json!({ "redirect_uris": ["https://client.example/cb"] });
    let registration = edge.send(json(request(Method::POST, "/register"), &metadata)).await;
    assert!(is_json_outage(&registration), "{}", registration.body);
    let redemption = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id.as_str()),
        ("code", &code),
        ("redirect_uri", testkit::REDIRECT_URI),
        ("code_verifier", testkit::VERIFIER),
    ];
    let redeemed = edge.post("/token", &redemption).await;
    assert!(is_json_outage(&redeemed), "{}", redeemed.body);
    let revoked = edge.post("/revoke", &[("client_id", &client_id), ("token", "x.y")]).await;
    assert!(is_json_outage(&revoked), "{}", revoked.body);
    edge.set_store_down(false);
    assert_eq!(edge.post("/token", &redemption).await.status, 200, "the outage spent nothing");
}

#[tokio::test]
async fn without_the_store_or_the_keyring_an_authorization_request_is_a_page() {
    let edge = Edge::new();
    let client_id = edge.register().await.unwrap();
    let path = authorize(&client_id, &[]);
    edge.set_store_down(true);
    let answer = edge.get(&path).await;
    assert!(is_page_outage(&answer), "{}", answer.body);
    edge.set_store_down(false);
    edge.keyring.set_down(true);
    let answer = edge.get(&path).await;
    assert!(is_page_outage(&answer), "{}", answer.body);
    edge.keyring.set_down(false);
    assert_eq!(edge.get(&path).await.status, 200);
}

#[tokio::test]
async fn a_decision_that_cannot_be_written_can_be_made_again() {
    let edge = Edge::new();
    let client_id = edge.register().await.unwrap();
    let mut browser = Browser::default();
    let form = browser.ask(&edge, &client_id).await;
    edge.set_store_down(true);
    let refused = browser.decide(&edge, &form, "allow").await;
    assert!(is_page_outage(&refused), "{}", refused.body);
    edge.set_store_down(false);
    edge.keyring.set_down(true);
    let refused = browser.decide(&edge, &form, "allow").await;
    assert!(is_page_outage(&refused), "{}", refused.body);
    edge.keyring.set_down(false);
    let callback = browser.allow(&edge, &form).await;
    assert_eq!(browser.get(&edge, &callback).await.status, 302);
}

/// A browser that has allowed and signed in, and the callback that it goes to next.
async fn before_the_callback() -> (Edge, Browser, String) {
    let (edge, mut browser) = (Edge::new(), Browser::default());
    let client_id = edge.register().await.unwrap();
    let form = browser.ask(&edge, &client_id).await;
    let callback = browser.allow(&edge, &form).await;
    (edge, browser, callback)
}

#[tokio::test]
async fn a_callback_in_an_outage_can_be_reloaded() {
    let (edge, mut browser, callback) = before_the_callback().await;
    edge.set_store_down(true);
    let refused = browser.get(&edge, &callback).await;
    assert!(is_page_outage(&refused), "{}", refused.body);
    edge.set_store_down(false);
    let back = browser.get(&edge, &callback).await;
    assert!(back.status == 302 && back.header("location").contains("code="), "{}", back.body);
}

/// The callback cannot be repeated, so the page does not ask for that.
#[tokio::test]
async fn a_callback_that_an_outage_ends_says_that_the_sign_in_was_interrupted() {
    let (edge, mut browser, callback) = before_the_callback().await;
    // The authorization is read and claimed.
    edge.store.fail_after(2, Fault::Down);
    for status in [503, 200] {
        let page = browser.get(&edge, &callback).await;
        assert!(page.status == status && page.body.contains("This sign-in was interrupted"), "{}", page.body);
        assert!(!page.body.contains("Try again"), "{}", page.body);
        edge.store.set_down(false);
    }
}

#[tokio::test]
async fn without_the_store_or_the_keyring_a_token_is_neither_good_nor_bad() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    for (method, path) in
        [(Method::POST, "/mcp"), (Method::GET, "/mcp/sse"), (Method::POST, "/mcp/message?sessionId=x")]
    {
        edge.set_store_down(true);
        let answer = with_token(&edge, method.clone(), path, &token).await;
        assert!(is_mcp_outage(&answer) && answer.header("www-authenticate").is_empty(), "{path} {}", answer.body);
        edge.set_store_down(false);
        edge.keyring.set_down(true);
        let answer = with_token(&edge, method, path, &token).await;
        assert!(is_mcp_outage(&answer) && answer.header("www-authenticate").is_empty(), "{path} {}", answer.body);
        edge.keyring.set_down(false);
    }
}

#[tokio::test]
async fn without_the_keyring_the_page_of_connections_is_an_outage_and_shows_nothing() {
    let edge = Edge::new();
    let mut browser = Browser::default();
    assert!(browser.connections(&edge).await.body.contains("Your connections"));
    edge.keyring.set_down(true);
    let answer = browser.get(&edge, "/connections").await;
    assert!(is_page_outage(&answer), "{}", answer.body);
    let answer = browser.post(&edge, "/connections", &[("action", "sign-in")]).await;
    assert!(is_page_outage(&answer), "{}", answer.body);
    edge.keyring.set_down(false);
    let page = browser.post(&edge, "/connections", &[("action", "sign-in")]).await;
    let callback = callback(&page);
    edge.keyring.set_down(true);
    let answer = browser.get(&edge, &callback).await;
    assert!(is_page_outage(&answer), "{}", answer.body);
}

#[tokio::test]
async fn a_request_that_needs_no_dependency_is_answered_in_an_outage() {
    let edge = Edge::new();
    edge.set_store_down(true);
    edge.keyring.set_down(true);
    for path in ["/", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/mcp"] {
        assert_eq!(edge.get(path).await.status, 200, "{path}");
    }
    assert_eq!(edge.get("/mcp/sse").await.status, 401, "without a token there is nothing to look up");
    assert_eq!(edge.get("/nowhere").await.status, 404);
    let malformed = edge.send(empty(request(Method::POST, "/token"))).await;
    assert_eq!((malformed.status, malformed.error().as_str()), (400, "invalid_request"));
}
