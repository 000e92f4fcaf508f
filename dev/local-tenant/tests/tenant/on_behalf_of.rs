//! The on-behalf-of exchange.

use serde_json::{Value, json};

use crate::support::{Local, assert_refused, claims, foreign_key, sign};

const USER_READ: &str = "https://graph.microsoft.com/User.Read";

async fn access_token(local: &Local) -> String {
    local.sign_in().await["access_token"].as_str().unwrap().to_owned()
}

/// A good assertion's claims, one of them changed, signed by the tenant itself.
fn altered(local: &Local, token: &str, claim: &str, value: Value) -> String {
    let mut claims = claims(&json!(token));
    claims[claim] = value;
    local.forge(&claims)
}

#[tokio::test]
async fn the_users_token_becomes_one_for_graph() {
    let local = Local::silent().await;
    let (status, answer) = local.exchange(&access_token(&local).await, USER_READ).await;
    assert_eq!(status, 200, "{answer}");
    let claims = claims(&answer["access_token"]);
    assert_eq!(claims["aud"], "00000003-0000-0000-c000-000000000000");
    assert_eq!(
        (claims["appid"].as_str(), claims["oid"].as_str()),
        (Some(local.client_id()), Some(local.tenant.users()[0].oid))
    );
    assert_eq!(claims["xms_cc"], json!(["cp1"]));
    assert!(claims["scp"].as_str().unwrap().split(' ').any(|scope| scope == "User.Read"));
    assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none());
}

#[tokio::test]
async fn msal_may_ask_for_default_and_a_refresh_token() {
    let local = Local::silent().await;
    let scope = "https://graph.microsoft.com/.default offline_access openid profile";
    let (status, answer) = local.exchange(&access_token(&local).await, scope).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["refresh_token"].is_string() && answer["id_token"].is_string());
}

#[tokio::test]
async fn a_scope_without_consent_is_not_granted() {
    let local = Local::silent().await;
    let code = local.code_for(&format!("openid profile offline_access {}", local.middle_tier())).await;
    let (_, answer) = local.post(&local.redemption(&code).await).await;
    let assertion = answer["access_token"].as_str().unwrap();
    for scope in [USER_READ, "https://graph.microsoft.com/.default"] {
        let refused = local.exchange(assertion, scope).await;
        assert_refused(&refused, (400, "invalid_grant", 65001));
        assert_eq!(refused.1["suberror"], "consent_required");
    }
}

#[tokio::test]
async fn an_unaltered_forgery_passes() {
    let local = Local::silent().await;
    let assertion = altered(&local, &access_token(&local).await, "uti", json!("other"));
    assert_eq!(
        local.exchange(&assertion, USER_READ).await.0,
        200,
        "so that those below are refused for what they change"
    );
}

#[tokio::test]
async fn a_foreign_signature_is_refused() {
    let local = Local::silent().await;
    let claims = claims(&json!(access_token(&local).await));
    let forged = sign(&foreign_key(), &local.key().1, &claims);
    assert_refused(&local.exchange(&forged, USER_READ).await, (400, "invalid_grant", 50013));
    assert_refused(&local.exchange("no.jwt", USER_READ).await, (400, "invalid_request", 50027));
}

#[tokio::test]
async fn an_assertion_for_another_audience_is_refused() {
    let local = Local::silent().await;
    let graph =
        local.exchange(&access_token(&local).await, USER_READ).await.1["access_token"].as_str().unwrap().to_owned();
    assert_refused(&local.exchange(&graph, USER_READ).await, (400, "invalid_grant", 500_131));
    let workload = local.assertion().await;
    assert_refused(&local.exchange(&workload, USER_READ).await, (400, "invalid_grant", 500_131));
}

#[tokio::test]
async fn an_id_token_is_not_an_access_token() {
    let local = Local::silent().await;
    let id_token = local.sign_in().await["id_token"].as_str().unwrap().to_owned();
    assert_refused(&local.exchange(&id_token, USER_READ).await, (400, "invalid_grant", 50013));
}

#[tokio::test]
async fn an_expired_assertion_is_refused() {
    let local = Local::silent().await;
    let assertion = access_token(&local).await;
    local.tenant.advance_clock(time::Duration::seconds(4500));
    assert_refused(&local.exchange(&assertion, USER_READ).await, (400, "invalid_grant", 500_133));
}

#[tokio::test]
async fn an_app_only_token_has_nobody_to_act_for() {
    let local = Local::silent().await;
    let assertion = altered(&local, &access_token(&local).await, "idtyp", json!("app"));
    assert_refused(&local.exchange(&assertion, USER_READ).await, (400, "invalid_grant", 7_000_114));
}

#[tokio::test]
async fn another_scope_issuer_or_user_is_refused() {
    let local = Local::silent().await;
    let token = access_token(&local).await;
    for (claim, value) in [
        ("scp", "User.Read access_as_user_not"),
        ("iss", "https://login.microsoftonline.com/common/v2.0"),
        ("tid", "00000000-0000-0000-0000-000000000000"),
        ("oid", "00000000-0000-0000-0000-000000000000"),
    ] {
        let refused = local.exchange(&altered(&local, &token, claim, json!(value)), USER_READ).await;
        assert_refused(&refused, (400, "invalid_grant", 50013));
    }
}

#[tokio::test]
async fn only_on_behalf_of_and_not_for_the_app_itself_is_implemented() {
    let local = Local::silent().await;
    let assertion = access_token(&local).await;
    let itself = local.exchange(&assertion, &local.middle_tier()).await;
    assert_refused(&itself, (400, "invalid_request", 9_002_313));
    let grant = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", assertion.as_str()),
        ("scope", USER_READ),
    ];
    assert_refused(&local.token(&grant).await, (400, "invalid_request", 900_144));
    let other = [grant.as_slice(), &[("requested_token_use", "impersonate")]].concat();
    assert_refused(&local.token(&other).await, (400, "invalid_request", 9_002_313));
}
