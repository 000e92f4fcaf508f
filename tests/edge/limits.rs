//! The limits of an address. Beyond them, tokens that nobody can have made up are served.

use std::num::NonZeroU32;

use authorization_server::ground::{EventName, Subject};
use http::Method;
use remote_auth_mcp::config;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use testkit::SignedIn;
use time::Duration;

use crate::{
    browser::Browser,
    rig::{Answer, Edge, empty, form, from, json as json_body, request},
};

const ADDRESS: &str = "20.1.2.3";
/// The requests for tokens that an address may send in a minute.
const OF_ADDRESS: usize = 3_000;
/// The requests that one client of an owner may send in a minute.
const OF_CLIENT: usize = 300;

/// Behind a gateway, with a client whose access token was used, and one whose was not.
async fn edge() -> (Edge, SignedIn, SignedIn) {
    let edge = Edge::behind_gateway();
    let (used, unused) = (edge.sign_in().await.unwrap(), edge.sign_in().await.unwrap());
    let bearer = format!("Bearer {}", used.tokens.access_token.expose_secret());
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let call = from(ADDRESS, Method::POST, "/mcp").header("authorization", bearer);
    assert_eq!(edge.send(json_body(call, &list)).await.status, 200);
    (edge, used, unused)
}

async fn post(edge: &Edge, path: &str, fields: &[(&str, &str)]) -> Answer {
    edge.send(form(from(ADDRESS, Method::POST, path), fields)).await
}

async fn refresh(edge: &Edge, client_id: &str, token: &str) -> Answer {
    post(edge, "/token", &[("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", token)]).await
}

async fn revoke(edge: &Edge, client: &SignedIn, token: &SecretString) -> u16 {
    post(edge, "/revoke", &[("client_id", &client.client_id), ("token", token.expose_secret())]).await.status
}

/// Junk at both endpoints, until the address may send nothing more.
async fn flood(edge: &Edge, client_id: &str) {
    for _ in 0..OF_ADDRESS / 2 {
        assert_eq!(refresh(edge, client_id, "junk").await.status, 400);
        assert_eq!(post(edge, "/revoke", &[("a", "b")]).await.status, 400);
    }
}

#[tokio::test]
async fn junk_from_an_address_starves_no_token_there_that_nobody_can_have_made_up() {
    let (edge, used, unused) = edge().await;
    flood(&edge, &used.client_id).await;
    let good = used.tokens.refresh_token.expose_secret();
    let forged = format!("{}{}", &good[..good.len() - 2], if good.ends_with("AA") { "BA" } else { "AA" });
    for token in ["junk", &forged, unused.tokens.refresh_token.expose_secret()] {
        let refused = refresh(&edge, &used.client_id, token).await;
        assert_eq!((refused.status, refused.error()), (429, "temporarily_unavailable".into()));
    }
    assert_eq!(post(&edge, "/token", &[("grant_type", "authorization_code"), ("code", "x")]).await.status, 429);
    assert_eq!(revoke(&edge, &used, &"junk".into()).await, 429);
    assert_eq!(refresh(&edge, &used.client_id, good).await.status, 200);
    assert_eq!(revoke(&edge, &unused, &unused.tokens.access_token).await, 200);
    assert!(!edge.accepts(&unused.tokens.access_token).await.unwrap());
    assert_eq!(revoke(&edge, &used, &used.tokens.refresh_token).await, 200);
    assert_eq!(refresh(&edge, &used.client_id, good).await.status, 429, "the grant has ended");
}

#[tokio::test]
async fn a_token_beyond_the_limit_of_its_address_counts_as_a_call_of_its_owner() {
    let (edge, used, _) = edge().await;
    flood(&edge, &used.client_id).await;
    let token = used.tokens.refresh_token.expose_secret();
    for _ in 0..OF_CLIENT - 1 {
        assert_eq!(refresh(&edge, &used.client_id, token).await.status, 200);
    }
    edge.audit.take();
    let refused = refresh(&edge, &used.client_id, token).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    assert!(refused.body.contains("too many requests of one user"), "{}", refused.body);
    let events = edge.audit.take();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    let client = event.client.map(|client| client.to_string());
    assert_eq!((event.reason, client), (Some("calls-per-minute"), Some(used.client_id)));
}

#[tokio::test]
async fn beyond_the_limit_one_registration_is_taken_each_time_a_token_comes_back() {
    let limits = config::Limits { registrations_per_minute: NonZeroU32::new(3).unwrap(), ..config::Limits::default() };
    let edge = Edge::limited(limits);
    let metadata = json!({ "redirect_uris": ["http://127.0.0.1/cb"] });
    let register = async || edge.send(json_body(request(Method::POST, "/register"), &metadata)).await;
    for _ in 0..3 {
        assert_eq!(register().await.status, 201);
    }
    let refused = register().await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "20"));
    for (seconds, status) in [(19, 429), (1, 201), (0, 429)] {
        edge.clock.advance(Duration::seconds(seconds));
        assert_eq!(register().await.status, status, "{seconds} s later");
    }
}

/// A HEAD asks the store each time, because what a process remembers of a grant may be thirty seconds old.
#[tokio::test]
async fn beyond_its_limit_a_token_costs_no_read_though_its_grant_has_ended() {
    let (edge, used, _) = edge().await;
    let token = used.tokens.access_token.expose_secret();
    let head = async || {
        let request = from(ADDRESS, Method::HEAD, "/mcp/sse").header("authorization", format!("Bearer {token}"));
        edge.send(empty(request)).await.status
    };
    assert_eq!(revoke(&edge, &used, &used.tokens.refresh_token).await, 200);
    let before = edge.store.operations();
    // The first of its calls was that of `edge`.
    for _ in 0..OF_CLIENT - 1 {
        assert_eq!(head().await, 401);
    }
    let operations = edge.store.operations();
    assert!(operations > before, "each was looked up");
    for _ in 0..10 {
        assert_eq!(head().await, 429);
    }
    assert_eq!(edge.store.operations(), operations);
    // What was refused takes nothing of what the client may do with another grant.
    let code = edge.code(&used.client_id).await.unwrap();
    let again = edge.redeem(&used.client_id, &code).await.unwrap();
    assert!(edge.accepts(&again.access_token).await.unwrap());
    let bearer = format!("Bearer {}", again.access_token.expose_secret());
    let head = from(ADDRESS, Method::HEAD, "/mcp/sse").header("authorization", bearer);
    assert_eq!(edge.send(empty(head)).await.status, 200);
}

/// The page reads a record for each client of its owner.
#[tokio::test]
async fn an_owner_who_is_signed_in_opens_the_page_of_connections_only_so_often_and_others_go_on() {
    let owner_page_requests_per_minute = NonZeroU32::new(3).unwrap();
    let edge = Edge::limited(config::Limits { owner_page_requests_per_minute, ..config::Limits::default() });
    let (mut browser, mut other) = (Browser::default(), Browser::default());
    browser.connections(&edge).await;
    edge.audit.take();
    for status in [200, 200, 429] {
        assert_eq!(browser.get(&edge, "/connections").await.status, status);
    }
    assert_eq!(browser.post(&edge, "/connections", &[("action", "revoke-all")]).await.status, 429);
    let events = edge.audit.take();
    assert_eq!(events.len(), 2, "{events:?}");
    for event in events {
        assert_eq!((event.name, event.endpoint), (EventName::LimitReached, Some("connections")));
        assert_eq!(event.reason, Some("owner-page-requests-per-minute"));
        assert!(event.owner.is_some() && event.client.is_none());
    }
    edge.upstream.set_subject(Subject { tid: "tenant".into(), oid: "another".into() });
    other.connections(&edge).await;
    assert_eq!(other.get(&edge, "/connections").await.status, 200);
    assert_eq!(edge.get("/connections").await.status, 200, "the page for signing in");
    edge.clock.advance(Duration::seconds(20));
    assert_eq!(browser.get(&edge, "/connections").await.status, 200);
}
