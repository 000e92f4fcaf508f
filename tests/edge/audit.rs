//! Refusals and limits as audit events: which request, and whose.

use std::num::NonZeroU32;

use authorization_server::{
    ground::{EventName, OwnerLimit},
    upstream::UpstreamRefusal,
};
use http::{Method, header, request::Builder};
use remote_auth_mcp::config;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::SignedIn;
use time::Duration;

use crate::{
    flood::Flood,
    rig::{Edge, empty, form, json as json_body, request},
    streams::Stream,
};

/// A message that would take more than a megabyte once it is parsed.
fn costly() -> Value {
    let meta = json!({ "padding": vec![json!({ "a": 0 }); 8_000] });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } })
}

fn bearer(request: Builder, owner: &SignedIn) -> Builder {
    request.header(header::AUTHORIZATION, format!("Bearer {}", owner.tokens.access_token.expose_secret()))
}

/// The events since the last call: name, endpoint, reason.
fn events(edge: &Edge) -> Vec<(EventName, Option<&'static str>, Option<&'static str>)> {
    edge.audit.take().into_iter().map(|event| (event.name, event.endpoint, event.reason)).collect()
}

/// The only event since the last call is this owner's.
fn is_of_owner(edge: &Edge, owner: &SignedIn, endpoint: Option<&str>, reason: &str) {
    let events = edge.audit.take();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    let client = event.client.map(|client| client.to_string());
    assert_eq!((event.endpoint, event.reason), (endpoint, Some(reason)));
    assert_eq!(client.as_deref(), Some(owner.client_id.as_str()));
    assert!(event.owner.is_some() && event.grant.is_some(), "{event:?}");
}

#[tokio::test]
async fn a_method_a_prefetch_and_a_body_that_no_endpoint_takes_are_events() {
    let edge = Edge::new();
    assert_eq!(edge.send(empty(request(Method::DELETE, "/mcp"))).await.status, 405);
    let prefetch = request(Method::GET, "/authorize").header("sec-purpose", "prefetch");
    assert_eq!(edge.send(empty(prefetch)).await.status, 503);
    let large = "x".repeat(100_000);
    assert_eq!(edge.send(form(request(Method::POST, "/token"), &[("a", large.as_str())])).await.status, 413);
    let refused = EventName::RequestRefused;
    assert_eq!(
        events(&edge),
        [
            (refused, Some("mcp"), Some("the method is not allowed")),
            (refused, Some("authorize"), Some("the request is a prefetch")),
            (refused, Some("token"), Some("the body is too large")),
        ]
    );
}

#[tokio::test]
async fn a_message_that_would_take_too_much_memory_is_an_event_of_its_owner_on_both_transports() {
    let edge = Edge::new();
    let owner = edge.sign_in().await.unwrap();
    let stream = Stream::open(&edge, owner.tokens.access_token.expose_secret()).await;
    for (path, endpoint) in [("/mcp", "mcp"), (stream.endpoint.as_str(), "mcp/message")] {
        edge.audit.take();
        let sent = bearer(request(Method::POST, path), &owner);
        assert_eq!(edge.send(json_body(sent, &costly())).await.status, 413, "{path}");
        is_of_owner(&edge, &owner, Some(endpoint), "the message would take too much memory");
    }
}

#[tokio::test]
async fn memory_that_an_owner_has_used_up_is_an_event_that_names_the_owner() {
    let edge = Edge::new();
    let owner = edge.sign_in().await.unwrap();
    let large = || bearer(request(Method::POST, "/mcp"), &owner).header("x-padding", "x".repeat(47_000));
    let mut flood = Flood::default();
    assert!(flood.send(&edge, 200, large).contains(&503));
    edge.audit.take();
    assert_eq!(edge.send(empty(large())).await.status, 503);
    is_of_owner(&edge, &owner, Some("mcp"), "memory for requests");
}

#[tokio::test]
async fn a_limit_of_an_owner_is_an_event_that_names_the_owner() {
    let calls_per_minute = OwnerLimit::new(NonZeroU32::new(6).unwrap());
    let edge = Edge::limited(config::Limits { calls_per_minute, ..config::Limits::default() });
    let call =
        async |client: &SignedIn| edge.send(empty(bearer(request(Method::HEAD, "/mcp/sse"), client))).await.status;
    for _ in 0..2 {
        let client = edge.sign_in().await.unwrap();
        for status in [200, 200, 200, 429] {
            assert_eq!(call(&client).await, status);
        }
    }
    // No call of this client has counted yet.
    let owner = edge.sign_in().await.unwrap();
    edge.audit.take();
    assert_eq!(call(&owner).await, 429);
    is_of_owner(&edge, &owner, Some("mcp/sse"), "calls-per-minute");
}

#[tokio::test]
async fn a_token_request_for_which_entra_refuses_this_server_is_an_event_of_its_client() {
    let edge = Edge::new();
    let owner = edge.sign_in().await.unwrap();
    edge.audit.take();
    edge.clock.advance(Duration::hours(2));
    edge.upstream.refuse_refresh(UpstreamRefusal::Refused { reason: "for a test".into() });
    let token = owner.tokens.refresh_token.expose_secret();
    let refresh = [("grant_type", "refresh_token"), ("client_id", &owner.client_id), ("refresh_token", token)];
    assert_eq!(edge.post("/token", &refresh).await.status, 503);
    let events = edge.audit.take();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((event.name, event.reason), (EventName::TokenRefused, Some("Entra refuses this server")));
    assert!(event.client.is_some());
}
