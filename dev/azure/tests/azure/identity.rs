//! An identity endpoint that hangs after a process has fetched what it needs for a day.

use local_tenant::{Endpoint, Fault};

use crate::{
    browser::{Browser, Tokens, tokens},
    deployment::Deployment,
    traffic::{health, register, sign_in},
};

/// Requests that need only the store and the unwrapped keys.
async fn store_answers(server: &Deployment, tokens: &Tokens) {
    assert!(register(server).await, "POST /register: 503");
    Browser::default().authorize(server, &tokens.client_id).await;
    let (status, answer) = server.refresh(&tokens.client_id, &tokens.refresh_token).await;
    assert_eq!(status, 200, "POST /token: {answer}");
    assert!(health(server).await, "GET /health: 503");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_endpoint_that_hangs_after_the_start_delays_nobody() {
    let server = Deployment::start(1).await;
    let tokens = tokens(&server).await;
    server.azure.host.replace(0).await;
    server.until_ready().await;
    assert!(sign_in(&server, &tokens.client_id).await, "a new process fetches its assertion");
    server.azure.tenant.fail_next(Endpoint::Identity, 10_000, Fault::Held).unwrap();
    store_answers(&server, &tokens).await;
    assert!(sign_in(&server, &tokens.client_id).await, "the assertion is used until its end");
}
