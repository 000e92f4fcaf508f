//! The policy that demands a second factor for Graph.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Local, Pairs, assert_refused, claims, pairs, redirected, set};

const USER_READ: &str = "https://graph.microsoft.com/User.Read";

/// The product's authorization request, with the claims of a refusal.
fn demanding(local: &Local, demanded: &str) -> Pairs {
    set(local.authorization(), "claims", Some(demanded))
}

async fn refused(local: &Local, assertion: &str) -> String {
    let refused = local.exchange(assertion, USER_READ).await;
    assert_refused(&refused, (400, "invalid_grant", 50076));
    assert_eq!(refused.1["suberror"], "basic_action");
    refused.1["claims"].as_str().unwrap().to_owned()
}

async fn redeemed(local: &Local, code: &str) -> Value {
    let (status, answer) = local.post(&local.redemption(code).await).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn text<'a>(answer: &'a Value, member: &str) -> &'a str {
    answer[member].as_str().unwrap()
}

#[tokio::test]
async fn from_then_on_an_exchange_needs_a_sign_in_that_brought_the_claims() {
    let local = Local::silent().await;
    let before = local.sign_in().await;
    assert_eq!(local.exchange(text(&before, "access_token"), USER_READ).await.0, 200);
    local.tenant.require_second_factor(true);
    let demanded = refused(&local, text(&before, "access_token")).await;
    let named: Value = serde_json::from_str(&demanded).unwrap();
    assert_eq!(named["access_token"]["capolids"]["essential"], true);
    refused(&local, text(&local.sign_in().await, "access_token")).await;

    let code = redirected(&local.authorize(&demanding(&local, &demanded)).await)["code"].clone();
    let after = redeemed(&local, &code).await;
    assert_eq!(claims(&after["access_token"])["amr"], json!(["pwd", "mfa"]));
    assert_eq!(local.exchange(text(&after, "access_token"), USER_READ).await.0, 200);
    let scope = format!("{} offline_access", local.middle_tier());
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", text(&after, "refresh_token")), ("scope", &scope)];
    let (_, renewed) = local.token(&refresh).await;
    assert_eq!(local.exchange(text(&renewed, "access_token"), USER_READ).await.0, 200, "a refresh keeps the factor");
    local.tenant.require_second_factor(false);
    assert_eq!(local.exchange(text(&before, "access_token"), USER_READ).await.0, 200);
}

#[tokio::test]
async fn another_policy_is_not_implemented() {
    let local = Local::silent().await;
    let other = r#"{"access_token":{"capolids":{"essential":true,"values":["00000000-0000-0000-0000-000000000000"]}}}"#;
    assert_eq!(redirected(&local.authorize(&demanding(&local, other)).await)["error"], "invalid_request");
}

/// The value of the page's hidden field.
fn page_id(page: &str) -> String {
    page.split("name=\"request\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn login(local: &Local, form: &[(&str, &str)]) -> Response {
    local.http.post(local.url("login")).form(&pairs(form)).send().await.unwrap()
}

#[tokio::test]
async fn the_second_factor_has_a_page_of_its_own_and_is_asked_of_the_user_who_was_chosen() {
    let local = Local::start().await;
    let [alice, bob] = [0, 1].map(|number| local.tenant.users()[number].oid);
    local.tenant.require_second_factor(true);
    let demanded =
        r#"{"access_token":{"capolids":{"essential":true,"values":["5b7e2a4c-3d21-4f0a-9c58-6a1f4e0d7b93"]}}}"#;
    let asked = async || {
        let page = local.authorize(&demanding(&local, demanded)).await.text().await.unwrap();
        let chosen = login(&local, &[("request", &page_id(&page)), ("user", alice)]).await;
        assert_eq!(chosen.status(), 200);
        page_id(&chosen.text().await.unwrap())
    };
    let approved = |user| [("user", user), ("second_factor", "approved")];
    let id = asked().await;
    let answer = login(&local, &[&[("request", id.as_str())][..], &approved(alice)].concat()).await;
    assert!(redirected(&answer).contains_key("code"));
    let id = asked().await;
    assert_eq!(login(&local, &[&[("request", id.as_str())][..], &approved(bob)].concat()).await.status(), 400);
    let page = local.authorize(&demanding(&local, demanded)).await.text().await.unwrap();
    let id = page_id(&page);
    let unasked = [&[("request", id.as_str())][..], &approved(alice)].concat();
    assert_eq!(login(&local, &unasked).await.status(), 400, "nobody was asked");
}

#[tokio::test]
async fn it_is_turned_on_from_another_process() {
    let local = Local::silent().await;
    let token = local.sign_in().await;
    let url = format!("{}/_control/conditional-access", local.tenant.base_url());
    let control = |body: &Value| {
        let request = local.http.request(Method::POST, &url).bearer_auth(local.tenant.control_token());
        request.json(body).send()
    };
    assert_eq!(control(&json!({ "second_factor": "yes" })).await.unwrap().status(), 400);
    assert_eq!(control(&json!({ "second_factor": true })).await.unwrap().status(), 204);
    refused(&local, text(&token, "access_token")).await;
}
