//! A policy that appears, over two processes on Cosmos DB: whichever process a request meets, one sign-in is enough.

use driver::mcp::tool_error;

use crate::{
    browser::{Browser, tokens},
    deployment::Deployment,
};

#[tokio::test(flavor = "multi_thread")]
async fn one_sign_in_is_enough_whichever_process_is_asked() {
    let server = Deployment::start(2).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(tokens(&server).await);
    }
    server.azure.tenant.require_second_factor(true);
    for client in &clients {
        let (status, answer) = server.call_tool(&client.access_token).await;
        assert!(status == 200 && tool_error(&answer).is_some_and(|words| words.contains("sign in again")), "{answer}");
        let (status, _) = server.refresh(&client.client_id, &client.refresh_token).await;
        assert_eq!(status, 400, "in both processes");
        let again = Browser::default().tokens(&server, &client.client_id, "user.read").await;
        for _ in 0..4 {
            let (status, answer) = server.call_tool(&again.access_token).await;
            assert_eq!((status, &answer["result"]["structuredContent"]["success"]), (200, &true.into()), "{answer}");
        }
    }
}

/// As VS Code does when a challenge names the scopes that it has (extHostMcp.ts, `_fetchWithAuthRetry`).
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_registers_anew_signs_in_once_whichever_process_is_asked() {
    let server = Deployment::start(2).await;
    let before = tokens(&server).await;
    server.azure.tenant.require_second_factor(true);
    let (_, answer) = server.call_tool(&before.access_token).await;
    assert!(tool_error(&answer).is_some_and(|words| words.contains("sign in again")), "{answer}");
    let anew = tokens(&server).await;
    assert_ne!(anew.client_id, before.client_id);
    for _ in 0..4 {
        let (status, answer) = server.call_tool(&anew.access_token).await;
        assert_eq!((status, &answer["result"]["structuredContent"]["success"]), (200, &true.into()), "{answer}");
    }
}
