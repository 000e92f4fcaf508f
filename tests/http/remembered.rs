//! Approvals that are remembered: the short question, the zero-click rule, and what never serves.

use serde_json::json;

use crate::{
    browser::{Browser, authorize_url, consent_form, location},
    deployment::{Deployment, body},
};

const HOSTED: &str = "https://client.example/callback";

async fn register(server: &Deployment, redirect_uri: &str) -> String {
    let metadata = json!({ "client_name": "Hosted", "redirect_uris": [redirect_uri] });
    let client = body(server.post("/register").json(&metadata).send().await.unwrap()).await;
    client["client_id"].as_str().unwrap().to_owned()
}

/// An authorization URL of the hosted client that names its resource.
fn url(server: &Deployment, client_id: &str, changes: &[(&str, &str)]) -> String {
    let resource = format!("{}/mcp", server.url);
    let mut all = vec![("redirect_uri", HOSTED), ("resource", resource.as_str())];
    all.extend_from_slice(changes);
    authorize_url(server, client_id, &all)
}

/// A browser in which the hosted client was allowed.
async fn approved(server: &Deployment) -> (Browser, String) {
    let client_id = register(server, HOSTED).await;
    let mut browser = Browser::default();
    let page = browser.get(server, &url(server, &client_id, &[])).await.text().await.unwrap();
    let callback = browser.allow(server, &consent_form(&page)).await;
    assert!(location(&browser.get(server, &callback).await).starts_with(HOSTED));
    (browser, client_id)
}

/// A cookie of denials: sealed here, for another purpose.
async fn denied_cookie(server: &Deployment) -> String {
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(server, &client_id).await;
    browser.decide(server, &form, "deny").await;
    browser.cookies["__Host-MCP_DENIED_CLIENTS"].clone()
}

#[tokio::test]
async fn the_short_question_says_when_it_was_allowed_and_continues() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    browser.sign_in(&server, &client_id).await;
    let page = browser.get(&server, &authorize_url(&server, &client_id, &[])).await.text().await.unwrap();
    assert!(page.contains("You allowed") && page.contains(">Continue</button>") && page.contains("another account"));
    let callback = browser.allow(&server, &consent_form(&page)).await;
    assert!(location(&browser.get(&server, &callback).await).contains("code="));
}

#[tokio::test]
async fn a_loopback_client_is_never_passed_without_a_click() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    browser.sign_in(&server, &client_id).await;
    let resource = format!("{}/mcp", server.url);
    let url = authorize_url(&server, &client_id, &[("resource", &resource)]);
    assert_eq!(browser.visit(&server, &url, "none").await.status(), 200);
}

#[tokio::test]
async fn an_https_client_is_passed_without_a_click_when_the_person_came_by_themselves() {
    let server = Deployment::start().await;
    let (mut browser, client_id) = approved(&server).await;
    for site in ["none", "same-origin"] {
        let answer = browser.visit(&server, &url(&server, &client_id, &[]), site).await;
        assert_eq!(answer.status(), 302, "{site}");
        let callback = browser.choose_account(&server, &location(&answer)).await;
        assert!(location(&browser.get(&server, &callback).await).contains("code="));
    }
}

#[tokio::test]
async fn otherwise_the_approved_client_is_asked_about_again() {
    let server = Deployment::start().await;
    let (mut browser, client_id) = approved(&server).await;
    for site in ["cross-site", "same-site", "anything"] {
        assert_eq!(browser.visit(&server, &url(&server, &client_id, &[]), site).await.status(), 200, "{site}");
    }
    let absent = server.http.get(url(&server, &client_id, &[])).send().await.unwrap();
    assert_eq!(absent.status(), 200);
    let unnamed = url(&server, &client_id, &[("resource", "")]);
    assert_eq!(browser.visit(&server, &unnamed, "none").await.status(), 200);
    for prompt in ["consent", "login"] {
        let page = browser.visit(&server, &url(&server, &client_id, &[("prompt", prompt)]), "none").await;
        assert!(page.text().await.unwrap().contains(">Allow</button>"), "{prompt}");
    }
}

#[tokio::test]
async fn a_forged_edited_or_foreign_cookie_is_as_good_as_none() {
    let server = Deployment::start().await;
    let (browser, client_id) = approved(&server).await;
    let genuine = browser.cookies["__Host-MCP_APPROVED_CLIENTS"].clone();
    let flipped = format!("{}{}", &genuine[..genuine.len() - 1], if genuine.ends_with('A') { "B" } else { "A" });
    let other = Deployment::start().await;
    let (others, _) = approved(&other).await;
    let denied = denied_cookie(&server).await;
    let foreign = [flipped.as_str(), "", "[]", &others.cookies["__Host-MCP_APPROVED_CLIENTS"], &denied];
    for cookie in foreign {
        let mut browser = Browser::default();
        browser.cookies.insert("__Host-MCP_APPROVED_CLIENTS".into(), cookie.to_owned());
        let page = browser.visit(&server, &url(&server, &client_id, &[]), "none").await;
        assert_eq!(page.status(), 200);
        assert!(page.text().await.unwrap().contains(">Allow</button>"), "{cookie}");
    }
}

#[tokio::test]
async fn consent_for_one_client_never_serves_another() {
    let server = Deployment::start().await;
    let (mut browser, _) = approved(&server).await;
    let other = register(&server, HOSTED).await;
    let page = browser.visit(&server, &url(&server, &other, &[]), "none").await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains(">Allow</button>"));
}

#[tokio::test]
async fn prompt_none_asks_nobody() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let none = authorize_url(&server, &client_id, &[("prompt", "none")]);
    assert!(location(&browser.get(&server, &none).await).contains("error=consent_required&"));
    browser.sign_in(&server, &client_id).await;
    assert!(location(&browser.get(&server, &none).await).contains("error=login_required&"));
    let with_another = authorize_url(&server, &client_id, &[("prompt", "none login")]);
    assert!(location(&browser.get(&server, &with_another).await).contains("error=invalid_request&"));
}

#[tokio::test]
async fn prompt_none_redirects_only_where_the_owner_approved() {
    let server = Deployment::start().await;
    let (mut browser, client_id) = approved(&server).await;
    let none = url(&server, &client_id, &[("prompt", "none")]);
    assert!(location(&browser.get(&server, &none).await).contains("error=login_required&"));
    let stranger = Browser::default().get(&server, &none).await;
    assert_eq!((stranger.status().as_u16(), stranger.headers().get("location")), (400, None));
}

#[tokio::test]
async fn select_account_and_login_reach_entra_and_consent_never_does() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    for (prompt, expected) in [("select_account", Some("select_account")), ("login", Some("login")), ("consent", None)]
    {
        let mut browser = Browser::default();
        let url = authorize_url(&server, &client_id, &[("prompt", prompt)]);
        let form = consent_form(&browser.get(&server, &url).await.text().await.unwrap());
        let page = browser.decide(&server, &form, "allow").await.text().await.unwrap();
        let sign_in = reqwest::Url::parse(&crate::browser::refresh_target(&page)).unwrap();
        let sent = sign_in.query_pairs().find(|(name, _)| name == "prompt").map(|(_, value)| value.into_owned());
        assert_eq!(sent.as_deref(), expected, "{prompt}");
    }
}

#[tokio::test]
async fn cookies_stay_below_four_kilobytes() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    for _ in 0..40 {
        let client_id = server.register().await;
        browser.sign_in(&server, &client_id).await;
    }
    for (name, value) in &browser.cookies {
        assert!(name.len() + value.len() < 4000, "{name} has {} bytes", value.len());
    }
}
