//! With the tenant down every endpoint answers as documented, and recovers without a restart.

use stand_in::wait::until;

use crate::{
    browser::{Browser, location, tokens},
    deployment::{Deployment, body, tool_call},
};

#[tokio::test]
async fn with_the_tenant_down_what_needs_it_says_so_and_the_rest_goes_on() {
    let mut server = Deployment::start().await;
    let tokens = tokens(&server).await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &tokens.client_id).await;
    let callback = browser.allow(&server, &form).await;
    server.tenant_down().await;

    assert_eq!(server.get("/health").send().await.unwrap().status(), 200);
    assert_eq!(server.register().await.len(), 22);
    let redirect = location(&browser.get(&server, &callback).await);
    assert!(redirect.contains("error=temporarily_unavailable"), "{redirect}");
    let called = body(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap()).await;
    assert!(driver::mcp::tool_error(&called).is_some(), "{called}");

    server.tenant_up().await;
    // The failure is believed for a second.
    until(async || {
        let called = body(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap()).await;
        let succeeded = called["result"]["structuredContent"]["success"] == true;
        let no_answer = || driver::mcp::tool_error(&called).is_some_and(|error| error.contains("does not answer"));
        assert!(succeeded || no_answer(), "{called}");
        succeeded
    })
    .await;
    let redirect = Browser::default().sign_in(&server, &tokens.client_id).await;
    assert!(redirect.get("code").is_some());
}

#[tokio::test]
async fn a_refresh_with_the_tenant_down_is_answered_as_long_as_the_assertion_lives() {
    let mut server = Deployment::start().await;
    let tokens = tokens(&server).await;
    server.tenant_down().await;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", tokens.client_id.as_str()),
        ("refresh_token", &tokens.refresh_token),
    ];
    let (status, answer) = server.token(&form).await;
    assert_eq!(status, 200, "{answer}");
}
