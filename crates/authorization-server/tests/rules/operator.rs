//! `/operator`: who is signed in there, which clicks count, and what is listed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{
        answer::{Answer, Next, Redirect},
        callback::CallbackError,
        connections::{ConnectionsError, OwnerAction, OwnerSubmission},
        operator::{OperatorAction, OperatorError, OperatorSubmission},
        own_page_sign_in::SignInRefusal,
        pages::{OperatorPage, Page},
        visitor::Visitor,
    },
    ground::{EventName, Id, Network, Subject, Unavailable},
    state::{
        blocks::{BlockTarget, MAX_BLOCKS},
        client::Client,
        cookies::{CookieName, Cookies},
        grant::Status,
        operator_record::OperatorDecision,
        owner_session::OwnPage,
        roles::ADMIN,
    },
    upstream::UpstreamRefusal,
};
use oauth_protocol::initiator::Initiator;
use secrecy::ExposeSecret as _;
use testkit::{Allowed, Browser, Fault, ON_A_PAGE, Rig, allowed, cookie};
use time::Duration;

use crate::entra_clients;

const CODE: &[(&str, &str)] = &[("code", "upstream-code")];

fn rig() -> Rig {
    let rig = Rig::new().unwrap();
    rig.upstream.set_subject(operator());
    rig.upstream.set_roles(&[ADMIN.value]);
    rig
}

fn operator() -> Subject {
    Subject { tid: "tenant".into(), oid: "operator".into() }
}

fn host(number: usize) -> BlockTarget {
    BlockTarget::RedirectHost(format!("h{number}.example"))
}

fn with_cookie(name: CookieName, value: &str) -> Cookies {
    Browser::default().cookies(&[(name, value)])
}

async fn click_from(
    rig: &Rig,
    cookies: &Cookies,
    submission: OperatorSubmission<'_>,
    initiator: Initiator,
) -> Result<Answer, OperatorError> {
    rig.server.act_as_operator(submission, Visitor { cookies, initiator, from: Network::UNKNOWN }.own_form()?).await
}

/// A click on a page that was shown, by a browser with these cookies.
async fn click(
    rig: &Rig,
    cookies: &Cookies,
    page: &OperatorPage,
    action: OperatorAction,
) -> Result<Answer, OperatorError> {
    let csrf = page.session.form_token(page.form).unwrap().encode();
    let submission = OperatorSubmission { action: Some(action), form: Some(page.form), csrf: csrf.expose_secret() };
    click_from(rig, cookies, submission, Initiator::OwnForm).await
}

async fn begun(rig: &Rig) -> Allowed {
    let submission = OperatorSubmission { action: Some(OperatorAction::SignIn), form: None, csrf: "" };
    allowed(click_from(rig, &Cookies::default(), submission, Initiator::OwnForm).await.unwrap()).unwrap()
}

async fn come_back(rig: &Rig, allowed: &Allowed, pairs: &[(&str, &str)]) -> Result<Answer, CallbackError> {
    let cookies = with_cookie(CookieName::EntraState(allowed.id), allowed.cookie.expose_secret());
    rig.callback(&allowed.response(pairs).unwrap(), &cookies).await
}

async fn refusal(rig: &Rig, pairs: &[(&str, &str)]) -> (SignInRefusal, OwnPage) {
    let begun = begun(rig).await;
    match come_back(rig, &begun, pairs).await {
        Err(CallbackError::OwnPage(error)) => (error.refusal, error.page),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("signed in"),
    }
}

/// The cookies of an operator who signs in now.
async fn signed_in(rig: &Rig) -> Cookies {
    let begun = begun(rig).await;
    let answer = come_back(rig, &begun, CODE).await.unwrap();
    assert!(matches!(&answer.next, Next::Redirect(Redirect::Own(url)) if url.ends_with("/operator")));
    with_cookie(CookieName::Operator, cookie(&answer.cookies, CookieName::Operator).unwrap().expose_secret())
}

/// The page; `None` if it asks to sign in.
async fn page_from(rig: &Rig, cookies: &Cookies, from: Option<&str>) -> Option<OperatorPage> {
    match rig.server.operator_page(cookies, from).await.unwrap().next {
        Next::Page(Page::Operator(page)) => Some(*page),
        Next::Page(Page::OperatorSignIn) => None,
        _ => panic!("another page"),
    }
}

async fn page(rig: &Rig, cookies: &Cookies) -> OperatorPage {
    page_from(rig, cookies, None).await.unwrap()
}

fn blocked(rig: &Rig) -> usize {
    rig.blocks.peek(&()).map_or(0, |blocks| blocks.blocked().len())
}

#[tokio::test]
async fn an_operator_is_signed_in_for_ten_minutes_by_name_and_object_id() {
    let rig = rig();
    let cookies = signed_in(&rig).await;
    let shown = page(&rig, &cookies).await;
    assert_eq!((&shown.session.operator, shown.session.name.as_str()), (&operator(), "operator"));
    rig.clock.advance(Duration::minutes(10) - Duration::SECOND);
    assert!(page_from(&rig, &cookies, None).await.is_some());
    rig.clock.advance(Duration::SECOND);
    assert!(page_from(&rig, &cookies, None).await.is_none());
    let late = click(&rig, &cookies, &shown, OperatorAction::Block(host(1))).await.unwrap();
    assert!(matches!(late.next, Next::Page(Page::OperatorSignIn)));
    assert_eq!((blocked(&rig), rig.operator_records.all().len()), (0, 0));
}

#[tokio::test]
async fn a_user_without_the_role_gets_no_session() {
    let rig = rig();
    for roles in [&[][..], &["User"], &["admin"], &["Admin "]] {
        rig.upstream.set_roles(roles);
        rig.audit.take();
        let (refusal, page) = refusal(&rig, CODE).await;
        assert!(matches!(refusal, SignInRefusal::NotAnOperator) && page == OwnPage::Operator, "{roles:?}: {refusal}");
        assert_eq!(rig.audit.names(), [], "nobody is signed in");
    }
}

#[tokio::test]
async fn a_sign_in_that_entra_refuses_names_the_page_and_an_outage_is_one() {
    let rig = rig();
    let (refused, page) = refusal(&rig, &[("error", "access_denied")]).await;
    assert!(matches!(refused, SignInRefusal::NotSignedIn(_)) && page == OwnPage::Operator, "{refused}");
    rig.upstream.refuse_redeem(UpstreamRefusal::Unavailable(Unavailable::upstream("down")));
    assert!(matches!(refusal(&rig, CODE).await.0, SignInRefusal::Unavailable(_)));
}

#[tokio::test]
async fn a_sign_in_is_an_event_of_the_operator_and_so_is_the_sign_out() {
    let rig = rig();
    rig.audit.take();
    let cookies = signed_in(&rig).await;
    let shown = page(&rig, &cookies).await;
    let answer = click(&rig, &cookies, &shown, OperatorAction::SignOut).await.unwrap();
    assert!(answer.cookies.iter().next().is_some(), "the cookie is deleted");
    let events = rig.audit.take();
    let expected = [EventName::SignedIn, EventName::SignedOut];
    assert_eq!(events.iter().map(|event| event.name).collect::<Vec<_>>(), expected);
    assert!(events.iter().all(|event| event.operator == Some(operator().owner_key()) && event.owner.is_none()));
}

#[tokio::test]
async fn a_session_of_connections_opens_nothing_here_and_the_other_way_round() {
    let rig = rig();
    let owner = |cookies| Visitor { cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN };
    let (none, sign_in) = (Cookies::default(), OwnerSubmission { action: Some(OwnerAction::SignIn), csrf: "" });
    let sender = owner(&none).own_form().map_err(ConnectionsError::from).unwrap();
    let begun = allowed(rig.server.act_on_connections(&sign_in, sender).await.unwrap()).unwrap();
    let answer = come_back(&rig, &begun, CODE).await.unwrap();
    assert!(cookie(&answer.cookies, CookieName::Operator).is_none());
    let owners = cookie(&answer.cookies, CookieName::Owner).unwrap();
    let forged = with_cookie(CookieName::Operator, owners.expose_secret());
    assert!(page_from(&rig, &forged, None).await.is_none());
    let cookies = signed_in(&rig).await;
    let session = cookies.all(CookieName::Operator).next().unwrap().to_owned();
    assert!(rig.server.owner_session(&with_cookie(CookieName::Owner, &session)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_click_counts_with_the_token_of_its_form_and_from_our_own_page_only() {
    let rig = rig();
    let (mine, theirs) = (signed_in(&rig).await, signed_in(&rig).await);
    let (shown, other) = (page(&rig, &mine).await, page(&rig, &theirs).await);
    let token = |page: &OperatorPage| page.session.form_token(page.form).unwrap().encode().expose_secret().to_owned();
    let action = || Some(OperatorAction::Block(host(1)));
    for (form, csrf) in [
        (Some(shown.form), String::new()),
        (Some(shown.form), token(&other)),
        (Some(other.form), token(&other)),
        (Some(other.form), token(&shown)),
        (None, token(&shown)),
    ] {
        let submission = OperatorSubmission { action: action(), form, csrf: &csrf };
        assert!(matches!(click_from(&rig, &mine, submission, Initiator::OwnForm).await, Err(OperatorError::Forged)));
    }
    let csrf = token(&shown);
    for initiator in [Initiator::Unproven, Initiator::Person] {
        let submission = OperatorSubmission { action: action(), form: Some(shown.form), csrf: &csrf };
        assert!(matches!(click_from(&rig, &mine, submission, initiator).await, Err(OperatorError::Forged)));
    }
    let nothing = OperatorSubmission { action: None, form: Some(shown.form), csrf: &csrf };
    assert!(matches!(click_from(&rig, &mine, nothing, Initiator::OwnForm).await, Err(OperatorError::Forged)));
    assert_eq!(blocked(&rig), 0);
    click(&rig, &mine, &shown, OperatorAction::Block(host(1))).await.unwrap();
    assert_eq!(blocked(&rig), 1);
}

#[tokio::test]
async fn a_form_counts_once_whatever_its_button() {
    let rig = rig();
    let cookies = signed_in(&rig).await;
    let shown = page(&rig, &cookies).await;
    click(&rig, &cookies, &shown, OperatorAction::Block(host(1))).await.unwrap();
    for action in
        [OperatorAction::Block(host(2)), OperatorAction::Unblock(host(1)), OperatorAction::EndUser("u".into())]
    {
        assert!(matches!(click(&rig, &cookies, &shown, action).await, Err(OperatorError::Repeated)));
    }
    assert_eq!((blocked(&rig), rig.operator_records.all().len()), (1, 1));
    assert_ne!(page(&rig, &cookies).await.form, shown.form);
}

#[tokio::test]
async fn a_button_that_is_pressed_twice_decides_once_and_later_its_form_is_refused() {
    let user = || OperatorAction::EndUser("user".into());
    for action in [|| OperatorAction::Block(host(1)), || OperatorAction::EndApplication(host(1)), user] {
        let rig = rig();
        let cookies = signed_in(&rig).await;
        let shown = page(&rig, &cookies).await;
        let first = click(&rig, &cookies, &shown, action()).await.unwrap();
        rig.clock.advance(Duration::MINUTE - Duration::NANOSECOND);
        rig.audit.take();
        let again = click(&rig, &cookies, &shown, action()).await.unwrap();
        assert_eq!(format!("{:?}", again.next), format!("{:?}", first.next));
        assert_eq!((rig.operator_records.all().len(), rig.audit.take()), (1, Vec::new()));
        rig.clock.advance(Duration::NANOSECOND);
        assert!(matches!(click(&rig, &cookies, &shown, action()).await, Err(OperatorError::Repeated)));
    }
}

#[tokio::test]
async fn a_decision_that_did_not_take_effect_does_so_when_its_form_is_sent_again() {
    let rig = rig();
    let cookies = signed_in(&rig).await;
    let shown = page(&rig, &cookies).await;
    rig.audit.take();
    rig.block_store.set_down(true);
    let failed = click(&rig, &cookies, &shown, OperatorAction::Block(host(1))).await;
    assert!(matches!(failed, Err(OperatorError::Unavailable(_))));
    rig.block_store.set_down(false);
    assert_eq!((blocked(&rig), rig.audit.names()), (0, Vec::new()));
    assert!(!page(&rig, &cookies).await.records[0].took_effect, "the page says so");
    click(&rig, &cookies, &shown, OperatorAction::Block(host(1))).await.unwrap();
    assert_eq!((blocked(&rig), rig.audit.names()), (1, vec![EventName::OperatorDecided]));
    let records = page(&rig, &cookies).await.records;
    assert_eq!((records.len(), records[0].took_effect), (1, true));
    let after = page(&rig, &cookies).await;
    click(&rig, &cookies, &after, OperatorAction::Unblock(host(1))).await.unwrap();
    click(&rig, &cookies, &shown, OperatorAction::Block(host(1))).await.unwrap();
    assert_eq!(blocked(&rig), 0, "once");
}

#[tokio::test]
async fn whatever_fails_while_the_grants_of_a_user_are_ended_the_form_ends_them_when_it_is_sent_again() {
    let user = Subject { tid: "tenant".into(), oid: "leaver".into() };
    for fault in [Fault::Before, Fault::After] {
        for skipped in 0.. {
            let rig = rig();
            rig.upstream.set_subject(user.clone());
            let (one, other) = (rig.sign_in().await.unwrap(), rig.sign_in().await.unwrap());
            let (form, actor) = (Id::random(rig.ports.entropy.as_ref()), operator());
            let end = OperatorDecision::EndUser(user.owner_key());
            let decide = || rig.server.decide_as_operator(form, &actor, end.clone());
            rig.audit.take();
            rig.store.fail_after(skipped, fault);
            if decide().await.is_err() {
                decide().await.unwrap();
            }
            let is_over = rig.store.fault_is_due();
            rig.store.fail_after(usize::MAX / 2, fault);
            assert!(rig.grants.all().iter().all(|grant| grant.status == Status::Revoked), "{fault:?} {skipped}");
            for signed_in in [one, other] {
                assert!(!rig.accepts(&signed_in.tokens.access_token).await.unwrap(), "{fault:?} {skipped}");
            }
            let decided = rig.audit.names().into_iter().filter(|name| *name == EventName::OperatorDecided).count();
            assert_eq!((decided, rig.operator_records.all().len()), (1, 1), "{fault:?} {skipped}");
            if is_over {
                assert!(skipped > 5, "{skipped}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn each_button_is_the_decision_that_it_says() {
    let rig = rig();
    let cookies = signed_in(&rig).await;
    let user = Subject { tid: "tenant".into(), oid: "user".into() }.owner_key();
    for (action, decision) in [
        (OperatorAction::Block(host(1)), OperatorDecision::Block(host(1))),
        (OperatorAction::Unblock(host(1)), OperatorDecision::Unblock(host(1))),
        (OperatorAction::EndApplication(host(1)), OperatorDecision::EndApplication(host(1))),
        (OperatorAction::EndUser("user".into()), OperatorDecision::EndUser(user)),
    ] {
        rig.clock.advance(Duration::SECOND);
        let shown = page(&rig, &cookies).await;
        click(&rig, &cookies, &shown, action).await.unwrap();
        let newest = page(&rig, &cookies).await.records.remove(0);
        assert_eq!((newest.decision, newest.actor.as_str(), newest.id), (decision, "operator", shown.form));
    }
}

#[tokio::test]
async fn a_click_ends_what_one_user_has_given_and_nothing_of_another() {
    let rig = rig();
    let user = |oid: &str| Subject { tid: "tenant".into(), oid: oid.into() };
    rig.upstream.set_subject(user("leaver"));
    let leaver = rig.sign_in().await.unwrap();
    rig.upstream.set_subject(user("colleague"));
    let colleague = rig.sign_in().await.unwrap();
    rig.upstream.set_subject(operator());
    let cookies = signed_in(&rig).await;
    let shown = page(&rig, &cookies).await;
    click(&rig, &cookies, &shown, OperatorAction::EndUser("leaver".into())).await.unwrap();
    rig.clock.advance(Duration::seconds(30));
    assert!(!rig.accepts(&leaver.tokens.access_token).await.unwrap());
    assert!(rig.refresh(&leaver.client_id, &leaver.tokens.refresh_token).await.is_err());
    assert!(rig.accepts(&colleague.tokens.access_token).await.unwrap());
    assert!(rig.refresh(&colleague.client_id, &colleague.tokens.refresh_token).await.is_ok());
}

#[tokio::test]
async fn too_many_blocks_and_an_outage_are_told_apart() {
    let rig = rig();
    for number in 0..MAX_BLOCKS {
        let form = Id::random(rig.ports.entropy.as_ref());
        rig.server.decide_as_operator(form, &operator(), OperatorDecision::Block(host(number))).await.unwrap();
    }
    let cookies = signed_in(&rig).await;
    let shown = page(&rig, &cookies).await;
    let refused = click(&rig, &cookies, &shown, OperatorAction::Block(host(MAX_BLOCKS))).await;
    assert!(matches!(refused, Err(OperatorError::TooMany)));
    rig.block_store.set_down(true);
    assert!(rig.server.operator_page(&cookies, None).await.is_err(), "a page without its blocks would mislead");
}

#[tokio::test]
async fn the_list_comes_in_pages_and_says_what_is_blocked() {
    let rig = rig();
    let first = rig.register().await.unwrap();
    let registered = rig.clients.all().remove(0);
    for number in 1..=u8::try_from(2 * ON_A_PAGE).unwrap() {
        let used_at = (number == 7).then(|| rig.server.now());
        let client = Client { id: Id::from_bytes([number; 16]), used_at, ..registered.clone() };
        rig.ports.clients.create(client).await.unwrap();
    }
    let expired = Client { id: Id::from_bytes([99; 16]), expires_at: rig.server.now(), ..registered };
    rig.ports.clients.create(expired).await.unwrap();
    let cookies = signed_in(&rig).await;
    let shown = page(&rig, &cookies).await;
    let target = BlockTarget::Registration(Id::parse(&first).unwrap());
    click(&rig, &cookies, &shown, OperatorAction::Block(target)).await.unwrap();
    let (mut from, mut listed) = (None, Vec::new());
    loop {
        let shown = page_from(&rig, &cookies, from.as_deref()).await.unwrap();
        assert!(shown.applications.len() <= ON_A_PAGE);
        listed.extend(shown.applications);
        match shown.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    assert_eq!(listed[0].client.id, Id::from_bytes([7; 16]), "in use first");
    assert_eq!(listed.len(), 2 * ON_A_PAGE + 1, "each once, and none that has expired");
    let blocked = listed.iter().filter(|listed| listed.blocked).map(|listed| listed.client.id.to_string());
    assert_eq!(blocked.collect::<Vec<_>>(), [first]);
}

#[tokio::test]
async fn later_decisions_hide_no_earlier_one() {
    let rig = rig();
    let decide = async |decision| {
        rig.clock.advance(Duration::SECOND);
        let form = Id::random(rig.ports.entropy.as_ref());
        rig.server.decide_as_operator(form, &operator(), decision).await.unwrap();
    };
    let user = OperatorDecision::EndUser(Id::from_bytes([7; 16]));
    decide(user.clone()).await;
    for _ in 0..ON_A_PAGE {
        decide(OperatorDecision::Block(host(1))).await;
        decide(OperatorDecision::Unblock(host(1))).await;
    }
    let cookies = signed_in(&rig).await;
    let (mut from, mut listed) = (None, Vec::new());
    loop {
        let shown = page_from(&rig, &cookies, from.as_deref()).await.unwrap();
        assert!(shown.records.len() <= ON_A_PAGE);
        listed.extend(shown.records);
        assert!(listed.len() <= 2 * ON_A_PAGE + 1, "each once");
        match shown.earlier {
            Some(earlier) => from = Some(earlier),
            None => break,
        }
    }
    assert!(listed.is_sorted_by(|newer, older| newer.at > older.at), "the newest first");
    assert_eq!((listed.len(), &listed.last().unwrap().decision), (2 * ON_A_PAGE + 1, &user));
}

#[tokio::test]
async fn a_place_in_one_list_is_none_in_the_other() {
    let rig = rig();
    rig.register().await.unwrap();
    let registered = rig.clients.all().remove(0);
    for number in 1..=u8::try_from(ON_A_PAGE).unwrap() {
        rig.ports.clients.create(Client { id: Id::from_bytes([number; 16]), ..registered.clone() }).await.unwrap();
        let form = Id::random(rig.ports.entropy.as_ref());
        rig.server.decide_as_operator(form, &operator(), OperatorDecision::Block(host(1))).await.unwrap();
    }
    let form = Id::random(rig.ports.entropy.as_ref());
    rig.server.decide_as_operator(form, &operator(), OperatorDecision::Block(host(1))).await.unwrap();
    let cookies = signed_in(&rig).await;
    let first = page(&rig, &cookies).await;
    for (from, sizes) in [(first.next, (1, ON_A_PAGE)), (first.earlier, (ON_A_PAGE, 1))] {
        let shown = page_from(&rig, &cookies, Some(&from.unwrap())).await.unwrap();
        assert_eq!((shown.applications.len(), shown.records.len()), sizes);
    }
}

#[tokio::test]
async fn a_place_that_this_server_did_not_seal_is_the_first_page() {
    let rig = rig();
    rig.register().await.unwrap();
    let cookies = signed_in(&rig).await;
    let session = cookies.all(CookieName::Operator).next().unwrap().to_owned();
    for from in ["1", "", session.as_str()] {
        assert_eq!(page_from(&rig, &cookies, Some(from)).await.unwrap().applications.len(), 1, "{from}");
    }
}

#[tokio::test]
async fn the_applications_with_tokens_of_entra_are_listed_and_one_can_be_blocked() {
    let rig = rig();
    let cookies = signed_in(&rig).await;
    assert!(page(&rig, &cookies).await.entra_applications.is_empty(), "no token of Entra is accepted");
    let server = entra_clients::server(&rig, entra_clients::claims(&rig));
    let shown = |answer: Answer| match answer.next {
        Next::Page(Page::Operator(page)) => page,
        _ => panic!("not the page of an operator"),
    };
    let listed = shown(server.operator_page(&cookies, None).await.unwrap()).entra_applications;
    assert_eq!((listed.len(), listed[0].blocked, &listed[0].application), (2, false, &entra_clients::application()));
    let block = OperatorAction::Block(BlockTarget::EntraApplication(listed[0].application.clone()));
    let form = page(&rig, &cookies).await;
    click(&rig, &cookies, &form, block).await.unwrap();
    let listed = shown(server.operator_page(&cookies, None).await.unwrap()).entra_applications;
    assert_eq!([listed[0].blocked, listed[1].blocked], [true, false]);
}
