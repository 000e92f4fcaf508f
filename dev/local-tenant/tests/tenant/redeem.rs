//! Redemption of the authorization code.

use serde_json::json;

use crate::support::{ALICE, Local, assert_refused, claims, set};

#[tokio::test]
async fn the_products_redemption_gives_all_three_tokens() {
    let local = Local::silent().await;
    let answer = local.sign_in().await;
    assert_eq!((answer["token_type"].as_str(), answer["expires_in"].as_i64()), (Some("Bearer"), Some(4500)));
    assert_eq!(answer["ext_expires_in"], 4500);
    assert_eq!(answer["scope"], format!("{} openid profile", local.middle_tier()));
    assert!(answer["refresh_token"].as_str().unwrap().len() > 600);
    assert!(answer.get("client_info").is_none());
}

#[tokio::test]
async fn the_id_token_is_for_this_sign_in() {
    let local = Local::silent().await;
    let claims = claims(&local.sign_in().await["id_token"]);
    let alice = &local.tenant.users()[0];
    assert_eq!(
        (claims["iss"].as_str(), claims["aud"].as_str()),
        (Some(local.issuer().as_str()), Some(local.client_id()))
    );
    assert_eq!((claims["nonce"].as_str(), claims["ver"].as_str()), (Some("the nonce"), Some("2.0")));
    assert_eq!((claims["oid"].as_str(), claims["preferred_username"].as_str()), (Some(alice.oid), Some(ALICE)));
    assert_eq!(claims["tid"], local.setting("ENTRA_TENANT_ID"));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 5 * 60 + 3600);
}

#[tokio::test]
async fn the_access_token_is_for_the_middle_tier() {
    let local = Local::silent().await;
    let claims = claims(&local.sign_in().await["access_token"]);
    assert_eq!((claims["aud"].as_str(), claims["azp"].as_str()), (Some(local.client_id()), Some(local.client_id())));
    assert_eq!((claims["scp"].as_str(), claims["ver"].as_str()), (Some("access_as_user"), Some("2.0")));
    assert_eq!(claims["xms_cc"], json!(["cp1"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 5 * 60 + 4500);
}

#[tokio::test]
async fn only_what_is_asked_for_is_answered() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    let form = set(set(form, "scope", Some(&local.middle_tier())), "claims", None);
    let (_, answer) = local.post(&form).await;
    assert!(answer.get("id_token").is_none() && answer.get("refresh_token").is_none(), "{answer}");
    assert!(claims(&answer["access_token"]).get("xms_cc").is_none());
}

#[tokio::test]
async fn capabilities_are_copied_beside_an_nbf_that_has_come() {
    let local = Local::silent().await;
    let asked = r#"{"access_token":{"xms_cc":{"values":["cp1"]},"nbf":{"essential":true,"value":"100"}}}"#;
    let form = set(local.redemption(&local.code().await).await, "claims", Some(asked));
    let (_, answer) = local.post(&form).await;
    assert_eq!(claims(&answer["access_token"])["xms_cc"], json!(["cp1"]));
}

#[tokio::test]
async fn without_profile_the_id_token_names_nobody() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    let scope = format!("openid {}", local.middle_tier());
    let (_, answer) = local.post(&set(form, "scope", Some(&scope))).await;
    let claims = claims(&answer["id_token"]);
    assert!(claims.get("name").is_none() && claims.get("preferred_username").is_none(), "{claims}");
}

#[tokio::test]
async fn msal_gets_a_graph_token_and_client_info() {
    let local = Local::silent().await;
    let scope = "https://graph.microsoft.com/User.Read offline_access openid profile";
    let code = local.code_for(scope).await;
    let form = set(set(local.redemption(&code).await, "scope", Some(scope)), "client_info", Some("1"));
    let (status, answer) = local.post(&form).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(claims(&answer["access_token"])["aud"], "00000003-0000-0000-c000-000000000000");
    let client_info = json!(format!(".{}.", answer["client_info"].as_str().unwrap()));
    assert_eq!(claims(&client_info)["uid"], local.tenant.users()[0].oid);
}

#[tokio::test]
async fn a_code_is_redeemed_once() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    assert_eq!(local.post(&form).await.0, 200);
    assert_refused(&local.post(&form).await, (400, "invalid_grant", 54005));
}

#[tokio::test]
async fn of_two_redemptions_at_once_one_succeeds() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    let (one, two) = tokio::join!(local.post(&form), local.post(&form));
    let statuses = [one.0.as_u16(), two.0.as_u16()];
    assert!(statuses == [200, 400] || statuses == [400, 200], "{statuses:?}");
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let local = Local::silent().await;
    let (early, late) = (local.code().await, local.code().await);
    local.tenant.advance_clock(time::Duration::seconds(595));
    assert_eq!(local.post(&local.redemption(&early).await).await.0, 200);
    local.tenant.advance_clock(time::Duration::seconds(5));
    assert_refused(&local.post(&local.redemption(&late).await).await, (400, "invalid_grant", 70008));
}

#[tokio::test]
async fn an_unknown_code_is_refused() {
    let local = Local::silent().await;
    assert_refused(&local.post(&local.redemption("guessed").await).await, (400, "invalid_grant", 70000));
}

#[tokio::test]
async fn the_bindings_of_the_code_must_match() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    let other_verifier = "x".repeat(43);
    let cases = [
        ("code_verifier", Some(other_verifier.as_str()), (400, "invalid_grant", 501_481)),
        ("code_verifier", Some("short"), (400, "invalid_request", 9_002_313)),
        ("code_verifier", None, (400, "invalid_request", 900_144)),
        ("redirect_uri", Some("http://127.0.0.1:7071/other"), (401, "invalid_client", 500_112)),
        ("redirect_uri", None, (400, "invalid_request", 900_144)),
        ("scope", Some("https://graph.microsoft.com/Mail.Read"), (400, "invalid_scope", 28002)),
    ];
    for (name, value, expected) in cases {
        assert_refused(&local.post(&set(form.clone(), name, value)).await, expected);
    }
    assert_eq!(local.post(&form).await.0, 200, "none of the refusals burnt the code");
}

#[tokio::test]
async fn two_resources_are_too_many() {
    let local = Local::silent().await;
    let scope = format!("{} https://graph.microsoft.com/User.Read", local.middle_tier());
    let form = set(local.redemption(&local.code().await).await, "scope", Some(&scope));
    assert_refused(&local.post(&form).await, (400, "invalid_request", 28000));
}
