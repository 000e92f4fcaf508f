//! The refresh token.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::{CAPABILITIES, Local, assert_refused, claims, set};

async fn refresh(local: &Local, token: &str, scope: &str) -> (reqwest::StatusCode, serde_json::Value) {
    local
        .token(&[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope), ("claims", CAPABILITIES)])
        .await
}

async fn signed_in(local: &Local) -> String {
    local.sign_in().await["refresh_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_and_the_old_one_stays_valid() {
    let local = Local::silent().await;
    let first = signed_in(&local).await;
    let scope = format!("{} offline_access", local.middle_tier());
    let (status, answer) = refresh(&local, &first, &scope).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(claims(&answer["access_token"])["scp"], "access_as_user");
    assert!(answer.get("id_token").is_none());
    let second = answer["refresh_token"].as_str().unwrap();
    assert_ne!(second, first);
    for token in [first.as_str(), second] {
        assert_eq!(refresh(&local, token, &scope).await.0, 200);
    }
}

#[tokio::test]
async fn a_refresh_reaches_any_resource_that_was_consented_to() {
    let local = Local::silent().await;
    let token = signed_in(&local).await;
    let (_, answer) = refresh(&local, &token, "https://graph.microsoft.com/User.Read openid").await;
    assert_eq!(claims(&answer["access_token"])["aud"], "00000003-0000-0000-c000-000000000000");
    assert!(claims(&answer["id_token"]).get("nonce").is_none());
    for scope in ["user.read", "openid profile"] {
        let (_, answer) = refresh(&local, &token, scope).await;
        assert_eq!(claims(&answer["access_token"])["aud"], "00000003-0000-0000-c000-000000000000", "{scope}");
    }
    let refused = refresh(&local, &token, "https://graph.microsoft.com/Mail.Read").await;
    assert_refused(&refused, (400, "invalid_grant", 65001));
    assert_eq!(refused.1["suberror"], "consent_required");
}

#[tokio::test]
async fn a_refresh_token_lives_ninety_days() {
    let local = Local::silent().await;
    let token = signed_in(&local).await;
    let scope = local.middle_tier();
    local.tenant.advance_clock(time::Duration::days(90) - time::Duration::minutes(1));
    assert_eq!(refresh(&local, &token, &scope).await.0, 200);
    local.tenant.advance_clock(time::Duration::minutes(1));
    assert_refused(&refresh(&local, &token, &scope).await, (400, "invalid_grant", 700_082));
}

#[tokio::test]
async fn a_long_expired_refresh_token_is_forgotten() {
    let local = Local::silent().await;
    let (old, scope) = (signed_in(&local).await, local.middle_tier());
    local.tenant.advance_clock(time::Duration::days(119));
    signed_in(&local).await;
    assert_refused(&refresh(&local, &old, &scope).await, (400, "invalid_grant", 700_082));
    local.tenant.advance_clock(time::Duration::days(1));
    signed_in(&local).await;
    assert_refused(&refresh(&local, &old, &scope).await, (400, "invalid_grant", 70000));
}

#[tokio::test]
async fn the_state_file_is_its_owners_and_holds_no_refresh_token() {
    let local = Local::silent().await;
    let token = signed_in(&local).await;
    let file = local.state_file();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fs::read_to_string(&file).unwrap().contains(&token));
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn every_consent_outlives_a_restart() {
    let local = Local::silent().await;
    let permissions = [
        "Calendars.Read",
        "Contacts.Read",
        "Files.Read",
        "Mail.Read",
        "People.Read",
        "Tasks.Read",
        "User.Read",
        "User.ReadBasic.All",
        "openid",
        "profile",
        "email",
        "offline_access",
    ];
    let all = permissions.join(" ");
    let (_, answer) = local.post(&set(local.redemption(&local.code_for(&all).await).await, "scope", Some(&all))).await;
    let token = answer["refresh_token"].as_str().unwrap().to_owned();
    let local = local.restart().await;
    for permission in permissions {
        assert_eq!(refresh(&local, &token, permission).await.0, 200, "{permission}");
    }
}

#[tokio::test]
async fn text_that_is_not_a_refresh_token_is_refused() {
    let local = Local::silent().await;
    let scope = local.middle_tier();
    assert_refused(&refresh(&local, "guessed", &scope).await, (400, "invalid_grant", 70000));
    assert_refused(&refresh(&local, &local.code().await, &scope).await, (400, "invalid_grant", 70000));
}

#[tokio::test]
async fn a_refresh_names_its_scopes() {
    let local = Local::silent().await;
    let token = signed_in(&local).await;
    assert_refused(&refresh(&local, &token, "").await, (400, "invalid_request", 28003));
    let itself = format!("api://{}/access_as_user", local.client_id());
    assert_refused(&refresh(&local, &token, &itself).await, (400, "invalid_request", 90009));
}

#[tokio::test]
async fn key_and_refresh_tokens_outlive_a_restart() {
    let local = Local::silent().await;
    let (url, header, key) =
        (local.tenant.base_url().to_owned(), local.setting("IDENTITY_HEADER").to_owned(), local.key().1);
    let answer = local.sign_in().await;
    let local = local.restart().await;
    assert_eq!((local.tenant.base_url(), local.setting("IDENTITY_HEADER")), (url.as_str(), header.as_str()));
    assert_eq!(local.key().1, key);
    let token = answer["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(&local, token, &local.middle_tier()).await.0, 200);
    let access_token = answer["access_token"].as_str().unwrap();
    assert_eq!(local.exchange(access_token, "https://graph.microsoft.com/User.Read").await.0, 200);
}
