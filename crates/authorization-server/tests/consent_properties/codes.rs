//! The steps that may lead to a code or a token.

use authorization_server::{
    endpoints::{
        answer::{Answer, Next, Redirect},
        callback::CallbackError,
        confirmation::ConfirmationSubmission,
        consent::{ConsentError, Decision},
        visitor::Visitor,
    },
    ground::{
        Network,
        lifetimes::{CODE_LIFETIME, GRANT_LIFETIME},
    },
    state::cookies::Cookies,
};
use oauth_protocol::{initiator::Initiator, token_request::AuthorizationCodeRequest};
use proptest::{prelude::*, test_runner::TestCaseResult};
use secrecy::ExposeSecret as _;
use testkit::{Allowed, allowed, answered, parameter, redemption, sent_to_confirm};
use time::Duration;

use crate::{
    oracle::Basis,
    step::{BROWSERS, CLIENTS},
    world::{Code, Redeemed, World, subject},
};

impl World {
    pub(crate) async fn call_back(
        &mut self,
        back: usize,
        elsewhere: bool,
        owner: usize,
        first_state: bool,
    ) -> TestCaseResult {
        let Some(index) = self.nth(back, |transaction| !transaction.sign_ins.is_empty()) else { return Ok(()) };
        self.rig.upstream.set_subject(subject(owner));
        let now = self.now();
        let transaction = &self.transactions[index];
        let sign_in = if first_state { transaction.sign_ins.first() } else { transaction.sign_ins.last() }.unwrap();
        let current = transaction.sign_ins.len() == 1 || !first_state;
        let accepted = current && transaction.under_way && transaction.lives(now);
        let (browser, cookie) = if elsewhere {
            ((transaction.browser + 1) % BROWSERS, None)
        } else {
            (transaction.browser, Some(sign_in.cookie.expose_secret()))
        };
        let completed = self.browsers[browser].call_back(&self.rig, sign_in, cookie).await;
        let asked_again = !accepted && completed.as_ref().is_ok_and(|answer| sent_to_confirm(answer).is_some());
        prop_assert_eq!(completed.is_ok(), asked_again || (accepted && !elsewhere));
        if accepted {
            self.transactions[index].under_way = false;
        }
        match completed {
            Err(CallbackError::OtherBrowser) => prop_assert!(accepted && elsewhere),
            Err(CallbackError::UnknownState) => prop_assert!(!accepted),
            Err(CallbackError::AlreadyCompleted) => prop_assert!(!accepted),
            Err(CallbackError::OverLimit(..)) => prop_assert!(false, "no limit is set"),
            Err(CallbackError::OwnPage(error)) => prop_assert!(false, "{error}"),
            Ok(answer) if asked_again => {
                prop_assert_eq!(sent_to_confirm(&answer), Some(self.transactions[index].id));
            }
            Err(CallbackError::StillRefused) => prop_assert!(false, "Entra demands nothing"),
            Err(CallbackError::ClientBlocked) => prop_assert!(false, "nothing is blocked"),
            Err(CallbackError::UnderWay) => prop_assert!(false, "nobody is half way"),
            Err(CallbackError::Interrupted(error) | CallbackError::Unavailable(error)) => {
                prop_assert!(false, "{error}");
            }
            Ok(completed) => self.completed(index, owner, completed)?,
        }
        Ok(())
    }

    fn completed(&mut self, index: usize, owner: usize, completed: Answer) -> TestCaseResult {
        let transaction = &self.transactions[index];
        let (browser, basis) = (transaction.browser, transaction.basis);
        let consented = self.oracle.consented((browser, owner), transaction.target, basis, self.now());
        if let Some(id) = sent_to_confirm(&completed) {
            prop_assert_eq!(id, transaction.id);
            prop_assert!(!(consented && matches!(basis, Basis::Whole(_))), "asked for nothing");
            self.transactions[index].asked = Some(owner);
            return Ok(());
        }
        prop_assert!(consented, "a code without consent: {basis:?}");
        if matches!(basis, Basis::Whole(_)) {
            self.oracle.approve(browser, owner, self.transactions[index].target, self.now());
        }
        self.issued(index, owner, &answered(completed).unwrap().location)
    }

    fn issued(&mut self, index: usize, owner: usize, location: &str) -> TestCaseResult {
        let issued_at = self.now();
        let transaction = &mut self.transactions[index];
        prop_assert!(transaction.code.is_none(), "a second code");
        prop_assert!(location.starts_with(transaction.target.uri));
        let text = parameter(location, "code").unwrap();
        prop_assert!(text.starts_with(&transaction.id.to_string()));
        transaction.code = Some(Code { text: text.into(), owner, issued_at, redeemed: None });
        Ok(())
    }

    pub(crate) async fn confirm(&mut self, back: usize, elsewhere: bool, decision: Decision) -> TestCaseResult {
        let Some(index) = self.nth(back, |transaction| !transaction.sign_ins.is_empty()) else { return Ok(()) };
        let now = self.now();
        let transaction = &self.transactions[index];
        let sign_in = transaction.sign_ins.last().unwrap();
        if elsewhere {
            prop_assert!(confirm_elsewhere(self, sign_in, decision).await.is_err());
            return Ok(());
        }
        let counts = transaction.asked.is_some() && transaction.lives(now) && decision != Decision::Undo;
        let browser = transaction.browser;
        let confirmed = self.browsers[browser].confirm(&self.rig, sign_in, decision).await;
        prop_assert_eq!(confirmed.is_ok(), counts, "{:?}", decision);
        let Ok(confirmed) = confirmed else { return Ok(()) };
        let (owner, target) = (transaction.asked.unwrap(), transaction.target);
        self.transactions[index].asked = None;
        match (decision, confirmed) {
            (Decision::Allow, Answer { next: Next::Redirect(Redirect::Client(location)), .. }) => {
                self.transactions[index].decided_at = Some(now);
                self.oracle.approve(browser, owner, target, now);
                self.issued(index, owner, &location)?;
            }
            (Decision::Deny, Answer { next: Next::Redirect(Redirect::Client(location)), .. }) => {
                prop_assert!(parameter(&location, "code").is_none());
                self.oracle.deny(browser, target.client, now);
            }
            (Decision::SwitchAccount, answer) => {
                self.transactions[index].leave_for_entra(allowed(answer).unwrap(), Basis::Nothing);
            }
            (decision, _) => prop_assert!(false, "another outcome than {decision:?}"),
        }
        Ok(())
    }

    pub(crate) async fn redeem(&mut self, back: usize, other_client: bool) -> TestCaseResult {
        let Some(index) = self.nth(back, |transaction| transaction.code.is_some()) else { return Ok(()) };
        let now = self.now();
        let transaction = &self.transactions[index];
        let (target, code) = (transaction.target, transaction.code.as_ref().unwrap());
        let client = if other_client { (target.client + 1) % CLIENTS } else { target.client };
        let withdrawn = self.oracle.withdrawn(code.owner, target.client, transaction.decided_at.unwrap());
        let fresh = now < code.issued_at + CODE_LIFETIME && code.redeemed.is_none();
        let redirect_uri = Some(target.uri.to_owned());
        let redemption = AuthorizationCodeRequest { redirect_uri, ..redemption(&self.client_id(client), &code.text) };
        let redeemed = self.rig.server.redeem(&redemption, Network::UNKNOWN).await;
        prop_assert_eq!(redeemed.is_ok(), fresh && !other_client && !withdrawn);
        let replay = !other_client && transaction.lives(now);
        let code = self.transactions[index].code.as_mut().unwrap();
        match (redeemed, &mut code.redeemed) {
            (Ok(tokens), _) => {
                code.redeemed = Some(Redeemed { at: now, tokens, refreshed_at: now, replayed: false });
            }
            (Err(_), Some(redeemed)) => redeemed.replayed |= replay && now - redeemed.at > Duration::seconds(20),
            (Err(_), None) => {}
        }
        Ok(())
    }

    /// The client uses its access token, then its refresh token.
    pub(crate) async fn refresh(&mut self, back: usize) -> TestCaseResult {
        let redeemed = |code: &Code| code.redeemed.is_some();
        let Some(index) = self.nth(back, |transaction| transaction.code.as_ref().is_some_and(redeemed)) else {
            return Ok(());
        };
        let now = self.now();
        let transaction = &self.transactions[index];
        let stands = self.stands(transaction);
        let redeemed = transaction.code.as_ref().and_then(|code| code.redeemed.as_ref()).unwrap();
        let (tokens, age) = (&redeemed.tokens, now - redeemed.refreshed_at);
        let young = age < Duration::seconds(tokens.expires_in.cast_signed());
        prop_assert_eq!(self.rig.accepts(&tokens.access_token).await.unwrap(), stands && young);
        let client_id = self.client_id(transaction.target.client);
        let refreshed = self.rig.refresh(&client_id, &tokens.refresh_token).await;
        prop_assert_eq!(refreshed.is_ok(), stands && age < GRANT_LIFETIME);
        let code = self.transactions[index].code.as_mut().unwrap();
        if let (Ok(tokens), Some(redeemed)) = (refreshed, &mut code.redeemed) {
            redeemed.tokens = tokens;
            redeemed.refreshed_at = now;
        }
        Ok(())
    }
}

/// A browser that knows the transaction's id and nothing else.
async fn confirm_elsewhere(world: &World, sign_in: &Allowed, decision: Decision) -> Result<Answer, ConsentError> {
    let cookies = Cookies::default();
    world.rig.server.confirmation(sign_in.id, &cookies).await?;
    let submission = ConfirmationSubmission { id: sign_in.id, decision, csrf: sign_in.cookie.expose_secret() };
    world
        .rig
        .server
        .confirm(
            &submission,
            Visitor { cookies: &cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN }.own_form()?,
        )
        .await
}
