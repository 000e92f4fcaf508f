//! Many tabs of one browser: newer cookies displace those of the first tab. That is neither an attack nor the browser's fault.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{
        answer::Answer,
        callback::CallbackError,
        confirmation::ConfirmationSubmission,
        connections::OwnerAction,
        consent::{ConsentError, ConsentSubmission, Decision},
        own_page_sign_in::SignInRefusal,
        pages::ConsentPage,
        visitor::Visitor,
    },
    ground::{EventName, Id, Network, Subject},
    state::{
        authorization::Stage,
        cookies::{CookieChange, CookieChanges, CookieName, Cookies, DISPLACED},
    },
};
use oauth_protocol::initiator::Initiator;
use proptest::prelude::*;
use secrecy::{ExposeSecret as _, SecretString};
use testkit::{Allowed, Rig, addressed, allowed, answered, asked, asked_to_confirm, request, sent_to_confirm};

use crate::connections::click;

/// A browser that keeps every cookie: the oldest comes first, as browsers send them.
#[derive(Default)]
struct Tabs(Vec<(String, String)>);

impl Tabs {
    fn cookies(&self) -> Cookies {
        Cookies::parse(self.0.iter().map(|(name, value)| format!("{name}={value}")))
    }

    /// A new value leaves a cookie as old as it was (RFC 6265 §5.3).
    fn keep(&mut self, changes: &CookieChanges) {
        for change in changes.iter() {
            match change {
                CookieChange::Set { name, value } => self.write(&name.to_string(), value.expose_secret()),
                CookieChange::Displace { name, .. } => self.write(name, DISPLACED),
                CookieChange::Delete(name) => self.0.retain(|(other, _)| other != name),
            }
        }
    }

    fn write(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(other, _)| other == name) {
            Some((_, before)) => value.clone_into(before),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }

    /// How many cookies of a kind have a value, and how many are displaced.
    fn count(&self, kind: &str) -> (usize, usize) {
        let of_kind = self.0.iter().filter(|(name, _)| name.contains(kind));
        let (displaced, kept): (Vec<_>, Vec<_>) = of_kind.partition(|(_, value)| value == DISPLACED);
        (kept.len(), displaced.len())
    }

    fn kept(&mut self, answer: Answer) -> Answer {
        self.keep(&answer.cookies);
        answer
    }

    async fn visit(&mut self, rig: &Rig, client_id: &str) -> Answer {
        let visitor = Visitor { cookies: &self.cookies(), initiator: Initiator::Person, from: Network::UNKNOWN };
        let answer = rig.server.authorize(&addressed(&request(client_id, &[])).unwrap(), &visitor).await.unwrap();
        self.kept(answer)
    }

    async fn open(&mut self, rig: &Rig, client_id: &str) -> ConsentPage {
        asked(self.visit(rig, client_id).await).unwrap()
    }

    async fn decide(&mut self, rig: &Rig, page: &ConsentPage, decision: Decision) -> Result<Answer, ConsentError> {
        let csrf = page.form.secrets.csrf.encode();
        let submission = ConsentSubmission { request: page.form.sealed.as_str(), decision, csrf: csrf.expose_secret() };
        let cookies = self.cookies();
        let visitor = Visitor { cookies: &cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN };
        let answer = rig.server.decide(&submission, visitor.own_form()?).await?;
        Ok(self.kept(answer))
    }

    async fn allow(&mut self, rig: &Rig, client_id: &str) -> Allowed {
        let page = self.open(rig, client_id).await;
        allowed(self.decide(rig, &page, Decision::Allow).await.unwrap()).unwrap()
    }

    async fn come_back(&mut self, rig: &Rig, sign_in: &Allowed) -> Result<Answer, CallbackError> {
        let response = sign_in.response(&[("code", "upstream-code")]).unwrap();
        let answer = rig.callback(&response, &self.cookies()).await?;
        Ok(self.kept(answer))
    }

    async fn confirm(&mut self, rig: &Rig, id: Id, csrf: &SecretString) -> Result<Answer, ConsentError> {
        let submission = ConfirmationSubmission { id, decision: Decision::Allow, csrf: csrf.expose_secret() };
        let cookies = self.cookies();
        let visitor = Visitor { cookies: &cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN };
        let answer = rig.server.confirm(&submission, visitor.own_form()?).await?;
        Ok(self.kept(answer))
    }

    async fn sign_in_to_connections(&mut self, rig: &Rig) -> Allowed {
        let answer = click(rig, &self.cookies(), OwnerAction::SignIn, "").await.unwrap();
        allowed(self.kept(answer)).unwrap()
    }
}

async fn six_sign_ins(rig: &Rig) -> (Tabs, Vec<Allowed>) {
    let (client_id, mut tabs, mut sign_ins) = (rig.register().await.unwrap(), Tabs::default(), Vec::new());
    for _ in 0..6 {
        sign_ins.push(tabs.allow(rig, &client_id).await);
    }
    (tabs, sign_ins)
}

fn waits_for_entra(rig: &Rig, sign_in: &Allowed) -> bool {
    matches!(rig.authorizations.peek(&sign_in.id).unwrap().stage, Stage::PendingUpstream(_))
}

/// In six tabs Allow is pressed. Somebody signs in in the others, one after another, and each time in the first.
#[tokio::test]
async fn a_displaced_cookie_is_neither_an_alarm_nor_the_browsers_fault() {
    let rig = Rig::new().unwrap();
    let (mut tabs, sign_ins) = six_sign_ins(&rig).await;
    let (first, others) = sign_ins.split_first().unwrap();
    for (done, sign_in) in others.iter().enumerate() {
        assert_eq!(tabs.count("ENTRA_STATE"), (5 - done, 1));
        assert!(matches!(tabs.come_back(&rig, first).await, Err(CallbackError::UnknownState)), "{done} are done");
        assert!(answered(tabs.come_back(&rig, sign_in).await.unwrap()).is_some());
    }
    assert!(matches!(tabs.come_back(&rig, first).await, Err(CallbackError::UnknownState)));
    assert!(!rig.audit.names().contains(&EventName::CallbackInOtherBrowser));
    assert!(waits_for_entra(&rig, first), "the authorization goes on");
}

/// The browser may have dropped the other of the two.
#[tokio::test]
async fn one_displaced_cookie_of_a_form_is_enough_to_tell() {
    for kind in ["CONSENT_STATE", "CSRF_TOKEN"] {
        let (rig, mut tabs) = (Rig::new().unwrap(), Tabs::default());
        let client_id = rig.register().await.unwrap();
        let page = tabs.open(&rig, &client_id).await;
        for _ in 0..5 {
            tabs.open(&rig, &client_id).await;
        }
        tabs.0.retain(|(name, value)| value != DISPLACED || name.contains(kind));
        assert!(matches!(tabs.decide(&rig, &page, Decision::Allow).await, Err(ConsentError::Expired)), "{kind}");
        tabs.0.retain(|(_, value)| value != DISPLACED);
        assert!(matches!(tabs.decide(&rig, &page, Decision::Allow).await, Err(ConsentError::CookieMissing)));
    }
}

#[tokio::test]
async fn a_form_whose_cookies_were_displaced_is_too_old_though_another_tab_is_done() {
    let (rig, mut tabs, mut pages) = (Rig::new().unwrap(), Tabs::default(), Vec::new());
    let client_id = rig.register().await.unwrap();
    for _ in 0..6 {
        pages.push(tabs.open(&rig, &client_id).await);
    }
    let sign_in = allowed(tabs.decide(&rig, &pages[1], Decision::Allow).await.unwrap()).unwrap();
    tabs.come_back(&rig, &sign_in).await.map(drop).unwrap();
    assert_eq!((tabs.count("CONSENT_STATE"), tabs.count("CSRF_TOKEN")), ((4, 1), (4, 1)));
    for decision in [Decision::Allow, Decision::Deny] {
        assert!(matches!(tabs.decide(&rig, &pages[0], decision).await, Err(ConsentError::Expired)), "{decision:?}");
    }
    assert!(tabs.decide(&rig, &pages[2], Decision::Allow).await.is_ok(), "the second oldest is kept");
}

/// An owner whom the first tab asks after signing in, the token of that page, and five sign-ins in further tabs.
async fn one_question_and_five_sign_ins(rig: &Rig) -> (Tabs, (Id, SecretString), Vec<Allowed>) {
    let (client_id, mut tabs, mut sign_ins) = (rig.register().await.unwrap(), Tabs::default(), Vec::new());
    let subject = |oid: &str| Subject { tid: "tenant".into(), oid: oid.into() };
    rig.upstream.set_subject(subject("first"));
    let sign_in = tabs.allow(rig, &client_id).await;
    tabs.come_back(rig, &sign_in).await.map(drop).unwrap();
    rig.upstream.set_subject(subject("second"));
    let sign_in = allowed(tabs.visit(rig, &client_id).await).unwrap();
    assert_eq!(sent_to_confirm(&tabs.come_back(rig, &sign_in).await.unwrap()), Some(sign_in.id));
    let page = rig.server.confirmation(sign_in.id, &tabs.cookies()).await.unwrap();
    let csrf = asked_to_confirm(page).unwrap().csrf.encode();
    rig.upstream.set_subject(subject("first"));
    for _ in 0..5 {
        sign_ins.push(allowed(tabs.visit(rig, &client_id).await).unwrap());
    }
    (tabs, (sign_in.id, csrf), sign_ins)
}

#[tokio::test]
async fn a_confirmation_whose_cookie_was_displaced_is_too_old_though_another_tab_is_done() {
    let rig = Rig::new().unwrap();
    let (mut tabs, (id, csrf), sign_ins) = one_question_and_five_sign_ins(&rig).await;
    assert!(answered(tabs.come_back(&rig, &sign_ins[0]).await.unwrap()).is_some());
    assert_eq!(tabs.count("ENTRA_STATE"), (4, 1));
    let page = rig.server.confirmation(id, &tabs.cookies()).await;
    assert!(matches!(page, Err(ConsentError::Expired)));
    assert!(matches!(tabs.confirm(&rig, id, &csrf).await, Err(ConsentError::Expired)));
}

#[tokio::test]
async fn sign_ins_to_connections_displace_too_and_are_displaced() {
    let (rig, mut tabs) = (Rig::new().unwrap(), Tabs::default());
    let client_id = rig.register().await.unwrap();
    let first = tabs.allow(&rig, &client_id).await;
    let second = tabs.sign_in_to_connections(&rig).await;
    let mut others = Vec::new();
    for _ in 0..5 {
        others.push(tabs.sign_in_to_connections(&rig).await);
    }
    tabs.come_back(&rig, &others[0]).await.map(drop).unwrap();
    assert_eq!(tabs.count("ENTRA_STATE"), (4, 2));
    assert!(matches!(tabs.come_back(&rig, &first).await, Err(CallbackError::UnknownState)));
    let Err(CallbackError::OwnPage(error)) = tabs.come_back(&rig, &second).await else { panic!("its cookie is gone") };
    assert!(matches!(error.refusal, SignInRefusal::UnknownState));
    assert!(!rig.audit.names().contains(&EventName::CallbackInOtherBrowser));
}

/// However many sign-ins it has begun, it never had the cookie.
#[tokio::test]
async fn a_browser_with_sign_ins_of_its_own_is_another_browser_all_the_same() {
    let rig = Rig::new().unwrap();
    let (mut stranger, _) = six_sign_ins(&rig).await;
    let (_, (id, csrf), sign_ins) = one_question_and_five_sign_ins(&rig).await;
    let page = Tabs::default().open(&rig, &rig.register().await.unwrap()).await;
    assert_eq!((stranger.count("ENTRA_STATE"), stranger.count("CONSENT_STATE")), ((5, 1), (5, 1)));
    rig.audit.take();
    let decided = stranger.decide(&rig, &page, Decision::Allow).await;
    assert!(matches!(decided, Err(ConsentError::CookieMissing)));
    assert!(matches!(stranger.confirm(&rig, id, &csrf).await, Err(ConsentError::CookieMissing)));
    assert!(matches!(stranger.come_back(&rig, &sign_ins[0]).await, Err(CallbackError::OtherBrowser)));
    assert_eq!(rig.audit.names(), [EventName::CallbackInOtherBrowser]);
    assert!(!waits_for_entra(&rig, &sign_ins[0]), "the authorization is ended");
}

/// Begins a transaction, or ends the newest but so many.
#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    End(usize),
}

/// Of the fifteen newest transactions each has its cookie or is known to be displaced; a browser has no more than that.
fn remembers_fifteen(tabs: &Tabs, begun: &[(Id, bool)]) -> Result<(), TestCaseError> {
    let cookies = tabs.cookies();
    for (newer, (id, ended)) in begun.iter().rev().enumerate() {
        let name = CookieName::EntraState(*id);
        let (has, displaced) = (cookies.has(name), cookies.has_displaced(name));
        prop_assert!(!(has && displaced) && !(*ended && (has || displaced)), "{newer} are newer: {has}, {displaced}");
        prop_assert!(*ended || has || displaced || newer >= 15, "{newer} are newer: {has}, {displaced}");
        prop_assert!(*ended || has || newer >= 5, "{newer} are newer");
    }
    let (kept, displaced) = tabs.count("ENTRA_STATE");
    prop_assert!(kept <= 5 && displaced <= 10, "{kept}, {displaced}");
    let never = CookieName::EntraState(Id::from_bytes([0xff; 16]));
    prop_assert!(!cookies.has(never) && !cookies.has_displaced(never));
    Ok(())
}

proptest! {
    #[test]
    fn a_browser_remembers_what_was_displaced_of_the_fifteen_newest(
        steps in prop::collection::vec(
            prop_oneof![3 => Just(Step::Begin), 1 => (0..20_usize).prop_map(Step::End)], 1..60)
    ) {
        let (mut tabs, mut begun) = (Tabs::default(), Vec::new());
        for step in steps {
            let mut changes = CookieChanges::default();
            match step {
                Step::Begin => {
                    let id = Id::from_bytes([u8::try_from(begun.len()).unwrap(); 16]);
                    changes.set(&tabs.cookies(), CookieName::EntraState(id), "secret".into());
                    begun.push((id, false));
                }
                Step::End(back) => {
                    let cookies = tabs.cookies();
                    let ends = begun.iter_mut().rev().nth(back);
                    if let Some((id, ended)) = ends.filter(|(id, _)| cookies.has(CookieName::EntraState(*id))) {
                        changes.delete(CookieName::EntraState(*id));
                        *ended = true;
                    }
                }
            }
            tabs.keep(&changes);
            remembers_fifteen(&tabs, &begun)?;
        }
    }
}
