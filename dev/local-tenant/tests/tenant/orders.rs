//! A second API of the tenant, and its tokens.

use local_tenant::{Endpoint, Fault};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Local, assert_refused, claims, foreign_key, sign};

const ORDERS_READ: &str = "api://contoso.example/orders/Orders.Read";
const USER_READ: &str = "https://graph.microsoft.com/User.Read";

/// Alice's assertion, if she has consented to this, too.
async fn assertion(local: &Local, consented: &str) -> String {
    let scope = format!("openid profile offline_access {} {consented}", local.middle_tier());
    let code = local.code_for(&scope).await;
    let (_, answer) = local.post(&local.redemption(&code).await).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn exchanged(local: &Local, scope: &str) -> String {
    let assertion = assertion(local, &format!("{ORDERS_READ} {USER_READ}")).await;
    let (status, answer) = local.exchange(&assertion, scope).await;
    assert_eq!(status, 200, "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn get(local: &Local, token: &str) -> Response {
    local.http.get(format!("{}/contoso/orders", local.tenant.base_url())).bearer_auth(token).send().await.unwrap()
}

#[tokio::test]
async fn the_users_token_becomes_one_for_the_api_whose_scope_is_named() {
    let local = Local::silent().await;
    let token = exchanged(&local, ORDERS_READ).await;
    let of_token = claims(&json!(token));
    assert_eq!((&of_token["scp"], &of_token["ver"]), (&json!("Orders.Read"), &json!("2.0")));
    let answer = get(&local, &token).await;
    assert_eq!(answer.status(), 200);
    let listed: Value = answer.json().await.unwrap();
    assert_eq!(listed["orders"][0]["id"], "Alice-3", "{listed}");
}

#[tokio::test]
async fn a_token_is_for_one_api_and_scopes_of_two_are_refused() {
    let local = Local::silent().await;
    assert_eq!(get(&local, &exchanged(&local, USER_READ).await).await.status(), 401);
    let both = format!("{ORDERS_READ} {USER_READ}");
    let refused = local.exchange(&assertion(&local, &both).await, &both).await;
    assert_refused(&refused, (400, "invalid_request", 28000));
}

#[tokio::test]
async fn consent_is_needed_for_each_api() {
    let local = Local::silent().await;
    let refused = local.exchange(&assertion(&local, USER_READ).await, ORDERS_READ).await;
    assert_refused(&refused, (400, "invalid_grant", 65001));
}

#[tokio::test]
async fn a_test_may_have_the_api_demand_claims_once() {
    let local = Local::silent().await;
    let token = exchanged(&local, ORDERS_READ).await;
    let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    local.tenant.fail_next(Endpoint::Orders, 1, Fault::Claims { claims: claims.into() }).unwrap();
    let refused = get(&local, &token).await;
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
    assert_eq!(refused.status(), 401);
    assert!(challenge.contains("error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4i"), "{challenge}");
    assert_eq!(get(&local, &token).await.status(), 200);
    let entra = Fault::Aadsts { number: 50_076, suberror: None, claims: None };
    assert!(local.tenant.fail_next(Endpoint::Orders, 1, entra).is_err(), "an API says nothing that only Entra says");
}

#[tokio::test]
async fn every_claim_of_a_token_counts() {
    let local = Local::silent().await;
    let token = exchanged(&local, ORDERS_READ).await;
    let good = claims(&json!(token));
    assert_eq!(get(&local, &local.forge(&good)).await.status(), 200, "an unaltered forgery passes");
    assert_eq!(get(&local, &sign(&foreign_key(), &local.key().1, &good)).await.status(), 401);
    for (claim, value, status) in [
        ("aud", "api://contoso.example/orders", 401),
        ("iss", "https://login.microsoftonline.com/common/v2.0", 401),
        ("tid", "00000000-0000-0000-0000-000000000000", 401),
        ("azp", "00000000-0000-0000-0000-000000000000", 401),
        ("oid", "00000000-0000-0000-0000-000000000000", 401),
        ("ver", "1.0", 401),
        ("scp", "Orders.Write", 403),
    ] {
        let mut altered = good.clone();
        altered[claim] = json!(value);
        let answer = get(&local, &local.forge(&altered)).await;
        assert_eq!(answer.status(), status, "{claim}");
        assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer error="), "{claim}");
    }
    local.tenant.advance_clock(time::Duration::seconds(4500));
    assert_eq!(get(&local, &token).await.status(), 401);
}
