//! Store and vault down, slow and throttled: 503 with Retry-After, bounded waiting, recovery without a restart.

use std::time::{Duration, Instant};

use azure_tests::Plan;
use cosmos_emulator::{Effect, Fault};
use reqwest::Response;
use serde_json::Value;

use crate::{
    browser::{Browser, redemption, tokens},
    deployment::{Deployment, REDIRECT_URI, body},
};

/// A request waits for a dependency no longer than this; the rest is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(5 + 3);

async fn is_unavailable(answer: Response) {
    let status = answer.status();
    let retry_after = answer.headers().get("retry-after").cloned();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 503, "{text}");
    assert!(retry_after.is_some(), "no Retry-After");
}

async fn register(server: &Deployment) -> Response {
    let metadata = serde_json::json!({ "client_name": "C", "redirect_uris": [REDIRECT_URI] });
    server.post("/register").json(&metadata).send().await.unwrap()
}

async fn recovers(server: &Deployment) {
    server.until_ready().await;
    assert_eq!(register(server).await.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_is_503_and_the_handlers_recover_by_themselves() {
    let server = Deployment::start(2).await;
    let tokens = tokens(&server).await;
    server.azure.cosmos.pause();
    let begun = Instant::now();
    is_unavailable(register(&server).await).await;
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    let (status, answer) = server.refresh(&tokens.client_id, &tokens.refresh_token).await;
    assert_eq!((status, answer["error"].as_str()), (503, Some("temporarily_unavailable")));
    let health = server.get("/health").send().await.unwrap();
    assert_eq!(health.status(), 503);
    assert_eq!(body(health).await["store"], "down");
    server.azure.cosmos.resume();
    recovers(&server).await;
    assert_eq!(server.refresh(&tokens.client_id, &tokens.refresh_token).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_that_start_before_their_store_listen_and_answer_503() {
    let server = Deployment::of(Plan { store_is_late: true, ..Plan::of(2) }).await;
    assert_eq!(server.get("/.well-known/oauth-authorization-server").send().await.unwrap().status(), 200);
    is_unavailable(register(&server).await).await;
    server.azure.cosmos.resume();
    recovers(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_store_is_503_and_nothing_is_half_made() {
    let server = Deployment::start(2).await;
    let client_id = server.register().await;
    let code = Browser::default().sign_in(&server, &client_id).await.get("code").unwrap();
    server.azure.cosmos.inject(Fault::new(Effect::Throttled { retry_after_ms: 10 }));
    let (status, answer) = server.token(&redemption(&client_id, &code)).await;
    assert_eq!((status, answer["error"].as_str()), (503, Some("temporarily_unavailable")));
    server.azure.cosmos.clear_faults();
    let (status, answer) = server.token(&redemption(&client_id, &code)).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_store_is_waited_for_no_longer_than_five_seconds() {
    let server = Deployment::start(1).await;
    server.azure.cosmos.inject(Fault::new(Effect::Slow { milliseconds: 20_000 }));
    let begun = Instant::now();
    is_unavailable(register(&server).await).await;
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    server.azure.cosmos.clear_faults();
    recovers(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_down_stops_nobody_whose_process_has_its_keys() {
    let server = Deployment::start(2).await;
    let tokens = tokens(&server).await;
    server.azure.tenant.vault().unwrap().pause();
    assert_eq!(server.call_tool(&tokens.access_token).await.0, 200);
    assert_eq!(server.refresh(&tokens.client_id, &tokens.refresh_token).await.0, 200);
    server.azure.host.kill(0).await;
    server.azure.host.kill(1).await;
    let begun = Instant::now();
    let (status, answer) = server.refresh(&tokens.client_id, &tokens.refresh_token).await;
    assert_eq!((status, answer["error"].as_str()), (503, Some("temporarily_unavailable")));
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    let health: Value = body(server.get("/health").send().await.unwrap()).await;
    assert_eq!(health["keyring"], "down");
    server.azure.tenant.vault().unwrap().resume();
    recovers(&server).await;
    assert_eq!(server.call_tool(&tokens.access_token).await.0, 200);
}
