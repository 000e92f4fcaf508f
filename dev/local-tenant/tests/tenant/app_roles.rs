//! App roles: who was assigned one, and where they stand.

use local_tenant::AssignmentError;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Local, assert_refused, claims};

const ALICE: &str = "alice@contoso.example";
const BOB: &str = "bob@contoso.example";

/// `roles` in the tokens for our app: the access token's, and the ID token's.
async fn roles(local: &Local) -> [Value; 2] {
    let answer = local.sign_in().await;
    ["access_token", "id_token"].map(|token| claims(&answer[token])["roles"].clone())
}

#[tokio::test]
async fn both_tokens_for_our_app_name_the_roles_of_their_user_at_their_issue() {
    let local = Local::silent().await;
    assert_eq!(roles(&local).await, [json!(["Admin"]), json!(["Admin"])]);
    local.tenant.assign_roles(ALICE, &["User", "Admin"]).unwrap();
    assert_eq!(roles(&local).await, [json!(["User", "Admin"]), json!(["User", "Admin"])]);
    local.tenant.assign_roles(ALICE, &[]).unwrap();
    assert_eq!(roles(&local).await, [Value::Null, Value::Null]);
}

#[tokio::test]
async fn a_refresh_brings_the_roles_of_its_own_time_and_an_exchanged_token_none() {
    let local = Local::silent().await;
    let before = local.sign_in().await;
    local.tenant.assign_roles(ALICE, &["User"]).unwrap();
    let scope = format!("{} offline_access", local.middle_tier());
    let refresh_token = before["refresh_token"].as_str().unwrap();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", &scope)];
    let (_, after) = local.token(&refresh).await;
    assert_eq!(claims(&before["access_token"])["roles"], json!(["Admin"]));
    assert_eq!(claims(&after["access_token"])["roles"], json!(["User"]));
    let access_token = after["access_token"].as_str().unwrap();
    let (_, exchanged) = local.exchange(access_token, "https://graph.microsoft.com/User.Read").await;
    assert_eq!(claims(&exchanged["access_token"])["roles"], Value::Null);
}

#[tokio::test]
async fn only_users_of_the_directory_have_roles_and_only_roles_of_users() {
    let local = Local::start().await;
    let nobody = local.tenant.assign_roles("nobody@contoso.example", &["Admin"]);
    assert_eq!(nobody, Err(AssignmentError::UnknownUser("nobody@contoso.example".into())));
    for role in ["Gateway", "admin", ""] {
        assert_eq!(local.tenant.assign_roles(BOB, &[role]), Err(AssignmentError::UnknownRole(role.into())));
    }
}

#[tokio::test]
async fn where_an_assignment_is_required_others_get_no_token() {
    let local = Local::silent().await;
    let before = local.sign_in().await;
    let refresh_token = before["refresh_token"].as_str().unwrap();
    let scope = format!("{} offline_access", local.middle_tier());
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", &scope)];
    local.tenant.require_assignment(true);
    assert_eq!(local.token(&refresh).await.0, 200);
    local.tenant.assign_roles(ALICE, &[]).unwrap();
    assert_refused(&local.token(&refresh).await, (400, "invalid_grant", 50105));
    let page = local.authorize(&local.authorization()).await;
    assert_eq!(page.status(), 400, "Entra keeps the user on its own page");
    assert!(page.text().await.unwrap().contains("AADSTS50105"));
}

#[tokio::test]
async fn they_are_assigned_from_another_process() {
    let local = Local::silent().await;
    let url = format!("{}/_control/app-roles", local.tenant.base_url());
    let control = |body: &Value| {
        let request = local.http.request(Method::POST, &url).bearer_auth(local.tenant.control_token());
        request.json(body).send()
    };
    for wrong in [json!({ "user": ALICE, "roles": "User" }), json!({ "user": ALICE, "roles": ["Gateway"] })] {
        assert_eq!(control(&wrong).await.unwrap().status(), 400, "{wrong}");
    }
    assert_eq!(control(&json!({ "user": ALICE, "roles": ["User"] })).await.unwrap().status(), 204);
    assert_eq!(roles(&local).await, [json!(["User"]), json!(["User"])]);
}
