//! Data keys and the vault's key change every few seconds, under load: nobody notices.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use azure_tests::Plan;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use crate::{
    browser::{Tokens, tokens},
    deployment::{Deployment, rounds},
};

const VAULT_PERIOD: Duration = Duration::from_secs(3);

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
    let done = Arc::new(AtomicBool::new(false));
    let rotating = tokio::spawn({
        let (server, done) = (Arc::clone(&server), Arc::clone(&done));
        async move {
            while !done.load(Ordering::SeqCst) {
                tokio::time::sleep(VAULT_PERIOD).await;
                let server = Arc::clone(&server);
                // It makes an RSA key, which takes its time.
                let rotated = tokio::task::spawn_blocking(move || server.azure.tenant.vault().unwrap().rotate());
                rotated.await.unwrap().unwrap();
            }
        }
    });
    let flows = rounds(200, 12);
    let running = stream::iter(0..flows).map(|_| one_user(&server)).buffer_unordered(4);
    let all: Vec<Tokens> = running.collect().await;
    // Until a second data key is in use, whatever the load was.
    while ring(&server).await.len() < 3 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for tokens in &all {
        goes_on(&server, tokens).await;
    }
    done.store(true, Ordering::SeqCst);
    rotating.await.unwrap();
    let last = ring(&server).await;
    assert!(last.len() > first.len(), "no data key was made");
    assert_ne!(last[0]["wrapped_by"], first[0]["wrapped_by"], "no data key was wrapped again");
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

/// Twenty seconds are longer than any flow of this test, as 91 days are longer than any grant or cookie.
#[tokio::test(flavor = "multi_thread")]
async fn a_data_key_retires_when_nobody_needs_it_and_what_it_sealed_opens_no_more() {
    let settings = vec![("FAST_ROTATION_RETAIN_SECONDS".to_owned(), "20".to_owned())];
    let server = Deployment::of(Plan { program: Some(program()), settings, ..Plan::of(2) }).await;
    server.until_ready().await;
    let old = tokens(&server).await.access_token;
    let kid = old.split('.').next().unwrap();
    let in_ring = async || ring(&server).await.iter().any(|key| key["kid"] == kid);
    assert!(in_ring().await, "{kid} is no key id");
    while in_ring().await {
        goes_on(&server, &tokens(&server).await).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // A process that has opened the key forgets it with its next look at the ring.
    while server.call_tool(&old).await.0 != 401 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    goes_on(&server, &tokens(&server).await).await;
    logs_no_error(&server);
}
