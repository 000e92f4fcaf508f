//! Another owner signed in than the one who allowed, or the consent was withdrawn: the owner is asked after signing in.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{
        answer::Answer,
        callback::CallbackError,
        confirmation::ConfirmationSubmission,
        consent::{ConsentError, Decision},
        pages::ConfirmationPage,
        token_error::TokenError,
        visitor::Visitor,
    },
    ground::{Clock as _, EventName, Id, Network, Subject, lifetimes::APPROVAL_LIFETIME},
    state::{
        authorization::{PendingConfirmation, Stage},
        cookies::{CookieName, Cookies},
    },
};
use oauth_protocol::{initiator::Initiator, secret::Secret};
use secrecy::{ExposeSecret as _, SecretString};
use testkit::{Allowed, Browser, Rig, allowed, answered, asked, asked_to_confirm, parameter, request, sent_to_confirm};
use time::Duration;

fn subject(oid: &str) -> Subject {
    Subject { tid: "tenant".into(), oid: oid.into() }
}

/// `first` allowed the client in this browser, and now `second` is asked.
struct Asked {
    rig: Rig,
    client_id: String,
    browser: Browser,
    allowed: Allowed,
}

/// A browser where the first owner allowed the client, and which is on its way to Entra again without a click.
async fn on_the_way() -> Asked {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    rig.upstream.set_subject(subject("first"));
    browser.code(&rig, &client_id).await.unwrap();
    rig.clock.advance(Duration::SECOND);
    let allowed = allowed(browser.visit(&rig, &request(&client_id, &[])).await.unwrap()).unwrap();
    rig.clock.advance(Duration::SECOND);
    Asked { rig, client_id, browser, allowed }
}

/// The second owner signed in there.
async fn another_owner() -> Asked {
    let mut asked = on_the_way().await;
    asked.rig.upstream.set_subject(subject("second"));
    asked.is_asked().await;
    asked
}

impl Asked {
    async fn is_asked(&mut self) {
        let completed = self.browser.come_back(&self.rig, &self.allowed).await;
        assert_eq!(sent_to_confirm(&completed.unwrap()), Some(self.allowed.id));
    }

    async fn answer(&mut self, decision: Decision) -> Result<Answer, ConsentError> {
        self.browser.confirm(&self.rig, &self.allowed, decision).await
    }

    /// The code after “Continue as”.
    async fn continued(&mut self) -> SecretString {
        let answer = answered(self.answer(Decision::Allow).await.unwrap()).unwrap();
        parameter(&answer.location, "code").unwrap().into()
    }

    fn stage(&self) -> Stage {
        self.rig.authorizations.peek(&self.allowed.id).unwrap().stage
    }

    fn client(&self) -> Id {
        Id::parse(&self.client_id).unwrap()
    }

    /// The cookies of the browser that signed in.
    fn cookies(&self) -> Cookies {
        self.with_cookie(Some(self.allowed.cookie.expose_secret()))
    }

    fn with_cookie(&self, cookie: Option<&str>) -> Cookies {
        let cookie = cookie.map(|cookie| (CookieName::EntraState(self.allowed.id), cookie));
        self.browser.cookies(cookie.as_slice())
    }

    async fn page(&self, cookies: &Cookies) -> Result<ConfirmationPage, ConsentError> {
        Ok(asked_to_confirm(self.rig.server.confirmation(self.allowed.id, cookies).await?).unwrap())
    }

    async fn submit(&self, cookies: &Cookies, csrf: &str, decision: Decision) -> Result<Answer, ConsentError> {
        let submission = ConfirmationSubmission { id: self.allowed.id, decision, csrf };
        self.rig
            .server
            .confirm(
                &submission,
                Visitor { cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN }.own_form()?,
            )
            .await
    }
}

#[tokio::test]
async fn another_owner_is_asked_by_name_and_nothing_is_granted_yet() {
    let asked = another_owner().await;
    let page = asked.page(&asked.cookies()).await.unwrap();
    assert_eq!((page.name.as_str(), page.client.id), ("second", asked.client()));
    assert!(asked.rig.grants.all().is_empty());
    assert!(asked.rig.owners.peek(&subject("second").owner_key()).is_none());
    let Stage::PendingConfirmation(PendingConfirmation { sealed_name, .. }) = asked.stage() else { panic!("stage") };
    assert!(!sealed_name.as_str().contains("second"), "the name must not stand in the store");
}

#[tokio::test]
async fn an_owner_who_continues_gets_a_grant_and_is_remembered_beside_the_first() {
    let mut asked = another_owner().await;
    let code = asked.continued().await;
    asked.rig.redeem(&asked.client_id, &code).await.unwrap();
    assert_eq!(asked.rig.only_grant().unwrap().key.owner, subject("second").owner_key());
    for owner in ["first", "second"] {
        assert_eq!(asked.rig.owners.peek(&subject(owner).owner_key()).unwrap().approvals.len(), 1, "{owner}");
    }
    let again = allowed(asked.browser.visit(&asked.rig, &request(&asked.client_id, &[])).await.unwrap()).unwrap();
    assert!(answered(asked.browser.come_back(&asked.rig, &again).await.unwrap()).is_some(), "not asked again");
}

#[tokio::test]
async fn an_approval_of_the_same_id_in_another_owners_document_does_not_serve() {
    let mut asked = on_the_way().await;
    asked.rig.upstream.set_subject(subject("second"));
    Browser::default().code(&asked.rig, &asked.client_id).await.unwrap();
    let first = asked.rig.owners.peek(&subject("first").owner_key()).unwrap().approvals[0].id;
    asked.rig.owners.change(&subject("second").owner_key(), |owner| {
        let mut owner = owner.clone();
        owner.approvals[0].id = first;
        owner
    });
    asked.is_asked().await;
}

#[tokio::test]
async fn a_withdrawn_approval_is_not_used_and_the_owner_may_allow_again() {
    for client in [true, false] {
        let mut asked = on_the_way().await;
        let client = client.then(|| asked.client());
        asked.rig.server.withdraw(subject("first").owner_key(), &[client]).await.unwrap();
        asked.is_asked().await;
        asked.rig.clock.advance(Duration::SECOND);
        let code = asked.continued().await;
        assert!(asked.rig.redeem(&asked.client_id, &code).await.is_ok(), "decided after the withdrawal");
    }
}

#[tokio::test]
async fn an_approval_that_expired_meanwhile_is_not_used() {
    let mut asked = on_the_way().await;
    let (now, minute) = (asked.rig.clock.now(), Duration::MINUTE);
    asked.rig.owners.change(&subject("first").owner_key(), |owner| {
        let mut owner = owner.clone();
        owner.approvals[0].given_at = now - APPROVAL_LIFETIME + minute;
        owner
    });
    asked.rig.clock.advance(minute);
    asked.is_asked().await;
}

#[tokio::test]
async fn a_whole_question_that_was_answered_before_a_withdrawal_is_put_again_and_not_remembered() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    rig.upstream.set_subject(subject("first"));
    let client_id = rig.register().await.unwrap();
    let page = asked(browser.visit(&rig, &request(&client_id, &[])).await.unwrap()).unwrap();
    let allowed = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
    rig.clock.advance(Duration::SECOND);
    rig.server.withdraw(subject("first").owner_key(), &[None]).await.unwrap();
    rig.clock.advance(Duration::SECOND);
    let mut asked = Asked { rig, client_id, browser, allowed };
    asked.is_asked().await;
    assert!(asked.rig.owners.peek(&subject("first").owner_key()).unwrap().approvals.is_empty());
    let code = asked.continued().await;
    assert!(asked.rig.redeem(&asked.client_id, &code).await.is_ok());
}

#[tokio::test]
async fn a_consent_withdrawn_after_the_answer_never_becomes_a_grant() {
    let mut asked = another_owner().await;
    let code = asked.continued().await;
    asked.rig.clock.advance(Duration::SECOND);
    asked.rig.server.withdraw(subject("second").owner_key(), &[None]).await.unwrap();
    let redeemed = asked.rig.redeem(&asked.client_id, &code).await;
    assert!(matches!(redeemed, Err(TokenError::InvalidGrant(_))));
    assert!(asked.rig.upstream_tokens.all().is_empty());
}

#[tokio::test]
async fn another_account_is_chosen_at_entra_and_whoever_signs_in_is_asked() {
    for next in ["third", "second", "first"] {
        let mut asked = another_owner().await;
        let again = allowed(asked.answer(Decision::SwitchAccount).await.unwrap()).unwrap();
        let before = std::mem::replace(&mut asked.allowed, again);
        assert_eq!(parameter(&asked.allowed.sign_in_url, "prompt").as_deref(), Some("select_account"));
        assert_ne!(before.cookie.expose_secret(), asked.allowed.cookie.expose_secret());
        let old = asked.browser.come_back(&asked.rig, &before).await;
        assert!(matches!(old, Err(CallbackError::UnknownState)));
        asked.rig.upstream.set_subject(subject(next));
        asked.is_asked().await;
        let code = asked.continued().await;
        asked.rig.redeem(&asked.client_id, &code).await.unwrap();
        assert_eq!(asked.rig.only_grant().unwrap().key.owner, subject(next).owner_key());
    }
}

#[tokio::test]
async fn another_account_on_the_short_question_is_asked_unless_it_is_the_approvals_own() {
    for (oid, is_asked) in [("first", false), ("second", true)] {
        let Asked { rig, client_id, mut browser, .. } = on_the_way().await;
        let page = asked(browser.follow(&rig, &request(&client_id, &[]), false).await.unwrap()).unwrap();
        let allowed = allowed(browser.decide(&rig, &page.form, Decision::SwitchAccount).await.unwrap()).unwrap();
        assert_eq!(parameter(&allowed.sign_in_url, "prompt").as_deref(), Some("select_account"));
        rig.upstream.set_subject(subject(oid));
        let completed = browser.come_back(&rig, &allowed).await.unwrap();
        assert_eq!(sent_to_confirm(&completed).is_some(), is_asked, "{oid}");
    }
}

#[tokio::test]
async fn deny_answers_the_client_and_is_remembered() {
    let mut asked = another_owner().await;
    asked.rig.audit.take();
    let answer = answered(asked.answer(Decision::Deny).await.unwrap()).unwrap();
    assert!(asked.rig.audit.names().contains(&EventName::ConsentDenied));
    assert_eq!(parameter(&answer.location, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&answer.location, "iss").as_deref(), Some("https://mcp.example.com"));
    assert!(asked.browser.denies(&asked.rig, asked.client()).await.unwrap());
    assert!(matches!(asked.answer(Decision::Allow).await, Err(ConsentError::AlreadyCompleted)));
    assert!(asked.rig.owners.peek(&subject("second").owner_key()).is_none());
}

#[tokio::test]
async fn a_browser_without_approvals_that_denies_gets_no_cookie_of_approvals() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let page = rig.open_page(&client_id).await.unwrap();
    let allowed = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
    rig.upstream.set_subject(subject("second"));
    rig.server.withdraw(subject("second").owner_key(), &[None]).await.unwrap();
    assert!(sent_to_confirm(&browser.come_back(&rig, &allowed).await.unwrap()).is_some());
    browser.confirm(&rig, &allowed, Decision::Deny).await.unwrap();
    assert_eq!((browser.approved.is_some(), browser.denied.is_some()), (false, true));
}

#[tokio::test]
async fn a_browser_without_denials_that_allows_gets_no_cookie_of_denials() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    browser.code(&rig, &client_id).await.unwrap();
    assert_eq!((browser.approved.is_some(), browser.denied.is_some()), (true, false));
}

#[tokio::test]
async fn a_repeated_callback_leads_to_the_question_and_after_the_answer_is_already_completed() {
    for decision in [Decision::Allow, Decision::Deny] {
        let mut asked = another_owner().await;
        let again = asked.browser.come_back(&asked.rig, &asked.allowed).await;
        assert_eq!(sent_to_confirm(&again.unwrap()), Some(asked.allowed.id));
        asked.answer(decision).await.map(drop).unwrap();
        let again = asked.browser.come_back(&asked.rig, &asked.allowed).await;
        assert!(matches!(again, Err(CallbackError::AlreadyCompleted)), "{decision:?}");
    }
}

#[tokio::test]
async fn only_the_browser_that_signed_in_is_shown_the_page_and_answers_it() {
    let asked = another_owner().await;
    let foreign = Secret::from_bytes([7; 32]).encode();
    let csrf = asked.page(&asked.cookies()).await.unwrap().csrf.encode();
    for cookie in [None, Some(""), Some(foreign.expose_secret())] {
        let cookies = asked.with_cookie(cookie);
        let page = asked.page(&cookies).await;
        assert!(matches!(page, Err(ConsentError::CookieMissing)), "{cookie:?}");
        for decision in [Decision::Allow, Decision::SwitchAccount, Decision::Deny] {
            let answer = asked.submit(&cookies, csrf.expose_secret(), decision);
            assert!(matches!(answer.await, Err(ConsentError::CookieMissing)), "{cookie:?}");
        }
    }
    assert!(matches!(asked.stage(), Stage::PendingConfirmation(_)));
}

#[tokio::test]
async fn an_answer_without_its_own_token_does_not_count() {
    let asked = another_owner().await;
    let other = another_owner().await;
    let foreign = Secret::from_bytes([7; 32]).encode();
    let cookie = asked.allowed.cookie.expose_secret();
    let consent = other.rig.open_page(&other.client_id).await.unwrap().form.secrets.csrf.encode();
    for csrf in ["", "short", foreign.expose_secret(), consent.expose_secret(), cookie] {
        for decision in [Decision::Allow, Decision::SwitchAccount, Decision::Deny] {
            let answer = asked.submit(&asked.cookies(), csrf, decision).await;
            assert!(matches!(answer, Err(ConsentError::Forged)), "{decision:?}");
        }
    }
    assert!(matches!(asked.stage(), Stage::PendingConfirmation(_)));
}

#[tokio::test]
async fn the_page_has_no_undo() {
    let mut asked = another_owner().await;
    assert!(matches!(asked.answer(Decision::Undo).await, Err(ConsentError::Forged)));
    assert!(matches!(asked.stage(), Stage::PendingConfirmation(_)));
}

#[tokio::test]
async fn of_answers_at_once_one_counts() {
    let asked = another_owner().await;
    let csrf = asked.page(&asked.cookies()).await.unwrap().csrf.encode();
    let cookies = asked.cookies();
    let answer = async |decision| asked.submit(&cookies, csrf.expose_secret(), decision).await.is_ok();
    let (allow, deny, switch) = (Decision::Allow, Decision::Deny, Decision::SwitchAccount);
    let (a, b, c) = tokio::join!(answer(allow), answer(deny), answer(switch));
    assert_eq!([a, b, c].iter().filter(|counted| **counted).count(), 1);
}

#[tokio::test]
async fn the_question_expires_with_the_authorization() {
    let mut asked = another_owner().await;
    asked.rig.clock.advance(Duration::minutes(15));
    assert!(matches!(asked.answer(Decision::Allow).await, Err(ConsentError::Expired)));
}

#[tokio::test]
async fn an_authorization_that_is_not_waiting_for_its_owner_has_no_such_page() {
    let asked = on_the_way().await;
    let page = asked.page(&asked.cookies()).await;
    assert!(matches!(page, Err(ConsentError::AlreadyCompleted)));
    let nothing = asked.rig.server.confirmation(Id::from_bytes([9; 16]), &asked.cookies()).await;
    assert!(matches!(nothing, Err(ConsentError::Expired)));
}
