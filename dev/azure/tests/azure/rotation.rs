//! Data keys and the vault's key change every few seconds, under load: nobody notices.

use std::{fs, path::PathBuf, pin::pin, sync::Arc, time::Duration};

use azure_tests::Plan;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use stand_in::wait::until;
use tempfile::TempDir;

use crate::{
    browser::{Tokens, tokens},
    deployment::{Deployment, rounds},
};

/// Longer than any flow of these tests, as 91 days are longer than any grant or cookie, and shorter than the life of an
/// access token.
const RETAIN: Duration = Duration::from_mins(20);

fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_fast-rotation").into()
}

async fn ring(server: &Deployment) -> Vec<Value> {
    let items = server.azure.cosmos.dump_container("keyring").await;
    items[0]["keys"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_layers_rotate_under_load_without_an_error() {
    let server = Deployment::of(Plan { program: Some(program()), ..Plan::of(2) }).await;
    server.until_ready().await;
    let server = Arc::new(server);
    let first = ring(&server).await;
    let flows = rounds(200, 12);
    let running = stream::iter(0..flows).map(|_| one_user(&server)).buffer_unordered(4);
    let mut finished = pin!(running.enumerate());
    let mut all = Vec::new();
    while let Some((number, tokens)) = finished.next().await {
        all.push(tokens);
        if number % 3 == 0 {
            let server = Arc::clone(&server);
            // It makes an RSA key, which takes its time.
            let rotated = tokio::task::spawn_blocking(move || server.azure.tenant.vault().unwrap().rotate());
            rotated.await.unwrap().unwrap();
        }
    }
    // Until a second data key is in use, and the first one was wrapped again.
    until(async || {
        let keys = ring(&server).await;
        keys.len() > first.len().max(2) && keys[0]["wrapped_by"] != first[0]["wrapped_by"]
    })
    .await;
    for tokens in &all {
        goes_on(&server, tokens).await;
    }
    logs_no_error(&server);
}

fn logs_no_error(server: &Deployment) {
    let log = server.log();
    assert!(log.contains("\"level\":\"INFO\"") && !log.contains("\"level\":\"ERROR\""), "{log}");
}

/// A flow and ten tool calls.
async fn one_user(server: &Deployment) -> Tokens {
    let tokens = tokens(server).await;
    for _ in 0..10 {
        assert_eq!(server.call_tool(&tokens.access_token).await.0, 200);
    }
    tokens
}

/// Values sealed under an old key still open.
async fn goes_on(server: &Deployment, tokens: &Tokens) {
    assert_eq!(server.call_tool(&tokens.access_token).await.0, 200);
    let (status, answer) = server.refresh(&tokens.client_id, &tokens.refresh_token).await;
    assert_eq!(status, 200, "{answer}");
}

/// The clock of the handlers, which read from a file how far it is ahead.
struct HandlerClock {
    folder: TempDir,
    ahead: Duration,
}

impl HandlerClock {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), ahead: Duration::ZERO }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }

    fn advance(&mut self, by: Duration) {
        self.ahead += by;
        let written = self.folder.path().join("written");
        fs::write(&written, self.ahead.as_secs().to_string()).unwrap();
        fs::rename(written, self.file()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_key_retires_when_nobody_needs_it_and_what_it_sealed_opens_no_more() {
    let mut clock = HandlerClock::new();
    let settings = vec![
        ("FAST_ROTATION_RETAIN_SECONDS".to_owned(), RETAIN.as_secs().to_string()),
        ("FAST_ROTATION_AHEAD".to_owned(), clock.file().to_str().unwrap().to_owned()),
    ];
    let server = Deployment::of(Plan { program: Some(program()), settings, ..Plan::of(2) }).await;
    server.until_ready().await;
    let old = tokens(&server).await.access_token;
    let kid = old.split('.').next().unwrap();
    let in_ring = async || ring(&server).await.iter().any(|key| key["kid"] == kid);
    assert!(in_ring().await, "{kid} is no key id");
    let newest = async || ring(&server).await.last().unwrap()["kid"].clone();
    for _ in 0..7 {
        goes_on(&server, &tokens(&server).await).await;
        let before = newest().await;
        clock.advance(RETAIN / 4);
        // A key's successor must not come late: a key retires after the successor's first use.
        until(async || newest().await != before).await;
    }
    until(async || !in_ring().await).await;
    // A process that has opened the key forgets it with its next look at the ring.
    until(async || server.call_tool(&old).await.0 == 401).await;
    goes_on(&server, &tokens(&server).await).await;
    logs_no_error(&server);
}
