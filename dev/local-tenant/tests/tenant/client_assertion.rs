//! Client authentication: only the managed identity's own token passes.

use serde_json::{Value, json};

use crate::support::{Local, assert_refused, claims, foreign_key, set, sign};

/// The claims of a good assertion, one of them changed.
async fn altered(local: &Local, claim: &str, value: Value) -> Value {
    let mut claims = claims(&Value::from(local.assertion().await));
    claims[claim] = value;
    claims
}

async fn refused(local: &Local, assertion: &str, expected: (&str, u32)) {
    let form = local.redemption(&local.code().await).await;
    let refusal = local.post(&set(form.clone(), "client_assertion", Some(assertion))).await;
    assert_refused(&refusal, (if expected.0 == "invalid_client" { 401 } else { 400 }, expected.0, expected.1));
    assert_eq!(local.post(&form).await.0, 200, "the code was not burnt");
}

#[tokio::test]
async fn an_unaltered_forgery_passes() {
    let local = Local::silent().await;
    let assertion = local.forge(&claims(&Value::from(local.assertion().await)));
    let form = set(local.redemption(&local.code().await).await, "client_assertion", Some(&assertion));
    assert_eq!(local.post(&form).await.0, 200, "so that the forgeries below are refused for what they change");
}

#[tokio::test]
async fn another_issuer_subject_or_audience_matches_no_federated_credential() {
    let local = Local::silent().await;
    for (claim, value, number) in [
        ("iss", "https://login.microsoftonline.com/c682b3ee-a0f4-4964-b446-9e3b1e3f3d28/v2.0", 700_211),
        ("aud", "api://azureadtokenexchange", 700_212),
        ("aud", "https://management.azure.com", 700_212),
        ("sub", "00000000-0000-0000-0000-000000000000", 700_213),
    ] {
        let assertion = local.forge(&altered(&local, claim, json!(value)).await);
        refused(&local, &assertion, ("invalid_client", number)).await;
    }
}

#[tokio::test]
async fn the_client_id_of_the_identity_is_not_its_subject() {
    let local = Local::silent().await;
    let claims = altered(&local, "sub", json!(local.setting("AZURE_CLIENT_ID"))).await;
    refused(&local, &local.forge(&claims), ("invalid_client", 700_213)).await;
}

#[tokio::test]
async fn a_list_of_audiences_is_not_the_audience() {
    let local = Local::silent().await;
    let claims = altered(&local, "aud", json!(["api://AzureADTokenExchange"])).await;
    refused(&local, &local.forge(&claims), ("invalid_client", 700_212)).await;
}

#[tokio::test]
async fn a_foreign_key_is_refused_under_any_key_id() {
    let local = Local::silent().await;
    let claims = claims(&Value::from(local.assertion().await));
    for kid in [local.key().1.as_str(), "another"] {
        refused(&local, &sign(&foreign_key(), kid, &claims), ("invalid_client", 700_027)).await;
    }
}

#[tokio::test]
async fn altered_claims_under_a_good_signature_are_refused() {
    let local = Local::silent().await;
    let (good, other) = (local.assertion().await, local.forge(&altered(&local, "uti", json!("other")).await));
    let mut parts: Vec<&str> = good.split('.').collect();
    parts[1] = other.split('.').nth(1).unwrap();
    refused(&local, &parts.join("."), ("invalid_client", 700_027)).await;
}

#[tokio::test]
async fn an_assertion_holds_only_in_its_time() {
    let local = Local::silent().await;
    let now = claims(&Value::from(local.assertion().await))["iat"].as_i64().unwrap();
    for (claim, value) in [("exp", json!(now - 301)), ("nbf", json!(now + 400)), ("exp", Value::Null)] {
        let assertion = local.forge(&altered(&local, claim, value).await);
        refused(&local, &assertion, ("invalid_client", 700_024)).await;
    }
}

#[tokio::test]
async fn yesterdays_assertion_is_refused() {
    let local = Local::silent().await;
    let old = local.assertion().await;
    local.tenant.advance_clock(time::Duration::hours(24) + time::Duration::minutes(6));
    refused(&local, &old, ("invalid_client", 700_024)).await;
}

#[tokio::test]
async fn text_that_is_not_a_jwt_is_malformed() {
    let local = Local::silent().await;
    refused(&local, "not.a.jwt", ("invalid_request", 50027)).await;
}

#[tokio::test]
async fn a_client_without_its_assertion_is_not_authenticated() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    let post = async |name: &str, value: Option<&str>| local.post(&set(form.clone(), name, value)).await;
    assert_refused(&post("client_assertion", None).await, (401, "invalid_client", 7_000_218));
    assert_refused(&post("client_secret", Some("secret")).await, (401, "invalid_client", 7_000_215));
    assert_refused(&post("client_assertion_type", None).await, (400, "invalid_request", 900_144));
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    assert_refused(&post("client_assertion_type", Some(saml)).await, (400, "invalid_request", 9_002_313));
}

#[tokio::test]
async fn basic_authentication_is_a_wrong_secret() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    let request = local.http.post(local.url("oauth2/v2.0/token")).basic_auth(local.client_id(), Some("secret"));
    let response = request.form(&form).send().await.unwrap();
    assert_refused(&(response.status(), response.json().await.unwrap()), (401, "invalid_client", 7_000_215));
}

#[tokio::test]
async fn a_users_token_does_not_authenticate_the_app() {
    let local = Local::silent().await;
    let access_token = local.sign_in().await["access_token"].as_str().unwrap().to_owned();
    refused(&local, &access_token, ("invalid_client", 700_213)).await;
}
