//! `prompt`, as clients send it; and which refusals may go to a redirect URI by themselves.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{answer::Next, authorize::AuthorizeError, consent::Decision},
    ground::{Clock as _, Id, lifetimes::APPROVAL_LIFETIME},
};
use testkit::{Browser, REDIRECT_URI, Rig, STATE, allowed, asked, back_to_client, parameter, request};
use time::Duration;

/// A client that was allowed in this browser.
async fn approved() -> (Rig, String, Browser) {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let mut browser = Browser::default();
    browser.code(&rig, &client_id).await.unwrap();
    (rig, client_id, browser)
}

/// The code on the wire, and whether the browser goes to the client without a click, because it knows the target.
async fn refusal(rig: &Rig, browser: &Browser, query: &str) -> (&'static str, bool) {
    let refused = match browser.visit(rig, query).await {
        Err(AuthorizeError::ToClient { reason, next }) => {
            let url = back_to_client(&next).unwrap();
            assert!(url.starts_with(REDIRECT_URI), "{url}");
            assert_eq!(parameter(url, "state").as_deref(), Some(STATE));
            Some((reason.code().as_str(), matches!(*next, Next::Redirect(_))))
        }
        _ => None,
    };
    refused.unwrap()
}

#[tokio::test]
async fn none_asks_nobody_and_writes_nothing() {
    let (rig, client_id, browser) = approved().await;
    let none = request(&client_id, &[("prompt", Some("none"))]);
    let writes = rig.store.writes();
    assert_eq!(refusal(&rig, &browser, &none).await, ("login_required", true));
    assert_eq!(refusal(&rig, &Browser::default(), &none).await, ("consent_required", false));
    assert_eq!(rig.store.writes(), writes);
}

#[tokio::test]
async fn none_with_anything_else_is_no_request() {
    let (rig, client_id, browser) = approved().await;
    let query = request(&client_id, &[("prompt", Some("none login"))]);
    assert_eq!(refusal(&rig, &browser, &query).await.0, "invalid_request");
}

#[tokio::test]
async fn login_and_select_account_reach_entra_and_consent_does_not() {
    let prompts = [
        ("login", "login"),
        ("select_account", "select_account"),
        ("login select_account", "login"),
        ("consent", ""),
        ("consent select_account", "select_account"),
        ("unknown", ""),
    ];
    for (prompt, expected) in prompts {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        let client_id = rig.register().await.unwrap();
        let query = request(&client_id, &[("prompt", Some(prompt))]);
        let page = asked(browser.visit(&rig, &query).await.unwrap()).unwrap();
        let allowed = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
        assert_eq!(parameter(&allowed.sign_in_url, "prompt").as_deref(), Some(expected), "{prompt}");
    }
}

#[tokio::test]
async fn select_account_needs_no_further_click_and_is_passed_on() {
    let (rig, client_id, browser) = approved().await;
    let query = request(&client_id, &[("prompt", Some("select_account"))]);
    let allowed = allowed(browser.visit(&rig, &query).await.unwrap()).unwrap();
    assert_eq!(parameter(&allowed.sign_in_url, "prompt").as_deref(), Some("select_account"));
}

/// One error of each kind that the client receives.
const FAULTS: [(&str, Option<&str>); 4] = [
    ("code_challenge", None),
    ("response_type", Some("token")),
    ("scope", Some("user.read a\"b")),
    ("resource", Some("https://other.example/mcp")),
];

async fn every_fault_finds(rig: &Rig, client_id: &str, browser: &Browser, approved: bool) {
    for fault in FAULTS {
        assert_eq!(refusal(rig, browser, &request(client_id, &[fault])).await.1, approved, "{fault:?}");
    }
}

#[tokio::test]
async fn a_refusal_knows_a_target_that_was_approved_in_this_browser() {
    let (rig, client_id, browser) = approved().await;
    every_fault_finds(&rig, &client_id, &browser, true).await;
    every_fault_finds(&rig, &client_id, &Browser::default(), false).await;
    let other = rig.register().await.unwrap();
    every_fault_finds(&rig, &other, &browser, false).await;
}

#[tokio::test]
async fn a_target_whose_approval_was_withdrawn_is_approved_no_more() {
    let (rig, client_id, browser) = approved().await;
    rig.server.withdraw(rig.owners.all()[0].key, &[Id::parse(&client_id)]).await.unwrap();
    every_fault_finds(&rig, &client_id, &browser, false).await;
}

#[tokio::test]
async fn a_target_whose_approval_has_lapsed_is_approved_no_more() {
    let (rig, client_id, browser) = approved().await;
    // The registration itself would expire sooner if it were never used.
    rig.clients.change(&Id::parse(&client_id).unwrap(), |client| client.used(rig.clock.now()).unwrap());
    rig.clock.advance(APPROVAL_LIFETIME - Duration::SECOND);
    every_fault_finds(&rig, &client_id, &browser, true).await;
    rig.clock.advance(Duration::SECOND);
    every_fault_finds(&rig, &client_id, &browser, false).await;
}
