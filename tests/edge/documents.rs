//! Clients that publish their metadata, as a browser and a client meet them.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use authorization_server::{
    AuthorizationServer, StoredLimits,
    client_documents::FetchError,
    ground::{EventName, TooMany},
};
use oauth_protocol::redirect_uri::PrivateUseSchemes;
use remote_auth_mcp::config::Limits;
use serde_json::json;
use testkit::{CLIENT_URL, LIMITS, Rig, request};

use crate::rig::{Answer, Edge};

async fn authorize(edge: &Edge, redirect_uri: &str) -> Answer {
    edge.get(&format!("/authorize?{}", request(CLIENT_URL, &[("redirect_uri", Some(redirect_uri))]))).await
}

fn publish(edge: &Edge, redirect_uri: &str) {
    let document = json!({ "client_id": CLIENT_URL, "client_name": "A <b>", "redirect_uris": [redirect_uri] });
    edge.documents.publish(CLIENT_URL, &document.to_string());
}

/// The largest is where the answer goes; who published the client comes after it.
#[tokio::test]
async fn the_consent_page_shows_the_documents_host_below_the_redirects() {
    let edge = Edge::new();
    publish(&edge, "https://receiver.example/callback");
    let page = authorize(&edge, "https://receiver.example/callback").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let at = |text: &str| page.body.find(text).unwrap_or_else(|| panic!("{text} is not in {}", page.body));
    assert!(at("<p class=\"host\"><bdi>receiver.example</bdi>") < at("describes itself at <bdi>client.example</bdi>"));
    assert!(at("A &#60;b&#62;") < at("Nobody has checked it"));
    assert!(!page.body.contains("any program on this device"));
}

#[tokio::test]
async fn with_a_redirect_that_proves_nothing_the_page_warns_and_calls_nothing_verified() {
    for (published, requested) in
        [("http://127.0.0.1/callback", "http://127.0.0.1:4711/callback"), ("vscode://client/cb", "vscode://client/cb")]
    {
        let edge = Edge::new();
        publish(&edge, published);
        let page = authorize(&edge, requested).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("any program on this device can claim to be it"), "{requested}");
        assert!(
            page.body.contains("class=\"warning\"") && !page.body.to_lowercase().contains("verified"),
            "{requested}"
        );
    }
}

/// The caller is told of the limit that it met, and so is the log.
#[tokio::test]
async fn a_document_for_which_no_place_is_free_names_the_limit_of_registrations() {
    let mut rig = Rig::new().unwrap();
    let limits = StoredLimits { waiting_registrations: NonZeroU32::MIN, ..LIMITS };
    let base = rig.server.base().clone();
    rig.server = Arc::new(AuthorizationServer::new(base, PrivateUseSchemes::default(), limits, rig.ports.clone()));
    let edge = Edge::around(rig, Limits::default());
    edge.register().await.unwrap();
    publish(&edge, "https://receiver.example/callback");
    edge.audit.take();
    let page = authorize(&edge, "https://receiver.example/callback").await;
    assert_eq!((page.status, page.header("retry-after")), (429, "60"));
    assert!(page.body.contains("Too many requests") && !page.body.contains("looked up"), "{}", page.body);
    let events: Vec<_> = edge.audit.take().iter().map(|event| (event.name, event.endpoint, event.reason)).collect();
    let reached = (EventName::LimitReached, Some("authorize"), Some("waiting-registrations"));
    assert_eq!(events, [(EventName::RegistrationDropped, None, None), reached]);
}

#[tokio::test]
async fn a_document_that_cannot_be_used_is_a_page_without_a_redirect_and_without_the_reason_of_a_fetch() {
    let edge = Edge::new();
    let missing = authorize(&edge, "https://receiver.example/callback").await;
    edge.documents.publish(CLIENT_URL, "[]");
    let wrong = authorize(&edge, "https://receiver.example/callback").await;
    for (page, text) in [(&missing, "could not be looked up"), (&wrong, "the document is not a JSON object")] {
        assert_eq!((page.status, page.header("location")), (400, ""), "{text}");
        assert!(page.body.contains(text), "{}", page.body);
    }
    assert!(!missing.body.contains("no such document"));
}

#[tokio::test]
async fn too_many_documents_are_429_with_the_time_to_wait() {
    let edge = Edge::new();
    edge.documents.refuse(FetchError::TooMany(TooMany { wait: Duration::from_secs(7) }));
    let page = authorize(&edge, "https://receiver.example/callback").await;
    assert_eq!((page.status, page.header("retry-after")), (429, "7"));
}

#[tokio::test]
async fn an_unknown_document_is_an_invalid_client_at_the_token_endpoint() {
    let edge = Edge::new();
    let form = [("grant_type", "refresh_token"), ("client_id", CLIENT_URL), ("refresh_token", "x")];
    let answer = edge.post("/token", &form).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"));
    assert_eq!(edge.documents.asked(), 0);
}

#[tokio::test]
async fn the_metadata_says_that_documents_are_supported_and_offers_public_clients_first() {
    let document = Edge::new().get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(document["client_id_metadata_document_supported"], true);
    assert_eq!(document["token_endpoint_auth_methods_supported"], json!(["none", "private_key_jwt"]));
}
