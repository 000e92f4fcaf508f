//! Registration: anyone may register; a registration grants nothing, and expires unless it is used.

use authorization_server::{
    endpoints::{authorize::AuthorizeError, token_error::TokenError},
    ground::Network,
};
use oauth_protocol::scope::Scope;
use testkit::{Fault, FlowError, Rig};
use time::Duration;

fn is_unknown<T>(opened: &Result<T, FlowError>) -> bool {
    use authorization_server::endpoints::request_refusal::AtServer;
    matches!(opened, Err(FlowError::Authorize(AuthorizeError::AtServer(AtServer::UnknownClient))))
}

#[tokio::test]
async fn the_client_id_of_the_answer_is_the_one_that_is_stored() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let stored = rig.clients.all().remove(0);
    assert_eq!(stored.id.to_string(), client_id);
    assert_eq!(stored.name.as_deref(), Some("Client"));
    assert_eq!(stored.used_at, None);
}

#[tokio::test]
async fn a_claimed_client_id_and_secret_are_ignored() {
    let rig = Rig::new().unwrap();
    let body = r#"{"redirect_uris":["https://client.example/cb"],"client_id":"mine","client_secret":"mine"}"#;
    let metadata = rig.metadata(body).unwrap();
    let answer = serde_json::to_value(rig.server.register(metadata, Network::UNKNOWN).await.unwrap()).unwrap();
    assert_eq!(answer["client_id"], rig.clients.all()[0].id.to_string());
    assert!(answer.get("client_secret").is_none());
}

#[tokio::test]
async fn a_client_that_names_no_scope_gets_the_default_of_the_deployment() {
    let rig = Rig::new().unwrap();
    let scope = Scope::parse("user.read mail.read").unwrap();
    let server = rig.second_process().with_default_scope(scope.clone());
    let metadata = rig.metadata(r#"{"redirect_uris":["https://client.example/cb"]}"#).unwrap();
    let answer = serde_json::to_value(server.register(metadata, Network::UNKNOWN).await.unwrap()).unwrap();
    assert_eq!((server.default_scope(), answer["scope"].as_str()), (&scope, Some("user.read mail.read")));
}

#[test]
fn our_own_endpoints_are_no_redirect_uris() {
    let rig = Rig::new().unwrap();
    for host in ["mcp.example.com", "MCP.example.com:443"] {
        let body = format!(r#"{{"redirect_uris":["https://{host}/oauth-callback"]}}"#);
        assert!(rig.metadata(&body).is_err(), "{host}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_registers_nobody() {
    let rig = Rig::new().unwrap();
    rig.store.set_down(true);
    assert!(rig.register().await.err().unwrap().is_unavailable());
    assert!(rig.clients.all().is_empty());
}

#[tokio::test]
async fn an_unused_registration_expires_after_30_days() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    rig.clock.advance(Duration::days(30) - Duration::SECOND);
    assert!(rig.open_page(&client_id).await.is_ok());
    rig.clock.advance(Duration::SECOND);
    assert!(is_unknown(&rig.open_page(&client_id).await));
    let redeemed = rig.redeem(&client_id, &"any".into()).await;
    assert!(matches!(redeemed, Err(TokenError::UnknownClient)));
}

#[tokio::test]
async fn opening_the_consent_page_is_no_use() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    rig.clock.advance(Duration::days(29));
    rig.code(&client_id).await.unwrap();
    rig.clock.advance(Duration::days(1));
    assert!(is_unknown(&rig.open_page(&client_id).await));
}

#[tokio::test]
async fn a_used_registration_is_kept_400_days_after_its_last_use() {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    rig.clock.advance(Duration::days(60));
    rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    rig.clock.advance(Duration::days(400) - Duration::SECOND);
    assert!(rig.open_page(&owner.client_id).await.is_ok());
    rig.clock.advance(Duration::SECOND);
    assert!(is_unknown(&rig.open_page(&owner.client_id).await));
}

#[tokio::test]
async fn use_is_noted_once_a_day_at_most() {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    let used_at = rig.clients.all()[0].used_at.unwrap();
    rig.clock.advance(Duration::hours(23));
    let tokens = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!(rig.clients.all()[0].used_at, Some(used_at));
    rig.clock.advance(Duration::HOUR);
    rig.refresh(&owner.client_id, &tokens.refresh_token).await.unwrap();
    assert_eq!(rig.clients.all()[0].used_at, Some(used_at + Duration::DAY));
}

#[tokio::test]
async fn a_note_of_use_that_fails_costs_the_client_nothing() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let code = rig.code(&client_id).await.unwrap();
    // Client, authorization, upstream tokens, grant, owner, the owner's grants; then the note.
    rig.store.fail_after(6, Fault::Before);
    assert!(rig.redeem(&client_id, &code).await.is_ok());
    assert!(!rig.store.fault_is_due());
    assert_eq!(rig.clients.all()[0].used_at, None);
}
