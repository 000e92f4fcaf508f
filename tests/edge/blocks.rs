//! What the operator has blocked: each endpoint says so in its own form, and so that no client registers or signs in again.

use authorization_server::{
    ground::{Id, Subject},
    state::{blocks::BlockTarget, operator_record::OperatorDecision},
};
use http::{Method, header};
use secrecy::ExposeSecret as _;
use serde_json::json;
use time::Duration;

use crate::{
    browser::{Browser, authorize, callback, consent_form},
    rig::{Answer, Edge, json, request},
};

/// The operator blocks a registered client.
pub(crate) async fn block(edge: &Edge, client_id: &str) {
    let operator = Subject { tid: "tenant".into(), oid: "operator".into() };
    let target = BlockTarget::Registration(Id::parse(client_id).unwrap());
    edge.server
        .decide_as_operator(Id::random(edge.ports.entropy.as_ref()), &operator, OperatorDecision::Block(target))
        .await
        .unwrap();
}

async fn refresh(edge: &Edge, client_id: &str, refresh_token: &str) -> Answer {
    let form = [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)];
    edge.post("/token", &form).await
}

async fn ping(edge: &Edge, access_token: &str) -> Answer {
    let request = request(Method::POST, "/mcp").header(header::AUTHORIZATION, format!("Bearer {access_token}"));
    edge.send(json(request, &json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))).await
}

fn is_blocked_page(answer: &Answer) -> bool {
    answer.status == 403
        && answer.header("location").is_empty()
        && answer.body.contains("The operator of this server has blocked it")
}

#[tokio::test]
async fn a_blocked_application_gets_a_page_an_oauth_error_and_a_challenge() {
    let edge = Edge::new();
    let signed_in = edge.sign_in().await.unwrap();
    let (client_id, tokens) = (signed_in.client_id, signed_in.tokens);
    let (access, refresh_token) = (tokens.access_token.expose_secret(), tokens.refresh_token.expose_secret());
    let mut browser = Browser::default();
    let consent = browser.get(&edge, &authorize(&client_id, &[])).await;
    let signing_in = browser.decide(&edge, &consent_form(&consent), "allow").await;
    block(&edge, &client_id).await;
    assert!(is_blocked_page(&browser.get(&edge, &callback(&signing_in)).await));
    assert!(is_blocked_page(&edge.get(&authorize(&client_id, &[])).await));
    let refused = refresh(&edge, &client_id, refresh_token).await;
    assert_eq!((refused.status, refused.error().as_str()), (400, "access_denied"));
    assert_eq!(ping(&edge, access).await.status, 401);
}

#[tokio::test]
async fn without_the_blocks_every_endpoint_that_obeys_them_is_503_after_a_minute() {
    let edge = Edge::new();
    let signed_in = edge.sign_in().await.unwrap();
    let (client_id, tokens) = (signed_in.client_id, signed_in.tokens);
    edge.block_store.set_down(true);
    edge.clock.advance(Duration::MINUTE);
    assert_eq!(edge.get(&authorize(&client_id, &[])).await.status, 503);
    let refreshed = refresh(&edge, &client_id, tokens.refresh_token.expose_secret()).await;
    assert_eq!((refreshed.status, refreshed.error().as_str()), (503, "temporarily_unavailable"));
    assert_eq!(ping(&edge, tokens.access_token.expose_secret()).await.status, 503);
}
