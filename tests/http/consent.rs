//! POST /consent: what makes a decision count.

use reqwest::header;

use crate::{
    browser::{Browser, between, location, refresh_target, unescaped},
    deployment::Deployment,
};

#[tokio::test]
async fn deny_answers_a_page_that_carries_access_denied_to_the_client() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let answer = browser.decide(&server, &form, "deny").await;
    assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (200, None));
    let page = answer.text().await.unwrap();
    let link = unescaped(&between(&page, "class=\"button primary\" href=\"", "\""));
    assert!(link.starts_with("http://127.0.0.1:33418/callback?error=access_denied&"), "{link}");
    assert!(link.contains("state=") && link.contains("iss="), "{link}");
    let kinds = |prefix: &str| browser.cookies.keys().filter(|name| name.starts_with(prefix)).count();
    assert_eq!(kinds("__Host-MCP_DENIED_CLIENTS"), 1);
    assert_eq!(
        (kinds("__Host-MCP_CONSENT_STATE-"), kinds("__Host-MCP_CSRF_TOKEN-"), kinds("__Host-MCP_ENTRA")),
        (2, 2, 0),
        "the form's own, until they expire, and those of “Undo”"
    );
}

#[tokio::test]
async fn a_form_is_not_decided_otherwise_later() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    for (first, second) in [("deny", "allow"), ("allow", "deny")] {
        let mut browser = Browser::default();
        let form = browser.authorize(&server, &client_id).await;
        let cookies = browser.cookies.clone();
        assert_eq!(browser.decide(&server, &form, first).await.status(), 200);
        browser.cookies = cookies;
        let again = browser.decide(&server, &form, second).await;
        assert_eq!(again.status(), 403, "{first}, {second}");
        assert!(again.text().await.unwrap().contains("already decided"));
    }
}

#[tokio::test]
async fn a_form_that_arrives_twice_leads_to_the_same_sign_in() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let fields = [("request", form.request.as_str()), ("csrf", &form.csrf), ("decision", "allow")];
    let send = || browser.form(&server, "/consent", &fields).send();
    let (first, second) = tokio::join!(send(), send());
    let (first, second) = (first.unwrap(), second.unwrap());
    browser.keep(&server, &first);
    browser.keep(&server, &second);
    let (first, second) = (first.text().await.unwrap(), second.text().await.unwrap());
    assert_eq!(refresh_target(&first), refresh_target(&second));
    let callback = browser.choose_account(&server, &refresh_target(&second)).await;
    assert!(location(&browser.get(&server, &callback).await).contains("code="));
    let late = browser.decide(&server, &form, "allow").await;
    assert_eq!(late.status(), 200);
    assert!(late.text().await.unwrap().contains("already completed"), "the cookies are gone, and not the cause");
}

#[tokio::test]
async fn foreign_cookies_do_not_hide_ours() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let fields = [("request", form.request.as_str()), ("csrf", &form.csrf), ("decision", "allow")];
    let strangers = browser.cookies.keys().flat_map(|name| [name.as_str(), "=stranger; "]).collect::<String>();
    for before in [
        b"odd=\"a\\b\tc\"; =nameless; valueless; ;; ".to_vec(),
        strangers.into_bytes(),
        [b"a=", [b'x'; 6_000].as_slice(), b"; "].concat(),
    ] {
        let ours = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let cookies = header::HeaderValue::from_bytes(&[before, ours.into_bytes()].concat()).unwrap();
        let mut request = browser.form(&server, "/consent", &fields).build().unwrap();
        request.headers_mut().insert(header::COOKIE, cookies);
        let answer = server.http.execute(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }
}

#[tokio::test]
async fn a_form_counts_only_in_the_browser_that_was_shown_it() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let form = Browser::default().authorize(&server, &client_id).await;
    let without_cookies = Browser::default().decide(&server, &form, "allow").await;
    assert_eq!(without_cookies.status(), 403);
    assert!(without_cookies.text().await.unwrap().contains("cookie"));
    let mut other = Browser::default();
    let mut others_form = other.authorize(&server, &client_id).await;
    assert_eq!(other.decide(&server, &form, "allow").await.status(), 403);
    others_form.csrf = form.csrf;
    assert_eq!(other.decide(&server, &others_form, "allow").await.status(), 403);
}

#[tokio::test]
async fn a_form_from_another_origin_is_refused() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let fields = [("request", form.request.as_str()), ("csrf", &form.csrf), ("decision", "allow")];
    let send = |origin: Option<&'static str>, site: &'static str| {
        let mut request =
            server.post("/consent").form(&fields).header(header::COOKIE, &cookies).header("sec-fetch-site", site);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        request.send()
    };
    for origin in [None, Some("null"), Some("https://evil.example"), Some("http://localhost:1")] {
        assert_eq!(send(origin, "same-origin").await.unwrap().status(), 403, "{origin:?}");
    }
    let ours: &'static str = server.url.clone().leak();
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(send(Some(ours), site).await.unwrap().status(), 403, "{site}");
    }
    assert_eq!(send(Some(ours), "same-origin").await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_edited_or_huge_form_is_refused() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let mut form = browser.authorize(&server, &client_id).await;
    form.request.replace_range(30..31, if &form.request[30..31] == "A" { "B" } else { "A" });
    assert_eq!(browser.decide(&server, &form, "allow").await.status(), 403);
    form.request = "x".repeat(20_000);
    assert_eq!(browser.decide(&server, &form, "allow").await.status(), 413);
    form.request = String::new();
    assert_eq!(browser.decide(&server, &form, "allow").await.status(), 400);
}

#[tokio::test]
async fn a_form_without_its_token_is_forged_and_one_with_two_is_incomplete() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let request = ("request", form.request.as_str());
    let without = browser.post(&server, "/consent", &[request, ("decision", "allow")]).await;
    assert_eq!(without.status(), 403);
    let twice = [request, ("csrf", &form.csrf), ("csrf", &form.csrf), ("decision", "allow")];
    assert_eq!(browser.post(&server, "/consent", &twice).await.status(), 400);
}

#[tokio::test]
async fn a_state_and_redirect_uri_as_long_as_the_host_lets_pass_fit_through_the_form() {
    let server = Deployment::start().await;
    let uri = format!("http://127.0.0.1:1/{}", "p".repeat(1_500));
    let metadata = serde_json::json!({ "redirect_uris": [uri] });
    let client = crate::deployment::body(server.post("/register").json(&metadata).send().await.unwrap()).await;
    let state = "\"".repeat(1_000) + &"s".repeat(1_000);
    let changes = [("redirect_uri", uri.as_str()), ("state", state.as_str())];
    let url = crate::browser::authorize_url(&server, client["client_id"].as_str().unwrap(), &changes);
    let mut browser = Browser::default();
    let page = browser.get(&server, &url).await;
    assert_eq!(page.status(), 200);
    let form = crate::browser::consent_form(&page.text().await.unwrap());
    assert_eq!(browser.decide(&server, &form, "allow").await.status(), 200);
}
