//! Store and vault down, slow and throttled: 503 with Retry-After, bounded waiting, recovery without a restart.

use azure_tests::Plan;
use cosmos_emulator::{Effect, Fault};
use reqwest::Response;
use serde_json::Value;
use stand_in::wait::until;

use crate::{
    browser::{Browser, redemption, tokens},
    deployment::{Deployment, REDIRECT_URI, body},
};

/// Longer than anybody waits: an answer that comes shows that waiting is bounded.
const HOUR: u64 = 3_600_000;

async fn is_unavailable(answer: Response) {
    let status = answer.status();
    let retry_after = answer.headers().get("retry-after").cloned();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("\"temporarily_unavailable\""), "{text}");
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
    is_unavailable(register(&server).await).await;
    let (status, answer) = server.refresh(&tokens.client_id, &tokens.refresh_token).await;
    assert_eq!((status, answer["error"].as_str()), (503, Some("temporarily_unavailable")));
    // The answer of the second before may say that it is up.
    until(async || body(server.get("/health").send().await.unwrap()).await["store"] == "down").await;
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

/// More than a redemption asks of the store.
const OPERATIONS: u64 = 20;

/// The upstream tokens and grants of a code's authorization in `owners`.
async fn left(server: &Deployment, code: &str) -> (usize, usize) {
    let grant = code.split_once('.').unwrap().0;
    let owners = server.azure.cosmos.dump_container("owners").await;
    let count = |id: String| owners.iter().filter(|item| item["id"] == id.as_str()).count();
    (count(format!("upstream-tokens:{grant}")), count(format!("grant:{grant}")))
}

/// The store is throttled from each operation of a redemption on, in turn, until so many are done that it succeeds.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_throttled_in_a_redemption_is_503_and_only_a_grant_that_stands_spends_the_code() {
    let server = Deployment::start(2).await;
    let client_id = server.register().await;
    let mut stood = Vec::new();
    for done in 0..OPERATIONS {
        let code = Browser::default().sign_in(&server, &client_id).await.get("code").unwrap();
        let form = redemption(&client_id, &code);
        server.azure.cosmos.inject(Fault::new(Effect::Throttled { retry_after_ms: 10 }).skip(done));
        let told = server.post("/token").form(&form).send().await.unwrap();
        server.azure.cosmos.clear_faults();
        let now = left(&server, &code).await;
        if told.status() == 200 {
            assert_eq!(now, (1, 1), "after {done} operations");
            break;
        }
        is_unavailable(told).await;
        assert_ne!(now, (0, 1), "after {done} operations a grant stands without its upstream tokens");
        let (status, answer) = server.token(&form).await;
        let spent = (status, answer["error"].as_str()) == (400, Some("invalid_grant"));
        assert!(status == 200 || (spent && now.1 == 1), "after {done} operations: {now:?}: {answer}");
        assert_eq!(left(&server, &code).await, (1, 1), "after {done} operations");
        stood.push(now);
    }
    println!("upstream tokens and grants that stood: {stood:?}");
    for half in [(0, 0), (1, 0)] {
        assert!(stood.contains(&half), "the store was never throttled while {half:?} stood: {stood:?}");
    }
    assert!(stood.len() < usize::try_from(OPERATIONS).unwrap(), "no redemption succeeded: {stood:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_503() {
    let server = Deployment::start(1).await;
    server.azure.cosmos.inject(Fault::new(Effect::Slow { milliseconds: HOUR }));
    is_unavailable(register(&server).await).await;
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
    let (status, answer) = server.refresh(&tokens.client_id, &tokens.refresh_token).await;
    assert_eq!((status, answer["error"].as_str()), (503, Some("temporarily_unavailable")));
    let health: Value = body(server.get("/health").send().await.unwrap()).await;
    assert_eq!(health["keyring"], "down");
    server.azure.tenant.vault().unwrap().resume();
    recovers(&server).await;
    assert_eq!(server.call_tool(&tokens.access_token).await.0, 200);
}
