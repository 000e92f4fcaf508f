//! The two apps that call our app with tokens of their own.

use local_tenant::{Client, DESKTOP_CLIENT, WEB_CLIENT};
use reqwest::{StatusCode, Url};
use serde_json::Value;

use crate::support::{CAPABILITIES, Local, Pairs, VERIFIER, assert_refused, claims, set};

/// Alice's code for this app and scope.
async fn code(local: &Local, client: &Client, scope: &str) -> String {
    let query = set(local.authorization(), "client_id", Some(client.client_id));
    let query = set(set(query, "redirect_uri", Some(client.redirect_uri)), "scope", Some(scope));
    let answer = local.authorize(&query).await;
    let location = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

fn form(client: &Client, code: &str, scope: &str) -> Pairs {
    let mut form = vec![
        ("client_id", client.client_id),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", client.redirect_uri),
        ("code_verifier", VERIFIER),
        ("scope", scope),
        ("claims", CAPABILITIES),
    ];
    form.extend(client.secret.map(|secret| ("client_secret", secret)));
    crate::support::pairs(&form)
}

async fn signed_in(local: &Local, client: &Client) -> (StatusCode, Value) {
    let scope = format!("openid profile offline_access {}", local.middle_tier());
    local.post(&form(client, &code(local, client, &scope).await, &scope)).await
}

#[tokio::test]
async fn each_app_gets_a_token_for_ours_that_says_which_it_is_and_how_it_authenticated_itself() {
    let local = Local::silent().await;
    for (client, azpacr) in [(&WEB_CLIENT, "1"), (&DESKTOP_CLIENT, "0")] {
        let (status, answer) = signed_in(&local, client).await;
        assert_eq!(status, 200, "{answer}");
        let token = claims(&answer["access_token"]);
        assert_eq!((token["aud"].as_str(), token["azp"].as_str()), (Some(local.client_id()), Some(client.client_id)));
        assert_eq!((token["azpacr"].as_str(), token["scp"].as_str()), (Some(azpacr), Some("access_as_user")));
        assert_eq!(token["xms_cc"], serde_json::json!(["cp1"]));
        assert_eq!(claims(&answer["id_token"])["aud"], client.client_id, "its ID token is for itself");
    }
}

#[tokio::test]
async fn an_app_that_does_not_authenticate_itself_as_it_is_registered_is_refused() {
    let local = Local::silent().await;
    let scope = local.middle_tier();
    for (client, secret, number) in [
        (&WEB_CLIENT, None, 7_000_218),
        (&WEB_CLIENT, Some("another"), 7_000_215),
        (&DESKTOP_CLIENT, Some("a secret"), 7_000_215),
    ] {
        let form = form(client, &code(&local, client, &scope).await, &scope);
        let answer = local.post(&set(form, "client_secret", secret)).await;
        assert_refused(&answer, (401, "invalid_client", number));
    }
}

#[tokio::test]
async fn a_code_and_a_refresh_token_are_of_the_app_that_they_were_issued_to() {
    let local = Local::silent().await;
    let scope = local.middle_tier();
    let code = code(&local, &DESKTOP_CLIENT, &scope).await;
    assert_refused(&local.post(&form(&WEB_CLIENT, &code, &scope)).await, (400, "invalid_grant", 70000));
    let refresh_token = signed_in(&local, &DESKTOP_CLIENT).await.1["refresh_token"].as_str().unwrap().to_owned();
    let refresh = |client: &Client| {
        let mut form = vec![
            ("client_id", client.client_id),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.as_str()),
            ("scope", scope.as_str()),
        ];
        form.extend(client.secret.map(|secret| ("client_secret", secret)));
        crate::support::pairs(&form)
    };
    assert_refused(&local.post(&refresh(&WEB_CLIENT)).await, (400, "invalid_grant", 70000));
    assert_eq!(local.post(&refresh(&DESKTOP_CLIENT)).await.0, 200);
}

#[tokio::test]
async fn the_other_apps_get_tokens_for_ours_alone() {
    let local = Local::silent().await;
    let scope = "https://graph.microsoft.com/User.Read";
    let (status, answer) = local.post(&form(&WEB_CLIENT, &code(&local, &WEB_CLIENT, scope).await, scope)).await;
    assert_eq!(status, 400);
    assert!(answer["error_description"].as_str().unwrap().contains("not implemented for this app"), "{answer}");
}

#[tokio::test]
async fn an_administrators_consent_serves_the_exchange_of_everybody() {
    let local = Local::silent().await;
    let token = signed_in(&local, &WEB_CLIENT).await.1["access_token"].as_str().unwrap().to_owned();
    let scope = "https://graph.microsoft.com/User.Read";
    assert_refused(&local.exchange(&token, scope).await, (400, "invalid_grant", 65001));
    local.tenant.consent_for_everybody().unwrap();
    assert_eq!(local.exchange(&token, scope).await.0, 200);
}
