//! Denials: told to the client, remembered in this browser for a day, and undone.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{
        answer::{Answer, Next},
        authorize::AuthorizeError,
        consent::{ConsentError, Decision},
        pages::{DeniedPage, Page, ReviewPage},
    },
    ground::{EventName, Id, Network},
};
use testkit::{Browser, REDIRECT_URI, Rig, STATE, allowed, asked, denied, parameter, request};
use time::Duration;

/// A client that was denied in this browser, and the page that followed.
async fn denied_client() -> (Rig, String, Browser, DeniedPage) {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let (browser, page) = deny(&rig, &request(&client_id, &[])).await;
    (rig, client_id, browser, page)
}

async fn deny(rig: &Rig, query: &str) -> (Browser, DeniedPage) {
    let mut browser = Browser::default();
    let page = asked(browser.visit(rig, query).await.unwrap()).unwrap();
    let decided = browser.decide(rig, &page.form, Decision::Deny).await.unwrap();
    (browser, denied(decided).unwrap())
}

async fn is_asked(rig: &Rig, browser: &Browser, query: &str) -> bool {
    asked(browser.visit(rig, query).await.unwrap()).is_some()
}

#[tokio::test]
async fn a_denied_client_cannot_nag_for_a_day() {
    let (rig, client_id, browser, _) = denied_client().await;
    let writes = rig.store.writes();
    rig.clock.advance(Duration::DAY - Duration::SECOND);
    let page = denied(browser.visit(&rig, &request(&client_id, &[])).await.unwrap()).unwrap();
    assert_eq!(parameter(&page.return_to, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&page.return_to, "state").as_deref(), Some(STATE));
    assert_eq!(parameter(&page.return_to, "iss").as_deref(), Some("https://mcp.example.com"));
    assert_eq!(rig.store.writes(), writes, "a visit must store nothing");
    rig.clock.advance(Duration::SECOND);
    assert!(is_asked(&rig, &browser, &request(&client_id, &[])).await);
}

#[tokio::test]
async fn no_prompt_and_no_way_of_coming_gets_a_denied_client_past_the_page() {
    let (rig, client_id, browser, _) = denied_client().await;
    for prompt in [None, Some("none"), Some("consent"), Some("login"), Some("select_account")] {
        let query = request(&client_id, &[("prompt", prompt)]);
        for direct in [true, false] {
            let visited = browser.follow(&rig, &query, direct).await.unwrap();
            assert!(denied(visited).is_some(), "{prompt:?} {direct}");
        }
    }
}

#[tokio::test]
async fn each_request_that_a_remembered_denial_answers_is_an_event_with_the_client() {
    let rig = Rig::new().unwrap();
    let denied = registered(&rig, "Nagger", "http://127.0.0.1:1/callback").await;
    let (browser, _) = deny(&rig, &denied).await;
    rig.clock.advance(Duration::SECOND);
    let alike = registered(&rig, "Nagger", "http://127.0.0.1:2/callback").await;
    for (query, why) in
        [(&denied, "the client was denied before"), (&alike, "a client that looks like this one was denied before")]
    {
        rig.audit.take();
        for _ in 0..2 {
            browser.visit(&rig, query).await.unwrap();
        }
        let events = rig.audit.take();
        assert_eq!(events.len(), 2, "{events:?}");
        for event in events {
            assert_eq!((event.name, event.reason), (EventName::AuthorizationRefused, Some(why)));
            assert!(query.contains(&event.client.unwrap().to_string()), "{event:?}");
        }
    }
}

#[tokio::test]
async fn a_denial_outweighs_an_approval() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    browser.code(&rig, &client_id).await.unwrap();
    let page = asked(browser.follow(&rig, &request(&client_id, &[]), false).await.unwrap()).unwrap();
    browser.decide(&rig, &page.form, Decision::Deny).await.map(drop).unwrap();
    assert!(denied(browser.visit(&rig, &request(&client_id, &[])).await.unwrap()).is_some());
}

#[tokio::test]
async fn a_denial_concerns_its_browser_only() {
    let (rig, client_id, browser, _) = denied_client().await;
    assert!(!is_asked(&rig, &browser, &request(&client_id, &[])).await);
    assert!(is_asked(&rig, &Browser::default(), &request(&client_id, &[])).await);
}

/// The page for an application that looks like one that was denied.
pub(crate) fn reviewed(answer: Answer) -> Option<ReviewPage> {
    match answer.next {
        Next::Page(Page::Review(page)) => Some(page),
        _ => None,
    }
}

/// Another registration, with this name, and its request.
async fn registered(rig: &Rig, name: &str, uri: &str) -> String {
    let body = format!(r#"{{"redirect_uris":["{uri}"],"client_name":"{name}"}}"#);
    rig.server.register(rig.metadata(&body).unwrap(), Network::UNKNOWN).await.unwrap();
    let newest = rig.clients.all().into_iter().max_by_key(|client| client.registered_at).unwrap();
    request(&newest.id.to_string(), &[("redirect_uri", Some(uri))])
}

#[tokio::test]
async fn a_new_registration_of_the_same_name_and_host_is_not_asked_about_at_once() {
    let rig = Rig::new().unwrap();
    let denied = registered(&rig, "Nagger", "http://127.0.0.1:1/callback").await;
    let (mut browser, _) = deny(&rig, &denied).await;
    for (name, uri, is_like) in [
        ("Nagger", "http://127.0.0.1:2/callback", true),
        ("Nagger", "http://127.0.0.1:3/elsewhere", true),
        ("Nag\u{3164}ger", "http://127.0.0.1:2/callback", true),
        ("Nag\u{1d173}ger\u{2800}", "http://127.0.0.1:2/callback", true),
        ("Nagger", "http://localhost:2/callback", false),
        ("Other", "http://127.0.0.1:2/callback", false),
    ] {
        rig.clock.advance(Duration::SECOND);
        let query = registered(&rig, name, uri).await;
        for direct in [true, false] {
            let answer = browser.follow(&rig, &query, direct).await.unwrap();
            assert_eq!(reviewed(answer).is_some(), is_like, "{name} at {uri}");
        }
    }
    rig.clock.advance(Duration::SECOND);
    let query = registered(&rig, "Nagger", "http://127.0.0.1:4/callback").await;
    let page = reviewed(browser.visit(&rig, &query).await.unwrap()).unwrap();
    for decision in [Decision::Allow, Decision::SwitchAccount] {
        let decided = browser.decide(&rig, &page.form, decision).await;
        assert!(matches!(decided, Err(ConsentError::Forged)), "{decision:?}");
    }
    let question = asked(browser.decide(&rig, &page.form, Decision::Undo).await.unwrap()).unwrap();
    assert_eq!(question.client.id, page.client.id);
    assert!(is_asked(&rig, &browser, &query).await, "who reviews it is asked from then on");
}

#[tokio::test]
async fn with_prompt_none_such_a_registration_is_sent_nowhere_without_a_click() {
    let rig = Rig::new().unwrap();
    let (browser, _) = deny(&rig, &registered(&rig, "Nagger", "http://127.0.0.1:1/callback").await).await;
    for (name, by_itself) in [("Nagger", false), ("Other", true)] {
        rig.clock.advance(Duration::SECOND);
        let query = format!("{}&prompt=none", registered(&rig, name, "http://127.0.0.1:2/callback").await);
        let visited = browser.visit(&rig, &query).await;
        let Err(AuthorizeError::ToClient { reason, next }) = visited else { panic!("not refused") };
        assert_eq!(reason.code().as_str(), "consent_required");
        assert_eq!(matches!(*next, Next::Redirect(_)), by_itself, "{name}");
    }
}

#[tokio::test]
async fn an_owner_who_denies_it_again_is_sent_nowhere_without_a_click() {
    let rig = Rig::new().unwrap();
    let first = registered(&rig, "Nagger", "http://127.0.0.1:1/callback").await;
    let (mut browser, page) = deny(&rig, &first).await;
    assert!(page.returns_by_itself);
    rig.clock.advance(Duration::SECOND);
    let again = registered(&rig, "Nagger", "http://127.0.0.1:2/callback").await;
    let page = reviewed(browser.visit(&rig, &again).await.unwrap()).unwrap();
    for _ in 0..2 {
        let page = denied(browser.decide(&rig, &page.form, Decision::Deny).await.unwrap()).unwrap();
        assert!(!page.returns_by_itself && page.return_to.contains("error=access_denied"));
    }
    assert!(denied(browser.visit(&rig, &again).await.unwrap()).is_some());
    rig.clock.advance(Duration::DAY);
    assert!(is_asked(&rig, &browser, &again).await);
}

#[tokio::test]
async fn an_application_that_is_allowed_is_not_taken_for_one_of_its_name_that_was_denied() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    browser.code(&rig, &client_id).await.unwrap();
    let other = rig.register().await.unwrap();
    let page = asked(browser.visit(&rig, &request(&other, &[])).await.unwrap()).unwrap();
    browser.decide(&rig, &page.form, Decision::Deny).await.map(drop).unwrap();
    assert!(allowed(browser.visit(&rig, &request(&client_id, &[])).await.unwrap()).is_some());
}

#[tokio::test]
async fn undo_forgets_the_denial_and_puts_the_whole_question_under_a_new_transaction() {
    let (rig, client_id, mut browser, page) = denied_client().await;
    let undone = browser.decide(&rig, &page.form, Decision::Undo).await.unwrap();
    let question = asked(undone).unwrap();
    assert_ne!(question.form.pending.id, page.form.pending.id);
    assert_eq!((question.client.id.to_string(), question.allowed_at), (client_id.clone(), None));
    assert_eq!(question.form.pending.request.state(), Some(STATE));
    assert!(!browser.denies(&rig, Id::parse(&client_id).unwrap()).await.unwrap());

    let allowed = allowed(browser.decide(&rig, &question.form, Decision::Allow).await.unwrap()).unwrap();
    assert!(browser.come_back(&rig, &allowed).await.is_ok());
}

#[tokio::test]
async fn a_denial_that_is_remembered_can_be_undone_on_its_page_too() {
    let (rig, client_id, mut browser, _) = denied_client().await;
    let page = denied(browser.visit(&rig, &request(&client_id, &[])).await.unwrap()).unwrap();
    browser.decide(&rig, &page.form, Decision::Undo).await.map(drop).unwrap();
    assert!(is_asked(&rig, &browser, &request(&client_id, &[])).await);
}

#[tokio::test]
async fn undo_keeps_what_the_client_asked_of_the_sign_in() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let (mut browser, page) = deny(&rig, &request(&client_id, &[("prompt", Some("login"))])).await;
    let question = asked(browser.decide(&rig, &page.form, Decision::Undo).await.unwrap()).unwrap();
    let allowed = allowed(browser.decide(&rig, &question.form, Decision::Allow).await.unwrap()).unwrap();
    assert_eq!(parameter(&allowed.sign_in_url, "prompt").as_deref(), Some("login"));
}

#[tokio::test]
async fn no_page_takes_a_button_that_it_does_not_have() {
    let (rig, client_id, mut browser, page) = denied_client().await;
    for decision in [Decision::Allow, Decision::SwitchAccount, Decision::Deny] {
        let decided = browser.decide(&rig, &page.form, decision).await;
        assert!(matches!(decided, Err(ConsentError::Forged)), "{decision:?}");
    }
    let question = rig.open_page(&client_id).await.unwrap();
    for decision in [Decision::Undo, Decision::SwitchAccount] {
        let decided = browser.decide(&rig, &question.form, decision).await;
        assert!(matches!(decided, Err(ConsentError::Forged)), "{decision:?}");
    }
}

#[tokio::test]
async fn undo_comes_too_late_after_ten_minutes() {
    let (rig, client_id, mut browser, page) = denied_client().await;
    rig.clock.advance(Duration::minutes(10));
    let undone = browser.decide(&rig, &page.form, Decision::Undo).await;
    assert!(matches!(undone, Err(ConsentError::Expired)));
    assert!(browser.denies(&rig, Id::parse(&client_id).unwrap()).await.unwrap());
}

#[tokio::test]
async fn the_page_returns_by_itself_to_trusted_targets_only() {
    for (uri, by_itself) in [
        (REDIRECT_URI, false),
        ("cursor://anysphere.cursor-mcp/cb", false),
        ("http://127.0.0.1:33418/cb", true),
        ("https://vscode.dev/redirect", true),
    ] {
        let rig = Rig::new().unwrap();
        let client_id = rig.register_for(&[uri]).await.unwrap();
        let query = request(&client_id, &[("redirect_uri", Some(uri))]);
        let (browser, page) = deny(&rig, &query).await;
        assert_eq!(page.returns_by_itself, by_itself, "{uri}");
        let again = denied(browser.visit(&rig, &query).await.unwrap()).unwrap();
        assert_eq!(again.returns_by_itself, by_itself, "{uri}");
        assert!(page.return_to.starts_with(uri));
    }
}

#[tokio::test]
async fn a_wrong_request_of_a_denied_client_is_refused_as_any_other() {
    let (rig, client_id, browser, _) = denied_client().await;
    let visited = browser.visit(&rig, &request(&client_id, &[("code_challenge", None)])).await;
    let Err(AuthorizeError::ToClient { next, .. }) = visited else { panic!("not refused") };
    assert!(matches!(*next, Next::Link(_)));
}

#[tokio::test]
async fn the_oldest_denials_leave_the_cookie_before_it_grows_too_large() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let mut clients = Vec::new();
    for _ in 0..40 {
        clients.push(rig.register().await.unwrap());
        let page = rig.open_page(clients.last().unwrap()).await.unwrap();
        browser.decide(&rig, &page.form, Decision::Deny).await.map(drop).unwrap();
    }
    assert!(rig.sealer.base64_length(browser.denied.as_ref().unwrap()) < 3500);
    let denies = async |client: &str| browser.denies(&rig, Id::parse(client).unwrap()).await.unwrap();
    assert!(!denies(&clients[0]).await);
    for newer in &clients[20..] {
        assert!(denies(newer).await);
    }
}

#[tokio::test]
async fn denials_are_counted_while_they_last_and_can_be_forgotten_together() {
    let (rig, client_id, mut browser, _) = denied_client().await;
    let memory = browser.memory(&rig).await.unwrap();
    assert_eq!(memory.denials(rig.server.now()), 1);
    assert_eq!(memory.denials(rig.server.now() + Duration::DAY), 0);
    assert_eq!(memory.without_denials().denials(rig.server.now()), 0);
    browser.denied = None;
    assert!(is_asked(&rig, &browser, &request(&client_id, &[])).await);
}
