//! Microsoft Graph.

use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Local, claims, foreign_key, sign};

async fn graph_token(local: &Local) -> String {
    let access_token = local.sign_in().await["access_token"].as_str().unwrap().to_owned();
    let (_, answer) = local.exchange(&access_token, "https://graph.microsoft.com/User.Read").await;
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn get(local: &Local, path: &str, token: &str) -> Response {
    local.http.get(format!("{}{path}", local.setting("GRAPH_ENDPOINT"))).bearer_auth(token).send().await.unwrap()
}

async fn refused(local: &Local, token: &str, message: &str) {
    let response = get(local, "/v1.0/me", token).await;
    assert_eq!(response.status(), 401);
    assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer realm=\"\""));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
    assert!(body["error"]["message"].as_str().unwrap().contains(message), "{body}");
    for member in ["date", "request-id", "client-request-id"] {
        assert!(body["error"]["innerError"][member].is_string(), "{body}");
    }
}

#[tokio::test]
async fn me_is_the_signed_in_user() {
    let local = Local::silent().await;
    let response = get(&local, "/v1.0/me", &graph_token(&local).await).await;
    assert_eq!(response.status(), 200);
    let content_type = response.headers()["content-type"].to_str().unwrap();
    assert!(
        content_type.starts_with("application/json;odata.metadata=minimal;odata.streaming=true;"),
        "{content_type}"
    );
    let alice = &local.tenant.users()[0];
    let expected = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
        "businessPhones": [],
        "displayName": alice.display_name,
        "givenName": "Alice",
        "jobTitle": null,
        "mail": alice.user_principal_name,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": "Adams",
        "userPrincipalName": alice.user_principal_name,
        "id": alice.oid,
    });
    assert_eq!(response.json::<Value>().await.unwrap(), expected);
}

#[tokio::test]
async fn without_a_graph_token_of_this_tenant_nobody_is_signed_in() {
    let local = Local::silent().await;
    let token = graph_token(&local).await;
    let token_claims = claims(&json!(token));
    refused(&local, "", "Access token is empty.").await;
    refused(&local, "not-a-jwt", "IDX14100").await;
    refused(&local, &sign(&foreign_key(), &local.key().1, &token_claims), "Invalid signature").await;
    let middle_tier = local.sign_in().await["access_token"].as_str().unwrap().to_owned();
    refused(&local, &middle_tier, "Invalid audience").await;
    let mut other_audience = token_claims.clone();
    other_audience["aud"] = json!(local.client_id());
    refused(&local, &local.forge(&other_audience), "Invalid audience").await;
    let mut other_issuer = token_claims.clone();
    other_issuer["iss"] = json!(local.issuer());
    refused(&local, &local.forge(&other_issuer), "Invalid issuer").await;
    local.tenant.advance_clock(time::Duration::seconds(4500));
    refused(&local, &token, "Lifetime validation failed").await;
}

#[tokio::test]
async fn without_user_read_the_profile_is_forbidden() {
    let local = Local::silent().await;
    let mut claims = claims(&json!(graph_token(&local).await));
    claims["scp"] = json!("openid profile User.ReadBasic.All");
    let response = get(&local, "/v1.0/me", &local.forge(&claims)).await;
    assert_eq!(response.status(), 403);
    assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], "Authorization_RequestDenied");
}

#[tokio::test]
async fn an_unsupported_request_is_refused() {
    let local = Local::silent().await;
    let token = graph_token(&local).await;
    for (path, status, code) in [
        ("/v1.0/me/drive", 404, "ResourceNotFound"),
        ("/v1.0/users", 404, "ResourceNotFound"),
        ("/beta/me", 404, "ResourceNotFound"),
        ("/v1.0/me?$select=id", 501, "NotImplemented"),
    ] {
        let response = get(&local, path, &token).await;
        assert_eq!(response.status(), status, "{path}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], code);
        assert!(body["error"]["message"].as_str().unwrap().contains("not implemented by the local tenant"));
    }
    let patched =
        local.http.patch(format!("{}/v1.0/me", local.tenant.base_url())).bearer_auth(&token).send().await.unwrap();
    assert_eq!(patched.status(), 501);
}
