//! Forms that arrive twice, by a double click, a reload or a lost answer: answered alike while that is safe, then not at all.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{
        answer::Answer,
        callback::{Callback, CallbackCost, CallbackError},
        confirmation::ConfirmationSubmission,
        connections::OwnerAction,
        consent::{ConsentError, ConsentSubmission, Decision},
        pages::{ConsentForm, ConsentPage, ReviewPage},
        visitor::Visitor,
    },
    ground::{Network, Subject, TooMany},
    state::{
        authorization::Stage,
        blocks::BlockTarget,
        cookies::{CookieName, Cookies},
        operator_record::OperatorDecision,
    },
};
use oauth_protocol::initiator::Initiator;
use secrecy::{ExposeSecret as _, SecretString};
use testkit::{
    Allowed, Browser, REDIRECT_URI, Rig, allowed, answered, asked, asked_to_confirm, denied, parameter, request,
    sent_to_confirm,
};
use time::Duration;

use crate::{blocks::decide, connections::click, denied::reviewed};

/// A page that asks at length, or in short.
async fn page(rig: &Rig, browser: &mut Browser, short: bool) -> ConsentPage {
    let client_id = rig.register().await.unwrap();
    if short {
        browser.code(rig, &client_id).await.unwrap();
    }
    asked(browser.follow(rig, &request(&client_id, &[]), false).await.unwrap()).unwrap()
}

const ALLOWING: [(bool, Decision); 3] =
    [(false, Decision::Allow), (true, Decision::Allow), (true, Decision::SwitchAccount)];

#[tokio::test]
async fn every_button_that_leads_to_entra_leads_to_the_same_sign_in_twice() {
    for (short, decision) in ALLOWING {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        let page = page(&rig, &mut browser, short).await;
        let first = allowed(browser.decide(&rig, &page.form, decision).await.unwrap()).unwrap();
        rig.clock.advance(Duration::minutes(9));
        let (operations, asked) = (rig.store.writes(), rig.upstream.asked().len());
        let second = allowed(browser.decide(&rig, &page.form, decision).await.unwrap()).unwrap();
        assert_eq!(first.sign_in_url, second.sign_in_url, "{decision:?}");
        assert_eq!(first.cookie.expose_secret(), second.cookie.expose_secret());
        assert_eq!(rig.upstream.asked().len(), asked);
        assert_eq!(rig.store.writes(), operations + 1, "only the create that found the first");
        assert!(answered(browser.come_back(&rig, &second).await.unwrap()).is_some());
    }
}

/// The page of a client that looks like one that was denied.
async fn review(rig: &Rig, browser: &mut Browser) -> ReviewPage {
    let alike = page(rig, browser, false).await;
    browser.decide(rig, &alike.form, Decision::Deny).await.map(drop).unwrap();
    let client_id = rig.register().await.unwrap();
    reviewed(browser.visit(rig, &request(&client_id, &[])).await.unwrap()).unwrap()
}

#[tokio::test]
async fn another_button_of_the_same_page_is_refused() {
    let whole = async |rig: &Rig, browser: &mut Browser| page(rig, browser, false).await.form;
    let short = async |rig: &Rig, browser: &mut Browser| page(rig, browser, true).await.form;
    let review = async |rig: &Rig, browser: &mut Browser| review(rig, browser).await.form;
    has_one_decision(whole, &[Decision::Allow, Decision::Deny]).await;
    has_one_decision(short, &[Decision::Allow, Decision::SwitchAccount, Decision::Deny]).await;
    has_one_decision(review, &[Decision::Undo, Decision::Deny]).await;
}

/// Each of these buttons of a page can be clicked again, and then no other one counts.
async fn has_one_decision(form: impl AsyncFn(&Rig, &mut Browser) -> ConsentForm, buttons: &[Decision]) {
    for decision in buttons {
        for other in buttons {
            let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
            let form = form(&rig, &mut browser).await;
            browser.decide(&rig, &form, *decision).await.map(drop).unwrap();
            rig.audit.take();
            let answer = browser.decide(&rig, &form, *other).await;
            if other == decision {
                assert!(answer.is_ok(), "{decision:?} twice");
            } else {
                assert!(matches!(answer, Err(ConsentError::AlreadyDecided)), "{decision:?}, then {other:?}");
                assert_eq!(rig.audit.names(), [], "{decision:?}, then {other:?}");
            }
        }
    }
}

#[tokio::test]
async fn once_entra_has_answered_a_form_creates_and_revives_nothing() {
    for (short, decision) in ALLOWING {
        for answer in ["code", "error"] {
            let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
            let page = page(&rig, &mut browser, short).await;
            let sign_in = allowed(browser.decide(&rig, &page.form, decision).await.unwrap()).unwrap();
            let response = sign_in.response(&[(answer, "access_denied")]).unwrap();
            let cookies = browser.cookies(&[(CookieName::EntraState(sign_in.id), sign_in.cookie.expose_secret())]);
            rig.callback(&response, &cookies).await.map(drop).unwrap();
            let before = rig.authorizations.peek(&sign_in.id).unwrap();
            let again = browser.decide(&rig, &page.form, decision).await;
            assert!(matches!(again, Err(ConsentError::AlreadyCompleted)), "{decision:?} after {answer}");
            let after = rig.authorizations.peek(&sign_in.id).unwrap();
            assert_eq!(format!("{:?}", after.stage), format!("{:?}", before.stage));
        }
    }
}

/// The form as it is sent by a browser that has these cookies only.
async fn send(rig: &Rig, page: &ConsentPage, decision: Decision, cookies: &[(CookieName, &str)]) -> ConsentError {
    let csrf = page.form.secrets.csrf.encode();
    let submission = ConsentSubmission { request: page.form.sealed.as_str(), decision, csrf: csrf.expose_secret() };
    let cookies = Browser::default().cookies(cookies);
    let sender =
        Visitor { cookies: &cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN }.own_form().unwrap();
    rig.server.decide(&submission, sender).await.err().unwrap()
}

#[tokio::test]
async fn cookies_are_blamed_only_if_they_are_the_cause() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let page = page(&rig, &mut browser, false).await;
    assert!(matches!(send(&rig, &page, Decision::Allow, &[]).await, ConsentError::CookieMissing));
    let sign_in = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
    browser.come_back(&rig, &sign_in).await.map(drop).unwrap();
    // The callback deleted the cookies.
    assert!(matches!(send(&rig, &page, Decision::Allow, &[]).await, ConsentError::AlreadyCompleted));
    assert!(matches!(send(&rig, &page, Decision::Deny, &[]).await, ConsentError::AlreadyDecided));
}

#[tokio::test]
async fn the_cookies_of_a_form_live_until_the_callback() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let page = page(&rig, &mut browser, false).await;
    let id = page.form.pending.id;
    let deleted = |answer: &Answer, name: CookieName| {
        use authorization_server::state::cookies::CookieChange::Delete;
        answer.cookies.iter().any(|change| matches!(change, Delete(deleted) if *deleted == name.to_string()))
    };
    let answer = browser.decide(&rig, &page.form, Decision::Allow).await.unwrap();
    assert!(!deleted(&answer, CookieName::ConsentState(id)) && !deleted(&answer, CookieName::CsrfToken(id)));
    let sign_in = allowed(answer).unwrap();
    let answer = browser.come_back(&rig, &sign_in).await.unwrap();
    for name in [CookieName::ConsentState(id), CookieName::CsrfToken(id), CookieName::EntraState(id)] {
        assert!(deleted(&answer, name), "{name}");
    }
}

#[tokio::test]
async fn deny_twice_shows_the_same_page_and_later_that_it_is_over() {
    for short in [false, true] {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        let page = page(&rig, &mut browser, short).await;
        let first = denied(browser.decide(&rig, &page.form, Decision::Deny).await.unwrap()).unwrap();
        rig.clock.advance(Duration::seconds(59));
        let second = denied(browser.decide(&rig, &page.form, Decision::Deny).await.unwrap()).unwrap();
        assert_eq!(first.return_to, second.return_to);
        assert!(browser.denies(&rig, page.client.id).await.unwrap());
        rig.clock.advance(Duration::SECOND);
        let late = browser.decide(&rig, &page.form, Decision::Deny).await;
        assert!(matches!(late, Err(ConsentError::AlreadyCompleted)));
    }
}

#[tokio::test]
async fn undo_twice_asks_twice() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let page = page(&rig, &mut browser, false).await;
    let undo = denied(browser.decide(&rig, &page.form, Decision::Deny).await.unwrap()).unwrap();
    for _ in 0..2 {
        assert!(asked(browser.decide(&rig, &undo.form, Decision::Undo).await.unwrap()).is_some());
    }
    assert!(!browser.denies(&rig, page.client.id).await.unwrap());
}

/// An owner who is asked after signing in, and the token of the page.
struct Confirming {
    rig: Rig,
    client_id: String,
    browser: Browser,
    sign_in: Allowed,
    csrf: SecretString,
}

impl Confirming {
    async fn new() -> Self {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        let client_id = rig.register().await.unwrap();
        rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: "first".into() });
        browser.code(&rig, &client_id).await.unwrap();
        let sign_in = allowed(browser.visit(&rig, &request(&client_id, &[])).await.unwrap()).unwrap();
        rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: "second".into() });
        let completed = browser.come_back(&rig, &sign_in).await.unwrap();
        assert_eq!(sent_to_confirm(&completed), Some(sign_in.id));
        let cookies = browser.cookies(&[(CookieName::EntraState(sign_in.id), sign_in.cookie.expose_secret())]);
        let page = asked_to_confirm(rig.server.confirmation(sign_in.id, &cookies).await.unwrap()).unwrap();
        let csrf = page.csrf.encode();
        Self { rig, client_id, browser, sign_in, csrf }
    }

    /// The form of the page, in a browser whose cookie has this value.
    async fn send_with(&mut self, decision: Decision, cookie: &SecretString) -> Result<Answer, ConsentError> {
        let cookies = self.browser.cookies(&[(CookieName::EntraState(self.sign_in.id), cookie.expose_secret())]);
        let submission = ConfirmationSubmission { id: self.sign_in.id, decision, csrf: self.csrf.expose_secret() };
        let sender =
            Visitor { cookies: &cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN }.own_form().unwrap();
        let answer = self.rig.server.confirm(&submission, sender).await?;
        self.browser.keep(&answer.cookies);
        Ok(answer)
    }

    async fn send(&mut self, decision: Decision) -> Result<Answer, ConsentError> {
        let cookie = self.sign_in.cookie.clone();
        self.send_with(decision, &cookie).await
    }

    async fn location(&mut self, decision: Decision) -> String {
        answered(self.send(decision).await.unwrap()).unwrap().location
    }
}

#[tokio::test]
async fn a_confirmation_gets_the_same_code_twice_until_it_is_redeemed_or_a_minute_old() {
    for redeemed in [false, true] {
        let mut asked = Confirming::new().await;
        let first = asked.location(Decision::Allow).await;
        asked.rig.clock.advance(Duration::seconds(59));
        assert_eq!(asked.location(Decision::Allow).await, first);
        for other in [Decision::SwitchAccount, Decision::Deny] {
            assert!(matches!(asked.send(other).await, Err(ConsentError::AlreadyDecided)), "{other:?}");
        }
        if redeemed {
            let code = SecretString::from(parameter(&first, "code").unwrap());
            assert!(asked.rig.redeem(&asked.client_id, &code).await.is_ok());
        } else {
            asked.rig.clock.advance(Duration::SECOND);
        }
        assert!(matches!(asked.send(Decision::Allow).await, Err(ConsentError::AlreadyCompleted)), "{redeemed}");
        assert_eq!(asked.rig.grants.all().len(), usize::from(redeemed));
    }
}

#[tokio::test]
async fn another_account_is_asked_for_once_though_the_button_is_pressed_twice() {
    let mut asked = Confirming::new().await;
    let first = allowed(asked.send(Decision::SwitchAccount).await.unwrap()).unwrap();
    for cookie in [asked.sign_in.cookie.clone(), first.cookie.clone()] {
        let again = allowed(asked.send_with(Decision::SwitchAccount, &cookie).await.unwrap()).unwrap();
        assert_eq!(again.sign_in_url, first.sign_in_url);
        assert_eq!(again.cookie.expose_secret(), first.cookie.expose_secret());
    }
    assert!(matches!(asked.send(Decision::Allow).await, Err(ConsentError::AlreadyDecided)));
    let stranger = "A".repeat(43).into();
    let foreign = asked.send_with(Decision::SwitchAccount, &stranger).await;
    assert!(matches!(foreign, Err(ConsentError::AlreadyCompleted)));
    let completed = asked.browser.come_back(&asked.rig, &first).await.unwrap();
    assert_eq!(sent_to_confirm(&completed), Some(first.id));
}

#[tokio::test]
async fn the_answer_to_a_confirmation_is_for_its_own_browser_and_page_only() {
    for decision in [Decision::Allow, Decision::Deny, Decision::SwitchAccount] {
        let mut asked = Confirming::new().await;
        asked.send(decision).await.unwrap();
        let foreign = asked.send_with(decision, &"A".repeat(43).into()).await;
        assert!(matches!(foreign, Err(ConsentError::AlreadyCompleted)), "{decision:?}");
        asked.csrf = "A".repeat(43).into();
        let forged = asked.send(decision).await;
        assert!(matches!(forged, Err(ConsentError::AlreadyCompleted)), "{decision:?}");
    }
}

#[tokio::test]
async fn a_refusal_after_signing_in_is_told_twice_and_later_not() {
    let mut asked = Confirming::new().await;
    let first = asked.location(Decision::Deny).await;
    assert!(first.starts_with(REDIRECT_URI) && first.contains("error=access_denied"));
    assert_eq!(asked.location(Decision::Deny).await, first);
    assert!(matches!(asked.send(Decision::Allow).await, Err(ConsentError::AlreadyDecided)));
    asked.rig.clock.advance(Duration::seconds(60));
    assert!(matches!(asked.send(Decision::Deny).await, Err(ConsentError::AlreadyCompleted)));
}

#[tokio::test]
async fn confirmations_at_once_get_one_code() {
    let asked = Confirming::new().await;
    let cookies =
        asked.browser.cookies(&[(CookieName::EntraState(asked.sign_in.id), asked.sign_in.cookie.expose_secret())]);
    let send = async || {
        let id = asked.sign_in.id;
        let submission = ConfirmationSubmission { id, decision: Decision::Allow, csrf: asked.csrf.expose_secret() };
        let sender =
            Visitor { cookies: &cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN }.own_form().unwrap();
        answered(asked.rig.server.confirm(&submission, sender).await.unwrap()).unwrap().location
    };
    let (one, two, three) = tokio::join!(send(), send(), send());
    assert!(one == two && two == three);
}

#[tokio::test]
async fn a_callback_over_the_limit_spends_nothing_and_one_of_another_browser_is_not_counted() {
    let rig = Rig::new().unwrap();
    let page = page(&rig, &mut Browser::default(), false).await;
    let sign_in = rig.allow(&page).await.unwrap();
    let response = sign_in.response(&[("code", "upstream-code")]).unwrap();
    let cookies = Browser::default().cookies(&[(CookieName::EntraState(sign_in.id), sign_in.cookie.expose_secret())]);
    let counted = std::sync::atomic::AtomicUsize::new(0);
    let over = |cost: CallbackCost| {
        if cost != CallbackCost::Redemption {
            return Ok(());
        }
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Err(too_many())
    };
    let callback = Callback { response: &response, cookies: &cookies, count: &over };
    let writes = rig.store.writes();
    for _ in 0..3 {
        assert!(matches!(rig.server.callback(&callback).await, Err(CallbackError::OverLimit(..))));
    }
    assert_eq!((rig.store.writes(), rig.upstream.asked().len()), (writes, 0));
    assert_eq!(counted.load(std::sync::atomic::Ordering::Relaxed), 3);
    assert!(rig.come_back(&sign_in).await.is_ok());
    let stranger = Browser::default().cookies(&[]);
    let _ = rig.server.callback(&Callback { cookies: &stranger, ..callback }).await;
    assert_eq!(counted.load(std::sync::atomic::Ordering::Relaxed), 3);
    assert!(matches!(rig.authorizations.peek(&sign_in.id).unwrap().stage, Stage::CodeIssued(_)));
}

fn too_many() -> TooMany {
    TooMany { wait: std::time::Duration::from_secs(1) }
}

/// A sender of junk has no cookie of the transaction, or has made one up.
#[tokio::test]
async fn a_callback_is_counted_before_its_authorization_is_read_and_without_its_cookie_by_itself() {
    let rig = Rig::new().unwrap();
    let page = page(&rig, &mut Browser::default(), false).await;
    let to_connections = click(&rig, &Cookies::default(), OwnerAction::SignIn, "").await.unwrap();
    for sign_in in [rig.allow(&page).await.unwrap(), allowed(to_connections).unwrap()] {
        let response = sign_in.response(CODE).unwrap();
        let (operations, name) = (rig.store.operations(), CookieName::EntraState(sign_in.id));
        for (cookie, of) in [(None, CallbackCost::ReadWithoutCookie), (Some((name, "made up")), CallbackCost::Read)] {
            let cookies = Browser::default().cookies(cookie.as_slice());
            let over = |cost: CallbackCost| if cost == of { Err(too_many()) } else { Ok(()) };
            let refused = rig.server.callback(&Callback { response: &response, cookies: &cookies, count: &over }).await;
            assert!(matches!(refused, Err(CallbackError::OverLimit(..))), "{of:?}");
            assert_eq!(rig.store.operations(), operations, "{of:?}");
        }
        let cookies = Browser::default().cookies(&[(name, sign_in.cookie.expose_secret())]);
        let junk_is_over =
            |cost: CallbackCost| if cost == CallbackCost::ReadWithoutCookie { Err(too_many()) } else { Ok(()) };
        let callback = Callback { response: &response, cookies: &cookies, count: &junk_is_over };
        assert!(rig.server.callback(&callback).await.is_ok());
    }
}

/// The reads and the requests to Entra that a callback with these parameters counts, in the browser that began the sign-in.
async fn counted(rig: &Rig, sign_in: &Allowed, parameters: &[(&str, &str)]) -> Vec<CallbackCost> {
    let response = sign_in.response(parameters).unwrap();
    let cookies = Browser::default().cookies(&[(CookieName::EntraState(sign_in.id), sign_in.cookie.expose_secret())]);
    let costs = std::sync::Mutex::new(Vec::new());
    let count = |cost| {
        costs.lock().unwrap().push(cost);
        Ok(())
    };
    drop(rig.server.callback(&Callback { response: &response, cookies: &cookies, count: &count }).await);
    costs.into_inner().unwrap()
}

const CODE: &[(&str, &str)] = &[("code", "upstream-code")];
const READ: [CallbackCost; 1] = [CallbackCost::Read];
const REDEEMED: [CallbackCost; 3] = [CallbackCost::Read, CallbackCost::Redemption, CallbackCost::AnyRedemption];

#[tokio::test]
async fn only_a_callback_whose_code_is_redeemed_counts_as_a_request_to_entra() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    for own_page in [false, true] {
        let begin = async || {
            if own_page {
                let clicked = click(&rig, &Cookies::default(), OwnerAction::SignIn, "").await.unwrap();
                allowed(clicked).unwrap()
            } else {
                rig.allow(&rig.open_page(&client_id).await.unwrap()).await.unwrap()
            }
        };
        let sign_in = begin().await;
        assert_eq!(counted(&rig, &sign_in, CODE).await, REDEEMED, "own page: {own_page}");
        for again in [CODE, &[("error", "access_denied")], &[]] {
            assert_eq!(counted(&rig, &sign_in, again).await, READ, "own page: {own_page}, again with {again:?}");
        }
        for without_code in [&[("error", "access_denied")][..], &[]] {
            assert_eq!(counted(&rig, &begin().await, without_code).await, READ, "own page: {own_page}");
        }
    }
    assert_eq!(rig.upstream.asked().len(), 2);
    let sign_in = rig.allow(&rig.open_page(&client_id).await.unwrap()).await.unwrap();
    let host = || BlockTarget::RedirectHost("client.example".into());
    decide(&rig, OperatorDecision::Block(host())).await;
    assert_eq!(counted(&rig, &sign_in, CODE).await, READ, "the client is blocked");
    decide(&rig, OperatorDecision::Unblock(host())).await;
    rig.upstream.set_ready(false);
    assert_eq!(counted(&rig, &sign_in, CODE).await, READ, "Entra cannot be asked");
}
