//! A fault for each alert. `FAULT_LOGS` names a folder that keeps the handlers' logs: dev/kql then runs the query of every
//! alert on each of them. Without it the tests show that the fault is in the log by its name.

use std::{fs, path::PathBuf};

use azure_tests::Plan;
use local_tenant::{Endpoint, Fault};
use serde_json::Value;
use stand_in::wait::until;

use crate::{
    browser::{Browser, tokens},
    deployment::{Deployment, REDIRECT_URI},
};

const OFTEN: usize = 10_000;

/// The handler's lines with all these texts.
fn lines_with(server: &Deployment, texts: &[&str]) -> usize {
    server.log().lines().filter(|line| texts.iter().all(|text| line.contains(text))).count()
}

/// Keeps the log, once a line with all these texts is in it.
async fn keep(server: &Deployment, name: &str, texts: &[&str]) {
    until(async || lines_with(server, texts) > 0).await;
    if let Some(folder) = folder() {
        fs::write(folder.join(format!("{name}.log")), server.log()).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "the setting by which the stage `e2e` asks for the logs")]
fn folder() -> Option<PathBuf> {
    std::env::var_os("FAULT_LOGS").map(PathBuf::from)
}

async fn register(server: &Deployment) -> u16 {
    let metadata = serde_json::json!({ "client_name": "C", "redirect_uris": [REDIRECT_URI] });
    server.post("/register").json(&metadata).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing() {
    let server = Deployment::start(1).await;
    let tokens = tokens(&server).await;
    assert_eq!(server.call_tool(&tokens.access_token).await.0, 200);
    keep(&server, "nothing", &["\"event\":\"tool_called\""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entra_refuses_server() {
    let server = Deployment::start(1).await;
    let client_id = server.register().await;
    // The federated credential names another subject.
    let refused = Fault::Aadsts { number: 700_213, suberror: None, claims: None };
    server.azure.tenant.fail_next(Endpoint::AuthorizationCode, 1, refused).unwrap();
    let redirect = Browser::default().sign_in(&server, &client_id).await;
    assert_eq!(redirect.get("error").as_deref(), Some("server_error"));
    keep(&server, "entra-refuses-server", &["\"event\":\"entra_refuses_server\""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn store_down() {
    let server = Deployment::start(1).await;
    server.azure.cosmos.pause();
    assert_eq!(register(&server).await, 503);
    keep(&server, "store-or-vault-down.store", &["\"service\":\"Cosmos DB\"", "\"outcome\":\"failed\""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vault_down() {
    let server = Deployment::start(1).await;
    server.azure.tenant.vault().unwrap().pause();
    server.azure.host.kill(0).await;
    assert_eq!(server.get("/health").send().await.unwrap().status(), 503);
    keep(&server, "store-or-vault-down.vault", &["\"service\":\"Key Vault\"", "\"outcome\":\"failed\""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_ring_not_loaded() {
    let server = Deployment::start(1).await;
    let disabled = Fault::Status { status: 403, body: r#"{"error":{"code":"Forbidden","message":"disabled"}}"#.into() };
    server.azure.tenant.fail_next(Endpoint::KeyUnwrap, OFTEN, disabled).unwrap();
    server.azure.host.kill(0).await;
    assert_eq!(server.get("/health").send().await.unwrap().status(), 503);
    keep(&server, "key-ring-not-loaded", &["\"event\":\"key_ring_not_loaded\""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_token_replayed() {
    let server = Deployment::start(1).await;
    let tokens = tokens(&server).await;
    let refresh = async |token: &str| server.refresh(&tokens.client_id, token).await;
    let next = |answer: &Value| answer["refresh_token"].as_str().unwrap().to_owned();
    let second = next(&refresh(&tokens.refresh_token).await.1);
    refresh(&second).await;
    assert_eq!(refresh(&tokens.refresh_token).await.0, 400);
    keep(&server, "token-replayed", &["\"event\":\"refresh_token_replayed\""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_in() {
    let server = Deployment::start(1).await;
    let client_id = server.register().await;
    server.azure.tenant.fail_next(Endpoint::AuthorizationCode, OFTEN, Fault::Dropped).unwrap();
    // A line of the last sign-in may still be on its way to the log.
    while lines_with(&server, &["\"event\":\"sign_in_failed\""]) < 3 {
        let redirect = Browser::default().sign_in(&server, &client_id).await;
        assert_eq!(redirect.get("error").as_deref(), Some("temporarily_unavailable"));
    }
    keep(&server, "nobody-signs-in.refused", &["\"event\":\"sign_in_failed\""]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_back_from_entra() {
    let server = Deployment::start(1).await;
    let client_id = server.register().await;
    let allowed = ["\"event\":\"consent_allowed\""];
    while lines_with(&server, &allowed) < 3 {
        let mut browser = Browser::default();
        let form = browser.authorize(&server, &client_id).await;
        // Entra's page keeps the person: it is not followed.
        assert_eq!(browser.decide(&server, &form, "allow").await.status(), 200);
    }
    keep(&server, "nobody-signs-in.kept", &allowed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_reached() {
    let settings = vec![("MCP_LIMITS".into(), "registrations-per-minute=1".into())];
    let server = Deployment::of(Plan { settings, ..Plan::of(1) }).await;
    server.until_ready().await;
    // Another is taken for each minute that passes meanwhile.
    let mut taken = 0;
    while register(&server).await != 429 {
        taken += 1;
        assert!(taken < 100, "{taken} were taken");
    }
    keep(&server, "limit-reached", &["\"event\":\"limit_reached\""]).await;
}
