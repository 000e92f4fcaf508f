//! POST /revoke (RFC 7009).

use crate::{
    browser::{Tokens, tokens},
    deployment::{Deployment, tool_call},
};

async fn revoke(server: &Deployment, client_id: &str, token: &str) -> u16 {
    let form = [("client_id", client_id), ("token", token), ("token_type_hint", "anything")];
    server.post("/revoke").form(&form).send().await.unwrap().status().as_u16()
}

async fn works(server: &Deployment, tokens: &Tokens) -> (u16, u16) {
    let call = server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap().status().as_u16();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", tokens.client_id.as_str()),
        ("refresh_token", &tokens.refresh_token),
    ];
    (call, server.token(&form).await.0)
}

#[tokio::test]
async fn either_token_ends_the_whole_grant_at_once() {
    let server = Deployment::start().await;
    for access in [true, false] {
        let tokens = tokens(&server).await;
        let token = if access { &tokens.access_token } else { &tokens.refresh_token };
        assert_eq!(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap().status(), 200);
        assert_eq!(revoke(&server, &tokens.client_id, token).await, 200);
        assert_eq!(works(&server, &tokens).await, (401, 400));
    }
}

#[tokio::test]
async fn a_foreign_or_unknown_token_is_answered_alike_and_nothing_happens() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    let other = server.register().await;
    for token in [&tokens.access_token, &tokens.refresh_token, "nonsense", &tokens.access_token[1..]] {
        assert_eq!(revoke(&server, &other, token).await, 200);
    }
    assert_eq!(works(&server, &tokens).await, (200, 200));
}

#[tokio::test]
async fn an_unknown_client_or_a_missing_token_is_an_error() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    assert_eq!(revoke(&server, "AAAAAAAAAAAAAAAAAAAAAA", "x").await, 401);
    assert_eq!(revoke(&server, &client_id, "").await, 400);
}
