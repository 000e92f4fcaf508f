//! /connections: the owner sees what was allowed, and withdraws it.

use crate::{
    browser::{Browser, authorize_url, between, consent_form, location, redemption, refresh_target},
    deployment::{Deployment, tool_call},
};

/// Signs in to the page; its HTML.
async fn connections(server: &Deployment, browser: &mut Browser) -> String {
    let page = browser.post(server, "/connections", &[("action", "sign-in")]).await.text().await.unwrap();
    let callback = browser.choose_account(server, &refresh_target(&page)).await;
    let back = browser.get(server, &callback).await;
    assert_eq!(location(&back), format!("{}/connections", server.url));
    read(server, browser).await
}

async fn read(server: &Deployment, browser: &mut Browser) -> String {
    browser.get(server, &format!("{}/connections", server.url)).await.text().await.unwrap()
}

async fn act(server: &Deployment, browser: &mut Browser, page: &str, fields: &[(&str, &str)]) -> u16 {
    let csrf = between(page, "name=\"csrf\" value=\"", "\"");
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    browser.post(server, "/connections", &all).await.status().as_u16()
}

/// A client with tokens, allowed in this browser.
async fn connected(server: &Deployment, browser: &mut Browser) -> (String, String, String) {
    let client_id = server.register().await;
    let code = browser.sign_in(server, &client_id).await.get("code").unwrap();
    let (_, tokens) = server.token(&redemption(&client_id, &code)).await;
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (client_id, text("access_token"), text("refresh_token"))
}

async fn works(server: &Deployment, (client_id, access, refresh): &(String, String, String)) -> (u16, u16) {
    let call = server.mcp(access, &tool_call()).send().await.unwrap().status().as_u16();
    let form = [("grant_type", "refresh_token"), ("client_id", client_id.as_str()), ("refresh_token", refresh)];
    (call, server.token(&form).await.0)
}

#[tokio::test]
async fn without_a_sign_in_nothing_is_shown() {
    let server = Deployment::start().await;
    connected(&server, &mut Browser::default()).await;
    let page = read(&server, &mut Browser::default()).await;
    assert!(page.contains("Sign in with Microsoft") && !page.contains("Test client"));
}

#[tokio::test]
async fn the_page_is_in_the_language_that_the_browser_names_behind_the_host() {
    let server = Deployment::start().await;
    let arabic = server.http.get(format!("{}/connections", server.url)).header("accept-language", "ar-EG,ar;q=0.9");
    let answer = arabic.send().await.unwrap();
    assert_eq!(answer.headers()["content-language"], "ar");
    assert!(answer.headers().get_all("vary").iter().any(|vary| vary == "accept-language"));
    assert!(answer.text().await.unwrap().contains("<html lang=\"ar\" dir=\"rtl\">"));
}

#[tokio::test]
async fn the_owner_sees_the_client_and_revoking_it_ends_everything_of_it() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let (revoked, kept) = (connected(&server, &mut browser).await, connected(&server, &mut browser).await);
    assert_eq!(server.mcp(&revoked.1, &tool_call()).send().await.unwrap().status(), 200);
    let page = connections(&server, &mut browser).await;
    assert!(page.contains("Bob Brown") && page.contains("On one device. Last renewed on"));
    assert_eq!((page.matches("Test client").count(), rows(&page)), (1, 2), "registrations that look alike are one");
    assert!(page.contains("It returns to <bdi>127.0.0.1</bdi>") && page.contains("read your profile"), "{page}");
    assert!(page.contains(" UTC"), "the time of day");
    assert_eq!(act(&server, &mut browser, &page, &[("action", "revoke"), ("client", &revoked.0)]).await, 302);
    assert_eq!(works(&server, &revoked).await, (401, 400));
    assert_eq!(works(&server, &kept).await, (200, 200));
    assert_eq!(rows(&read(&server, &mut browser).await), 1);
    let asked = browser.get(&server, &authorize_url(&server, &revoked.0, &[])).await.text().await.unwrap();
    assert!(asked.contains(">Allow</button>"), "a revoked client is asked about anew");
}

fn rows(page: &str) -> usize {
    page.matches("class=\"connection\"").count()
}

#[tokio::test]
async fn an_application_is_revoked_with_all_its_registrations() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let (one, two) = (connected(&server, &mut browser).await, connected(&server, &mut browser).await);
    let page = connections(&server, &mut browser).await;
    assert!(page.contains("Revoke all 2 connections of this application"), "{page}");
    let fields = [("action", "revoke-application"), ("client", one.0.as_str())];
    assert_eq!(act(&server, &mut browser, &page, &fields).await, 302);
    assert_eq!((works(&server, &one).await, works(&server, &two).await), ((401, 400), (401, 400)));
    assert_eq!(rows(&read(&server, &mut browser).await), 0);
}

#[tokio::test]
async fn another_owner_sees_and_revokes_only_their_own() {
    let server = Deployment::start().await;
    let mut bob = Browser::default();
    let bobs = connected(&server, &mut bob).await;
    let mut alice = Browser { user: "alice@contoso.example", ..Browser::default() };
    let page = connections(&server, &mut alice).await;
    assert!(page.contains("Alice Adams") && page.contains("No application may act for you."));
    assert_eq!(act(&server, &mut alice, &page, &[("action", "revoke"), ("client", &bobs.0)]).await, 302);
    assert_eq!(act(&server, &mut alice, &page, &[("action", "revoke-all")]).await, 302);
    assert_eq!(works(&server, &bobs).await, (200, 200));
}

#[tokio::test]
async fn a_client_revoked_while_its_code_is_redeemed_stays_revoked() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let client_id = server.register().await;
    let code = browser.sign_in(&server, &client_id).await.get("code").unwrap();
    let page = connections(&server, &mut browser).await;
    assert_eq!(act(&server, &mut browser, &page, &[("action", "revoke-all")]).await, 302);
    let (status, refusal) = server.token(&redemption(&client_id, &code)).await;
    assert_eq!((status, refusal["error"].as_str()), (400, Some("invalid_grant")));
}

#[tokio::test]
async fn a_withdrawn_approval_is_asked_about_even_if_the_page_was_open() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let client_id = server.register().await;
    browser.sign_in(&server, &client_id).await;
    let short = browser.get(&server, &authorize_url(&server, &client_id, &[])).await.text().await.unwrap();
    let page = connections(&server, &mut browser).await;
    act(&server, &mut browser, &page, &[("action", "revoke"), ("client", &client_id)]).await;
    let callback = browser.allow(&server, &consent_form(&short)).await;
    assert!(location(&browser.get(&server, &callback).await).contains("/consent?id="));
}

#[tokio::test]
async fn forms_need_the_sessions_own_token_and_our_origin() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let tokens = connected(&server, &mut browser).await;
    connections(&server, &mut browser).await;
    let forged = [("csrf", "A"), ("action", "revoke-all")];
    assert_eq!(browser.post(&server, "/connections", &forged).await.status(), 403);
    assert_eq!(server.post("/connections").form(&forged).send().await.unwrap().status(), 403);
    assert_eq!(works(&server, &tokens).await, (200, 200));
}

#[tokio::test]
async fn a_callback_of_one_kind_never_serves_the_other() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let page = browser.post(&server, "/connections", &[("action", "sign-in")]).await.text().await.unwrap();
    let callback = browser.choose_account(&server, &refresh_target(&page)).await;
    let stranger = Browser::default().get(&server, &callback).await;
    assert_eq!((stranger.status().as_u16(), stranger.headers().get("location")), (403, None));
    let client_id = server.register().await;
    let form = browser.authorize(&server, &client_id).await;
    let code = between(&callback, "code=", "&");
    let other = browser.allow(&server, &form).await;
    let state = other.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let mixed = format!("{}/oauth-callback?code={code}&state={state}", server.url);
    assert!(!location(&browser.get(&server, &mixed).await).contains("code="));
}

#[tokio::test]
async fn denials_are_undone_here_too() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let client_id = server.register().await;
    let form = browser.authorize(&server, &client_id).await;
    browser.decide(&server, &form, "deny").await;
    let page = connections(&server, &mut browser).await;
    assert!(page.contains("Undo one denial"));
    act(&server, &mut browser, &page, &[("action", "undo-denials")]).await;
    let asked = browser.get(&server, &authorize_url(&server, &client_id, &[])).await.text().await.unwrap();
    assert!(asked.contains(">Allow</button>"));
}

#[tokio::test]
async fn signing_out_forgets_who_was_signed_in() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let page = connections(&server, &mut browser).await;
    act(&server, &mut browser, &page, &[("action", "sign-out")]).await;
    assert!(read(&server, &mut browser).await.contains("Sign in with Microsoft"));
}

#[tokio::test]
async fn a_form_that_says_a_thing_twice_is_not_obeyed() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let tokens = connected(&server, &mut browser).await;
    let page = connections(&server, &mut browser).await;
    let twice = [("action", "revoke-all"), ("action", "sign-out")];
    assert_eq!(act(&server, &mut browser, &page, &twice).await, 400);
    assert_eq!(works(&server, &tokens).await, (200, 200));
}
