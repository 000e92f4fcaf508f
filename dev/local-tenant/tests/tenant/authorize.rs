//! The authorization endpoint and the sign-in page.

use reqwest::Response;

use crate::support::{ALICE, CALLBACK, Local, Pairs, redirected, set};

/// The page's hidden id.
fn page_id(page: &str) -> String {
    page.split_once("name=\"request\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
}

async fn page(local: &Local, query: &Pairs) -> String {
    let response = local.authorize(query).await;
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

async fn choose(local: &Local, form: &[(&str, &str)]) -> Response {
    local.http.post(local.url("login")).form(form).send().await.unwrap()
}

async fn refused_by_redirect(local: &Local, query: &Pairs, error: &str, number: u32) {
    let answer = redirected(&local.authorize(query).await);
    assert_eq!(answer["error"], error, "{answer:?}");
    assert!(answer["error_description"].starts_with(&format!("AADSTS{number}: ")), "{answer:?}");
    assert_eq!(answer["state"], "the state");
    assert!(!answer.contains_key("code"));
}

async fn refused_by_page(local: &Local, query: &Pairs, number: u32) {
    let response = local.authorize(query).await;
    assert_eq!(response.status(), 400);
    assert!(!response.headers().contains_key("location"));
    let page = response.text().await.unwrap();
    assert!(page.contains(&format!("AADSTS{number}: ")), "{page}");
}

#[tokio::test]
async fn the_page_names_everything_and_needs_no_script() {
    let local = Local::start().await;
    let response = local.authorize(&local.authorization()).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let page = response.text().await.unwrap();
    for text in ["Local tenant: not Microsoft", "remote-auth-mcp", &local.middle_tier(), "User.Read", CALLBACK] {
        assert!(page.contains(text), "{text}");
    }
    for user in local.tenant.users() {
        assert!(page.contains(user.display_name) && page.contains(user.user_principal_name));
    }
    assert!(!page.contains("<script") && page.contains("color-scheme: light dark"));
}

#[tokio::test]
async fn choosing_a_user_returns_a_code_and_the_state() {
    let local = Local::start().await;
    let id = page_id(&page(&local, &local.authorization()).await);
    let layla = &local.tenant.users()[2];
    let answer = redirected(&choose(&local, &[("request", &id), ("user", layla.oid)]).await);
    assert_eq!(answer["state"], "the state");
    assert!(answer["code"].len() > 600 && answer.contains_key("session_state"));
    let (status, body) = local.post(&local.redemption(&answer["code"]).await).await;
    assert_eq!(status, 200, "{body}");
    let claims = crate::support::claims(&body["id_token"]);
    assert_eq!((claims["oid"].as_str(), claims["name"].as_str()), (Some(layla.oid), Some(layla.display_name)));
}

#[tokio::test]
async fn a_page_is_good_for_one_choice() {
    let local = Local::start().await;
    let id = page_id(&page(&local, &local.authorization()).await);
    let form = [("request", id.as_str()), ("user", local.tenant.users()[0].oid)];
    assert_eq!(choose(&local, &form).await.status(), 302);
    let again = choose(&local, &form).await;
    assert_eq!(again.status(), 400);
    assert!(again.text().await.unwrap().contains("used already"));
}

#[tokio::test]
async fn a_page_is_not_good_forever() {
    let local = Local::start().await;
    let id = page_id(&page(&local, &local.authorization()).await);
    local.tenant.advance_clock(time::Duration::hours(1));
    let late = choose(&local, &[("request", &id), ("user", local.tenant.users()[0].oid)]).await;
    assert_eq!(late.status(), 400);
}

#[tokio::test]
async fn cancelling_is_access_denied() {
    let local = Local::start().await;
    let id = page_id(&page(&local, &local.authorization()).await);
    let answer = redirected(&choose(&local, &[("request", &id), ("cancel", "1")]).await);
    assert_eq!((answer["error"].as_str(), answer["error_subcode"].as_str()), ("access_denied", "cancel"));
    assert!(answer["error_description"].starts_with("AADSTS65004: "));
    assert_eq!(answer["state"], "the state");
}

#[tokio::test]
async fn a_choice_of_nobody_or_of_a_stranger_is_refused() {
    let local = Local::start().await;
    let id = page_id(&page(&local, &local.authorization()).await);
    let alice = local.tenant.users()[0].oid;
    let request = ("request", id.as_str());
    assert_eq!(choose(&local, &[request]).await.status(), 400);
    assert_eq!(choose(&local, &[request, ("user", "nobody")]).await.status(), 400);
    assert_eq!(choose(&local, &[request, ("user", alice), ("cancel", "1")]).await.status(), 400);
    assert_eq!(choose(&local, &[("request", "guessed"), ("user", alice)]).await.status(), 400);
    assert_eq!(choose(&local, &[request, ("user", alice)]).await.status(), 302);
}

#[tokio::test]
async fn the_hinted_user_comes_first() {
    let local = Local::start().await;
    let query = set(local.authorization(), "login_hint", Some("BOB@contoso.example"));
    let page = page(&local, &query).await;
    assert!(page.find("Bob Brown").unwrap() < page.find("Alice Adams").unwrap());
}

#[tokio::test]
async fn a_silent_tenant_shows_no_page() {
    let local = Local::silent().await;
    for prompt in [None, Some("none"), Some("select_account"), Some("login"), Some("consent")] {
        let query = set(local.authorization(), "prompt", prompt);
        assert!(redirected(&local.authorize(&query).await).contains_key("code"));
    }
}

#[tokio::test]
async fn without_a_silent_user_prompt_none_needs_a_login() {
    let local = Local::start().await;
    let query = set(local.authorization(), "prompt", Some("none"));
    refused_by_redirect(&local, &query, "login_required", 50058).await;
}

#[tokio::test]
async fn a_wrong_app_or_redirect_uri_is_never_redirected() {
    let local = Local::silent().await;
    let with = |name, value| set(local.authorization(), name, value);
    refused_by_page(&local, &with("client_id", Some("00000000-0000-0000-0000-000000000000")), 700_016).await;
    refused_by_page(&local, &with("client_id", None), 900_144).await;
    refused_by_page(&local, &with("redirect_uri", None), 900_144).await;
    for uri in [
        "http://127.0.0.1:7071/oauth-callback/",
        "http://127.0.0.1:7072/oauth-callback",
        "http://localhost:7071/oauth-callback",
    ] {
        refused_by_page(&local, &with("redirect_uri", Some(uri)), 50011).await;
    }
}

#[tokio::test]
async fn text_from_outside_is_escaped() {
    let local = Local::silent().await;
    let response = local.authorize(&set(local.authorization(), "client_id", Some("<script>'\"&"))).await;
    let page = response.text().await.unwrap();
    assert!(page.contains("&#60;script&#62;&#39;&#34;&#38;") && !page.contains("<script"), "{page}");
}

#[tokio::test]
async fn another_tenant_is_refused_by_page() {
    let local = Local::silent().await;
    let url = format!("{}/common/oauth2/v2.0/authorize", local.tenant.base_url());
    let response = local.http.get(url).query(&local.authorization()).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("AADSTS90002: "));
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_by_page() {
    let local = Local::silent().await;
    let mut query = local.authorization();
    query.push(("state".into(), "another".into()));
    refused_by_page(&local, &query, 9_000_411).await;
}

#[tokio::test]
async fn a_request_that_entra_refuses_is_refused_by_redirect() {
    let local = Local::silent().await;
    let graph_default = "https://graph.microsoft.com/.default https://graph.microsoft.com/User.Read";
    let (app, tenant) = (local.client_id(), local.setting("ENTRA_TENANT_ID"));
    let itself = format!("api://{app}/access_as_user");
    let itself_by_its_name = format!("api://{tenant}/remote-auth-mcp/access_as_user");
    let (graphs_of_the_app, default_of_the_app) = (format!("{app}/User.Read"), format!("{app}/.default"));
    let cases: [(&str, Option<&str>, &str, u32); 12] = [
        ("resource", Some("http://127.0.0.1:7071/mcp"), "invalid_target", 9_010_010),
        ("scope", Some(graph_default), "invalid_scope", 70011),
        ("scope", Some(&itself), "invalid_request", 90009),
        ("scope", Some(&itself_by_its_name), "invalid_request", 90009),
        ("scope", Some(&graphs_of_the_app), "invalid_client", 650_053),
        ("scope", Some(&default_of_the_app), "invalid_request", 9_002_313),
        ("scope", Some("https://other.example/.default"), "invalid_resource", 500_011),
        ("scope", Some("User.Reed"), "invalid_client", 650_053),
        ("scope", None, "invalid_request", 900_144),
        ("response_type", Some("id_token"), "unsupported_response_type", 700_054),
        ("response_type", None, "invalid_request", 900_144),
        ("nonce", None, "invalid_request", 900_144),
    ];
    for (name, value, error, number) in cases {
        refused_by_redirect(&local, &set(local.authorization(), name, value), error, number).await;
    }
}

#[tokio::test]
async fn an_unsupported_request_is_refused_by_redirect() {
    let local = Local::silent().await;
    let cases = [
        ("response_mode", "form_post"),
        ("response_mode", "fragment"),
        ("code_challenge_method", "plain"),
        ("code_challenge", "too-short"),
        ("claims", "{"),
        ("claims", "[]"),
        ("claims", r#"{"access_token":{"nbf":{"value":"99999999999"}}}"#),
        ("claims", r#"{"access_token":{"xms_cc":["cp1"]}}"#),
        ("claims", r#"{"id_token":{"auth_time":{"essential":true}}}"#),
        ("claims", r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#),
        ("prompt", "create"),
        ("acr_values", "1"),
        ("request", "e30.e30."),
    ];
    for (name, value) in cases {
        let query = set(local.authorization(), name, Some(value));
        refused_by_redirect(&local, &query, "invalid_request", 9_002_313).await;
    }
    for name in ["code_challenge", "code_challenge_method"] {
        refused_by_redirect(&local, &set(local.authorization(), name, None), "invalid_request", 900_144).await;
    }
}

#[tokio::test]
async fn parameters_that_entra_ignores_are_ignored() {
    let local = Local::silent().await;
    let mut query = local.authorization();
    for (name, value) in [
        ("client_info", "1"),
        ("x-client-SKU", "MSAL.NetCore"),
        ("client-request-id", "4e5f7a18-0816-4d60-a9ab-2a27e558b7a2"),
        ("x-anchormailbox", "oid:a@b"),
        ("login_hint", ALICE),
        ("domain_hint", "contoso.example"),
    ] {
        query.push((name.into(), value.into()));
    }
    assert!(redirected(&local.authorize(&query).await).contains_key("code"));
}
