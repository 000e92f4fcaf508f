//! An identity endpoint that hangs when a client assertion is due, while the tokens for the store are good for a day.

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
async fn an_assertion_that_does_not_come_refuses_its_sign_in_and_delays_nobody_else() {
    let server = Deployment::start(1).await;
    let tokens = tokens(&server).await;
    // A new process has asked for the store's and the vault's tokens, and for no assertion yet.
    server.azure.host.replace(0).await;
    server.until_ready().await;
    server.azure.tenant.fail_next(Endpoint::Identity, 10_000, Fault::Held).unwrap();
    let refused = async {
        assert!(!sign_in(&server, &tokens.client_id).await, "signed in without an assertion");
    };
    let meanwhile = async {
        server.azure.tenant.until_held(1).await;
        store_answers(&server, &tokens).await;
    };
    tokio::join!(refused, meanwhile);
    server.azure.tenant.clear_faults();
    assert!(sign_in(&server, &tokens.client_id).await, "no recovery");
}
