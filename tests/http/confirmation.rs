//! Another owner than the approval's signs in, or the approval was withdrawn meanwhile: the owner is asked after signing in.

use reqwest::Response;

use crate::{
    browser::{
        Browser, Redirect, authorize_url, between, consent_form, location, redemption, refresh_target, unescaped,
    },
    deployment::{Deployment, body, tool_call},
};

const ALICE: &str = "alice@contoso.example";

struct Asked {
    id: String,
    csrf: String,
    page: String,
}

/// Bob allowed the client in this browser; now Alice signs in. Ends on the page that asks her.
async fn asked(server: &Deployment) -> (Browser, String, Asked) {
    let client_id = server.register().await;
    let mut browser = Browser::default();
    browser.sign_in(server, &client_id).await;
    browser.user = ALICE;
    let asked = continued(server, &mut browser, &client_id).await;
    (browser, client_id, asked)
}

async fn continued(server: &Deployment, browser: &mut Browser, client_id: &str) -> Asked {
    let page = browser.get(server, &authorize_url(server, client_id, &[])).await.text().await.unwrap();
    assert!(page.contains(">Continue</button>"));
    let callback = browser.allow(server, &consent_form(&page)).await;
    let answer = browser.get(server, &callback).await;
    question(server, browser, &answer).await
}

async fn question(server: &Deployment, browser: &mut Browser, answer: &Response) -> Asked {
    let url = location(answer);
    assert!(url.starts_with(&format!("{}/consent?id=", server.url)), "{url}");
    let page = browser.get(server, &url).await.text().await.unwrap();
    let hidden = |name: &str| between(&page, &format!("name=\"{name}\" value=\""), "\"");
    Asked { id: hidden("confirm"), csrf: hidden("csrf"), page: page.clone() }
}

async fn answer(server: &Deployment, browser: &mut Browser, asked: &Asked, decision: &str) -> Response {
    let fields = [("confirm", asked.id.as_str()), ("csrf", &asked.csrf), ("decision", decision)];
    browser.post(server, "/consent", &fields).await
}

#[tokio::test]
async fn the_owner_who_signed_in_is_named_asked_and_served() {
    let server = Deployment::start().await;
    let (mut browser, client_id, asked) = asked(&server).await;
    assert!(asked.page.contains("Continue as <bdi>Alice Adams</bdi>"), "{}", asked.page);
    let page = answer(&server, &mut browser, &asked, "allow").await.text().await.unwrap();
    let redirect = Redirect(refresh_target(&page).parse().unwrap());
    let (status, tokens) = server.token(&redemption(&client_id, &redirect.get("code").unwrap())).await;
    assert_eq!(status, 200);
    let call = server.mcp(tokens["access_token"].as_str().unwrap(), &tool_call()).send().await.unwrap();
    assert_eq!(body(call).await["result"]["structuredContent"]["userPrincipalName"], ALICE);
    let again = answer(&server, &mut browser, &asked, "allow").await.text().await.unwrap();
    assert!(again.contains("already completed"), "the code is redeemed: {again}");
}

#[tokio::test]
async fn both_owners_are_remembered_afterwards() {
    let server = Deployment::start().await;
    let (mut browser, client_id, asked) = asked(&server).await;
    answer(&server, &mut browser, &asked, "allow").await;
    let page = browser.get(&server, &authorize_url(&server, &client_id, &[])).await.text().await.unwrap();
    let callback = browser.allow(&server, &consent_form(&page)).await;
    assert!(location(&browser.get(&server, &callback).await).contains("code="));
}

#[tokio::test]
async fn deny_answers_the_client_and_no_code_exists() {
    let server = Deployment::start().await;
    let (mut browser, _, asked) = asked(&server).await;
    let page = answer(&server, &mut browser, &asked, "deny").await.text().await.unwrap();
    assert!(refresh_target(&page).contains("error=access_denied&"));
    assert_eq!(answer(&server, &mut browser, &asked, "allow").await.status(), 403);
}

#[tokio::test]
async fn another_account_is_asked_in_its_turn() {
    let server = Deployment::start().await;
    let (mut browser, _, asked) = asked(&server).await;
    let page = answer(&server, &mut browser, &asked, "switch").await.text().await.unwrap();
    let sign_in = refresh_target(&page);
    assert!(sign_in.contains("prompt=select_account"));
    browser.user = "layla@contoso.example";
    let callback = browser.choose_account(&server, &sign_in).await;
    let back = browser.get(&server, &callback).await;
    let asked = question(&server, &mut browser, &back).await;
    let page = answer(&server, &mut browser, &asked, "allow").await.text().await.unwrap();
    assert!(unescaped(&page).contains("code="));
}

#[tokio::test]
async fn only_the_browser_of_the_sign_in_is_asked_and_answers() {
    let server = Deployment::start().await;
    let (_, _, asked) = asked(&server).await;
    let mut stranger = Browser::default();
    let page = stranger.get(&server, &format!("{}/consent?id={}", server.url, asked.id)).await;
    assert_eq!(page.status(), 403);
    assert!(!page.text().await.unwrap().contains("Alice"));
    assert_eq!(answer(&server, &mut stranger, &asked, "allow").await.status(), 403);
}

#[tokio::test]
async fn a_confirmation_needs_its_own_token_and_our_origin() {
    let server = Deployment::start().await;
    let (mut browser, _, asked) = asked(&server).await;
    let forged = Asked { csrf: "A".repeat(43), id: asked.id.clone(), page: String::new() };
    assert_eq!(answer(&server, &mut browser, &forged, "allow").await.status(), 403);
    let fields = [("confirm", asked.id.as_str()), ("csrf", &asked.csrf), ("decision", "allow")];
    let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let foreign =
        server.post("/consent").form(&fields).header("cookie", cookies).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let first = answer(&server, &mut browser, &asked, "allow").await.text().await.unwrap();
    let second = answer(&server, &mut browser, &asked, "allow").await.text().await.unwrap();
    assert!(refresh_target(&first).contains("code=") && refresh_target(&first) == refresh_target(&second));
    assert_eq!(answer(&server, &mut browser, &asked, "deny").await.status(), 403);
}

#[tokio::test]
async fn a_reload_of_the_callback_leads_back_to_the_question() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    browser.sign_in(&server, &client_id).await;
    browser.user = ALICE;
    let page = browser.get(&server, &authorize_url(&server, &client_id, &[])).await.text().await.unwrap();
    let callback = browser.allow(&server, &consent_form(&page)).await;
    let first = location(&browser.get(&server, &callback).await);
    assert_eq!(location(&browser.get(&server, &callback).await), first);
}
