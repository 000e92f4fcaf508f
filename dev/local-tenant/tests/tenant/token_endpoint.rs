//! Checks that the token endpoint makes of every request.

use serde_json::Value;

use crate::support::{Local, assert_refused, set};

#[tokio::test]
async fn only_post_with_a_form_is_accepted() {
    let local = Local::silent().await;
    let url = local.url("oauth2/v2.0/token");
    let form = local.redemption(&local.code().await).await;
    let answers = [
        (local.http.get(&url).query(&form), 900_561),
        (local.http.post(&url).json(&form), 900_144),
        (local.http.post(&url).query(&form).form(&form), 9_002_313),
    ];
    for (request, number) in answers {
        let response = request.send().await.unwrap();
        assert_refused(&(response.status(), response.json().await.unwrap()), (400, "invalid_request", number));
    }
    assert_eq!(local.post(&form).await.0, 200);
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let local = Local::silent().await;
    let mut form = local.redemption(&local.code().await).await;
    form.push(("grant_type".into(), "authorization_code".into()));
    assert_refused(&local.post(&form).await, (400, "invalid_request", 9_000_411));
}

#[tokio::test]
async fn broken_encoding_is_refused() {
    let local = Local::silent().await;
    for body in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
        let request = local.http.post(local.url("oauth2/v2.0/token")).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.send().await.unwrap();
        assert_refused(&(response.status(), response.json().await.unwrap()), (400, "invalid_request", 9_002_313));
    }
}

#[tokio::test]
async fn a_form_that_is_not_right_is_refused_in_entras_words() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    let cases: [(&str, Option<&str>, &str, u32); 11] = [
        ("grant_type", None, "invalid_request", 900_144),
        ("grant_type", Some("client_credentials"), "unsupported_grant_type", 70003),
        ("grant_type", Some("password"), "unsupported_grant_type", 70003),
        ("client_id", None, "invalid_request", 900_144),
        ("client_id", Some("00000000-0000-0000-0000-000000000000"), "unauthorized_client", 700_016),
        ("resource", Some("https://graph.microsoft.com"), "invalid_target", 9_010_010),
        ("scope", Some("https://graph.microsoft.com/.default User.Read"), "invalid_scope", 70011),
        ("scope", None, "invalid_request", 28003),
        ("claims", Some("cp1"), "invalid_request", 9_002_313),
        ("refresh_token", Some("of another grant"), "invalid_request", 9_002_313),
        ("code", None, "invalid_request", 900_144),
    ];
    for (name, value, error, number) in cases {
        assert_refused(&local.post(&set(form.clone(), name, value)).await, (400, error, number));
    }
}

#[tokio::test]
async fn the_text_of_a_refusal_is_filled_in_order() {
    let local = Local::silent().await;
    let (_, body) =
        local.post(&set(local.form(&[("grant_type", "refresh_token")]).await, "client_id", Some("app {}"))).await;
    let directory = local.setting("ENTRA_TENANT_ID");
    let start =
        format!("AADSTS700016: Application with identifier 'app {{}}' was not found in the directory '{directory}'.");
    assert!(body["error_description"].as_str().unwrap().starts_with(&start), "{body}");
}

#[tokio::test]
async fn another_tenant_is_not_found() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    let url = format!("{}/organizations/oauth2/v2.0/token", local.tenant.base_url());
    let response = local.http.post(url).form(&form).send().await.unwrap();
    assert_refused(&(response.status(), response.json().await.unwrap()), (400, "invalid_request", 90002));
}

#[tokio::test]
async fn the_callers_correlation_id_comes_back_if_it_is_a_guid() {
    let local = Local::silent().await;
    let guid = "4e5f7a18-0816-4d60-a9ab-2a27e558b7a2";
    for (id, comes_back) in [(guid, true), ("<script>", false)] {
        let request = local.http.post(local.url("oauth2/v2.0/token")).header("client-request-id", id);
        let body: Value = request.form(&[("grant_type", "")]).send().await.unwrap().json().await.unwrap();
        assert_eq!(body["correlation_id"] == id, comes_back, "{body}");
    }
}
