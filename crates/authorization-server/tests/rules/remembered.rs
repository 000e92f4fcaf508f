//! Approvals that are remembered: when they serve without a click, when with a short question, and when not at all.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::consent::Decision,
    ground::{Clock as _, Id, Subject, lifetimes::APPROVAL_LIFETIME},
    state::{
        cookies::CookieName,
        memory::RememberedDecisions,
        owner::{Approval, Owner},
    },
    upstream::UpstreamRefusal,
};
use oauth_protocol::scope::Scope;
use secrecy::ExposeSecret as _;
use testkit::{Browser, Fault, REDIRECT_URI, Rig, allowed, answered, asked, cookie, parameter, request};
use time::Duration;

const LOOPBACK: &str = "http://127.0.0.1:33418/callback";

/// A client that was allowed in this browser.
async fn approved() -> (Rig, String, Browser) {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let mut browser = Browser::default();
    browser.code(&rig, &client_id).await.unwrap();
    (rig, client_id, browser)
}

/// How much the owner is asked.
#[derive(Debug, PartialEq, Eq)]
enum Asking {
    Nothing,
    Shortly,
    Everything,
}

async fn visit(rig: &Rig, browser: &Browser, query: &str, direct: bool) -> Asking {
    match asked(browser.follow(rig, query, direct).await.unwrap()) {
        None => Asking::Nothing,
        Some(page) if page.allowed_at.is_some() => Asking::Shortly,
        Some(_) => Asking::Everything,
    }
}

async fn asking(rig: &Rig, browser: &Browser, client_id: &str) -> Asking {
    visit(rig, browser, &request(client_id, &[]), true).await
}

fn only_owner(rig: &Rig) -> Owner {
    let mut owners = rig.owners.all();
    owners.pop().filter(|_| owners.is_empty()).unwrap()
}

#[tokio::test]
async fn a_page_that_asks_for_more_knows_what_was_allowed_before_to_the_same_receiver() {
    let (rig, client_id, browser) = approved().await;
    let before = async |browser: &Browser, scope| {
        let asked =
            asked(browser.follow(&rig, &request(&client_id, &[("scope", Some(scope))]), true).await.unwrap()).unwrap();
        asked.allowed_before.to_string()
    };
    assert_eq!(before(&browser, "user.read mail.read").await, "user.read");
    assert_eq!(before(&browser, "mail.read").await, "");
    assert_eq!(before(&Browser::default(), "user.read mail.read").await, "");
}

#[tokio::test]
async fn an_approved_client_needs_no_further_click() {
    let (rig, client_id, mut browser) = approved().await;
    let approved_at = rig.clock.now();
    rig.clock.advance(Duration::DAY);
    let allowed = allowed(browser.visit(&rig, &request(&client_id, &[])).await.unwrap()).unwrap();
    let answer = answered(browser.come_back(&rig, &allowed).await.unwrap()).unwrap();
    let code = parameter(&answer.location, "code").unwrap().into();
    assert!(rig.redeem(&client_id, &code).await.is_ok());
    assert_eq!(only_owner(&rig).approvals[0].given_at, approved_at, "nothing new was approved");
}

#[tokio::test]
async fn a_visitor_from_another_site_gets_the_short_question() {
    let (rig, client_id, browser) = approved().await;
    assert_eq!(visit(&rig, &browser, &request(&client_id, &[]), false).await, Asking::Shortly);
}

#[tokio::test]
async fn a_request_that_names_no_resource_is_asked_about_shortly() {
    let (rig, client_id, browser) = approved().await;
    assert_eq!(visit(&rig, &browser, &request(&client_id, &[("resource", None)]), true).await, Asking::Shortly);
}

#[tokio::test]
async fn a_receiver_that_proves_nothing_is_asked_about_shortly() {
    for uri in [LOOPBACK, "http://localhost/cb", "https://127.0.0.1/cb", "cursor://anysphere.cursor-mcp/cb"] {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        let client_id = rig.register_for(&[uri]).await.unwrap();
        let query = request(&client_id, &[("redirect_uri", Some(uri))]);
        let page = asked(browser.visit(&rig, &query).await.unwrap()).unwrap();
        let allowed = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
        browser.come_back(&rig, &allowed).await.map(drop).unwrap();
        assert_eq!(visit(&rig, &browser, &query, true).await, Asking::Shortly, "{uri}");
    }
}

#[tokio::test]
async fn a_client_that_wants_consent_or_a_new_sign_in_has_the_whole_question_asked() {
    let (rig, client_id, browser) = approved().await;
    for prompt in ["consent", "login", "consent select_account"] {
        let query = request(&client_id, &[("prompt", Some(prompt))]);
        assert_eq!(visit(&rig, &browser, &query, true).await, Asking::Everything, "{prompt}");
    }
}

#[tokio::test]
async fn consent_for_one_client_never_serves_another() {
    let (rig, _, browser) = approved().await;
    let other = rig.register().await.unwrap();
    assert_eq!(asking(&rig, &browser, &other).await, Asking::Everything);
}

#[tokio::test]
async fn an_approval_of_another_client_never_serves_whatever_the_cookie_says() {
    let (rig, client_id, browser) = approved().await;
    rig.owners.change(&only_owner(&rig).key, |owner| {
        let mut owner = owner.clone();
        owner.approvals[0].client = Id::from_bytes([9; 16]);
        owner
    });
    assert_eq!(asking(&rig, &browser, &client_id).await, Asking::Everything);
}

#[tokio::test]
async fn consent_for_one_redirect_uri_never_serves_another() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let other = "https://client.example/other";
    let client_id = rig.register_for(&[REDIRECT_URI, other]).await.unwrap();
    browser.code(&rig, &client_id).await.unwrap();
    let query = request(&client_id, &[("redirect_uri", Some(other))]);
    assert_eq!(visit(&rig, &browser, &query, true).await, Asking::Everything);
}

#[tokio::test]
async fn the_same_program_is_remembered_whatever_its_port() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register_for(&[LOOPBACK]).await.unwrap();
    let at = |port: &str| format!("http://127.0.0.1:{port}/callback");
    let query = |uri: &str| request(&client_id, &[("redirect_uri", Some(uri))]);
    let page = asked(browser.visit(&rig, &query(&at("1024"))).await.unwrap()).unwrap();
    let allowed = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
    browser.come_back(&rig, &allowed).await.map(drop).unwrap();
    assert_eq!(visit(&rig, &browser, &query(&at("2048")), true).await, Asking::Shortly);
}

#[tokio::test]
async fn a_wider_approval_serves_and_another_or_a_narrower_one_does_not() {
    let (rig, client_id, browser) = approved().await;
    let cases = [
        ("user.read mail.read", Asking::Nothing),
        ("user.read", Asking::Nothing),
        ("mail.read", Asking::Everything),
        ("", Asking::Everything),
    ];
    for (scope, expected) in cases {
        rig.owners.change(&only_owner(&rig).key, |owner| {
            let mut owner = owner.clone();
            owner.approvals[0].scope = Scope::parse(scope).unwrap();
            owner
        });
        assert_eq!(asking(&rig, &browser, &client_id).await, expected, "{scope}");
    }
}

#[tokio::test]
async fn an_approval_is_remembered_for_90_days() {
    let (rig, client_id, browser) = approved().await;
    // The registration itself expires unless it is used.
    rig.clients.change(&client(&client_id), |client| client.used(rig.clock.now()).unwrap());
    rig.clock.advance(APPROVAL_LIFETIME - Duration::SECOND);
    assert_eq!(asking(&rig, &browser, &client_id).await, Asking::Nothing);
    rig.clock.advance(Duration::SECOND);
    assert_eq!(asking(&rig, &browser, &client_id).await, Asking::Everything);
}

fn client(client_id: &str) -> Id {
    Id::parse(client_id).unwrap()
}

#[tokio::test]
async fn a_withdrawn_approval_is_used_in_no_browser() {
    let (rig, client_id, browser) = approved().await;
    let mut second = Browser::default();
    second.code(&rig, &client_id).await.unwrap();
    rig.server.withdraw(only_owner(&rig).key, &[Some(client(&client_id))]).await.unwrap();
    assert_eq!(asking(&rig, &browser, &client_id).await, Asking::Everything);
    assert_eq!(asking(&rig, &second, &client_id).await, Asking::Everything);
}

#[tokio::test]
async fn a_second_browser_is_asked_everything_and_then_both_are_remembered() {
    let (rig, client_id, first) = approved().await;
    let mut second = Browser::default();
    assert_eq!(asking(&rig, &second, &client_id).await, Asking::Everything);
    second.code(&rig, &client_id).await.unwrap();
    assert_eq!(asking(&rig, &second, &client_id).await, Asking::Nothing);
    assert_eq!(asking(&rig, &first, &client_id).await, Asking::Nothing);
    assert_eq!(only_owner(&rig).approvals.len(), 1);
}

#[tokio::test]
async fn two_owners_of_one_browser_are_both_remembered() {
    let (rig, client_id, mut browser) = approved().await;
    rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: "other".into() });
    browser.code(&rig, &client_id).await.unwrap();
    let newest = Subject { tid: "tenant".into(), oid: "other".into() }.owner_key();
    rig.server.withdraw(newest, &[None]).await.unwrap();
    assert_eq!(asking(&rig, &browser, &client_id).await, Asking::Nothing, "the first owner's still stands");
}

#[tokio::test]
async fn nothing_is_remembered_before_the_client_has_its_code() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let page = asked(browser.visit(&rig, &request(&client_id, &[])).await.unwrap()).unwrap();
    let allowed = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
    assert!(rig.owners.all().is_empty());
    assert_eq!(asking(&rig, &browser, &client_id).await, Asking::Everything);
    browser.come_back(&rig, &allowed).await.map(drop).unwrap();
    assert_eq!(only_owner(&rig).approvals.len(), 1);
}

#[tokio::test]
async fn nothing_is_remembered_after_a_failure_at_entra() {
    for fails_at_entra in [true, false] {
        let rig = Rig::new().unwrap();
        let client_id = rig.register().await.unwrap();
        let allowed = rig.allow(&rig.open_page(&client_id).await.unwrap()).await.unwrap();
        let answer: &[_] = if fails_at_entra { &[("error", "access_denied")] } else { &[("code", "x")] };
        rig.upstream.refuse_redeem(UpstreamRefusal::InvalidGrant { reason: "no".into() });
        let completed = rig.call_back(&allowed, answer, Some(allowed.cookie.expose_secret())).await.unwrap();
        assert!(cookie(&answered(completed).unwrap().cookies, CookieName::ApprovedClients).is_none());
        assert!(rig.owners.all().is_empty());
    }
}

#[tokio::test]
async fn a_callback_in_another_browser_is_remembered_in_neither() {
    let (rig, mut other) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let allowed = rig.allow(&rig.open_page(&client_id).await.unwrap()).await.unwrap();
    other.call_back(&rig, &allowed, None).await.map(drop).unwrap_err();
    assert!(rig.owners.all().is_empty());
    assert_eq!(other.memory(&rig).await.unwrap(), RememberedDecisions::default());
}

#[tokio::test]
async fn an_approval_that_cannot_be_written_costs_the_client_nothing() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let allowed = rig.allow(&rig.open_page(&client_id).await.unwrap()).await.unwrap();
    // Authorization, claim, owner, code, owner; then the approval.
    rig.store.fail_after(5, Fault::Before);
    let answer = answered(browser.come_back(&rig, &allowed).await.unwrap()).unwrap();
    assert!(!rig.store.fault_is_due());
    assert!(cookie(&answer.cookies, CookieName::ApprovedClients).is_none() && rig.owners.all().is_empty());
    let code = parameter(&answer.location, "code").unwrap().into();
    assert!(rig.redeem(&client_id, &code).await.is_ok());
}

#[tokio::test]
async fn a_cookie_that_was_not_sealed_as_this_one_is_as_good_as_none() {
    let (rig, client_id, mut browser) = approved().await;
    let page = rig.open_page(&client_id).await.unwrap();
    browser.decide(&rig, &page.form, Decision::Deny).await.map(drop).unwrap();
    for forged in
        [Some("[]".to_owned()), Some(String::new()), browser.denied, Some(page.form.sealed.as_str().to_owned()), None]
    {
        let browser = Browser { approved: forged.clone(), denied: None };
        assert_eq!(asking(&rig, &browser, &client_id).await, Asking::Everything, "{forged:?}");
    }
}

#[tokio::test]
async fn the_oldest_approvals_leave_the_cookie_before_it_grows_too_large() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let mut clients = Vec::new();
    for _ in 0..40 {
        clients.push(rig.register().await.unwrap());
        browser.code(&rig, clients.last().unwrap()).await.unwrap();
    }
    assert!(rig.sealer.base64_length(browser.approved.as_ref().unwrap()) < 3500);
    assert_eq!(asking(&rig, &browser, &clients[0]).await, Asking::Everything);
    for newer in &clients[20..] {
        assert_eq!(asking(&rig, &browser, newer).await, Asking::Nothing);
    }
}

#[tokio::test]
async fn the_document_keeps_the_newest_200_approvals() {
    let (rig, client_id, browser) = approved().await;
    let now = rig.clock.now();
    rig.owners.change(&only_owner(&rig).key, |owner| {
        (0..200_u8).fold(owner.clone(), |owner, other| {
            let (id, client) = (Id::from_bytes([other; 16]), Id::from_bytes([other; 16]));
            let approval = Approval { id, client, given_at: now, ..owner.approvals[0].clone() };
            owner.with_approval(approval, now)
        })
    });
    assert_eq!(only_owner(&rig).approvals.len(), 200);
    assert_eq!(asking(&rig, &browser, &client_id).await, Asking::Everything);
}
