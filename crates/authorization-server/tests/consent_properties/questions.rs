//! The steps in which somebody is asked: `/authorize`, and the decision on its pages.

use authorization_server::{
    endpoints::{
        answer::{Answer, Next, Redirect},
        authorize::AuthorizeError,
        consent::{ConsentError, ConsentSubmission, Decision},
        pages::{ConsentForm, ConsentPage, Page as ServerPage},
        visitor::Visitor,
    },
    ground::{Network, lifetimes::CONSENT_LIFETIME},
    state::cookies::Cookies,
};
use oauth_protocol::initiator::Initiator;
use proptest::{prelude::*, test_runner::TestCaseResult};
use secrecy::ExposeSecret as _;
use testkit::{allowed, request};

use crate::{
    oracle::Basis,
    step::{Authorize, Target},
    world::{Page, PageKind, Transaction, World},
};

impl World {
    pub(crate) async fn authorize(&mut self, authorize: Authorize) -> TestCaseResult {
        let Authorize { browser, target, direct, names_resource, prompt } = authorize;
        let resource = names_resource.then_some("https://mcp.example.com/mcp");
        let query = request(
            &self.client_id(target.client),
            &[("redirect_uri", Some(target.uri)), ("resource", resource), ("prompt", prompt)],
        );
        let authorized = self.browsers[browser].follow(&self.rig, &query, direct).await;
        let denied = self.oracle.denies(browser, target.client, self.now());
        let shown = |answer: &Answer| matches!(answer.next, Next::Page(ServerPage::Denied(_)));
        prop_assert_eq!(denied, authorized.as_ref().is_ok_and(shown));
        match authorized {
            Err(AuthorizeError::ToClient { .. }) => prop_assert_eq!(prompt, Some("none")),
            Err(error) => prop_assert!(false, "{error}"),
            Ok(Answer { next: Next::Page(ServerPage::Denied(page)), .. }) => {
                self.shown(browser, target, page.form, PageKind::Denied);
            }
            Ok(Answer { next: Next::Page(ServerPage::Consent(page)), .. }) => {
                self.asked(browser, target, page, prompt)?;
            }
            Ok(answer) => {
                let sign_in = allowed(answer).unwrap();
                let now = self.now();
                prop_assert!(direct && names_resource && target.uri.starts_with("https:"), "{authorize:?}");
                prop_assert!(matches!(prompt, None | Some("select_account")));
                prop_assert!(self.oracle.remembers(browser, target, now), "{authorize:?}");
                let mut transaction = Transaction::new(sign_in.id, browser, target);
                transaction.decided_at = Some(now);
                transaction.leave_for_entra(sign_in, Basis::Remembered(now));
                self.transactions.push(transaction);
            }
        }
        Ok(())
    }

    fn asked(
        &mut self,
        browser: usize,
        target: Target,
        page: ConsentPage,
        prompt: Option<&'static str>,
    ) -> TestCaseResult {
        let kind = if page.allowed_at.is_some() { PageKind::Short } else { PageKind::Whole };
        if kind == PageKind::Short {
            prop_assert!(self.oracle.remembers(browser, target, self.now()));
            prop_assert!(!matches!(prompt, Some("none" | "consent" | "login")));
        }
        self.shown(browser, target, page.form, kind);
        Ok(())
    }

    fn shown(&mut self, browser: usize, target: Target, form: ConsentForm, kind: PageKind) {
        let mut transaction = Transaction::new(form.pending.id, browser, target);
        transaction.page = Some(Page { form, kind });
        self.transactions.push(transaction);
    }

    pub(crate) async fn decide(&mut self, back: usize, elsewhere: bool, decision: Decision) -> TestCaseResult {
        let Some(index) = self.nth(back, |transaction| transaction.page.is_some()) else { return Ok(()) };
        let transaction = &self.transactions[index];
        let (browser, target) = (transaction.browser, transaction.target);
        let page = transaction.page.as_ref().unwrap();
        if elsewhere {
            prop_assert!(decide_elsewhere(self, &page.form, decision).await.is_err());
            return Ok(());
        }
        let (kind, old) = (page.kind, self.now() >= page.form.pending.issued_at + CONSENT_LIFETIME);
        let has_button = match kind {
            PageKind::Whole => matches!(decision, Decision::Allow | Decision::Deny),
            PageKind::Short => decision != Decision::Undo,
            PageKind::Denied => decision == Decision::Undo,
        };
        let repeats = transaction.repeats(decision, self.now());
        let counts = !old && has_button && (transaction.decided_at.is_none() || repeats);
        let decided = self.browsers[browser].decide(&self.rig, &page.form, decision).await;
        prop_assert_eq!(decided.is_ok(), counts, "{:?} on {:?}", decision, kind);
        let now = self.now();
        match decided {
            Err(_) => {}
            Ok(answer) if repeats && decision != Decision::Deny => {
                let (again, first) = (allowed(answer).unwrap(), &self.transactions[index].sign_ins[0]);
                prop_assert_eq!(&again.sign_in_url, &first.sign_in_url);
                prop_assert_eq!(again.cookie.expose_secret(), first.cookie.expose_secret());
            }
            Ok(answer @ Answer { next: Next::Redirect(Redirect::SignIn(_)), .. }) => {
                prop_assert!(matches!(decision, Decision::Allow | Decision::SwitchAccount));
                let basis = if kind == PageKind::Whole { Basis::Whole(now) } else { Basis::Remembered(now) };
                let transaction = &mut self.transactions[index];
                transaction.decided_at = Some(now);
                transaction.decision = Some(decision);
                transaction.leave_for_entra(allowed(answer).unwrap(), basis);
            }
            Ok(Answer { next: Next::Page(ServerPage::Denied(page)), .. }) => {
                prop_assert_eq!(decision, Decision::Deny);
                let transaction = &mut self.transactions[index];
                transaction.decided_at.get_or_insert(now);
                transaction.decision = Some(decision);
                self.oracle.deny(browser, target.client, now);
                self.shown(browser, target, page.form, PageKind::Denied);
            }
            Ok(Answer { next: Next::Page(ServerPage::Consent(page)), .. }) => {
                prop_assert_eq!(decision, Decision::Undo);
                self.oracle.undo(browser, target.client);
                self.shown(browser, target, page.form, PageKind::Whole);
            }
            Ok(_) => prop_assert!(false, "another answer to {decision:?}"),
        }
        Ok(())
    }
}

/// The form, copied into a browser that has its token but not its cookies.
async fn decide_elsewhere(world: &World, form: &ConsentForm, decision: Decision) -> Result<Answer, ConsentError> {
    let csrf = form.secrets.csrf.encode();
    let submission = ConsentSubmission { request: form.sealed.as_str(), decision, csrf: csrf.expose_secret() };
    let visitor = Visitor { cookies: &Cookies::default(), initiator: Initiator::OwnForm, from: Network::UNKNOWN };
    world.rig.server.decide(&submission, visitor.own_form()?).await
}
