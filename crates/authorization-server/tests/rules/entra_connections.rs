//! Applications with tokens of Entra, as owners see, refuse and allow them; and how notes of them are written.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{
        answer::Next,
        connections::{ConnectionsError, OwnerAction, OwnerSubmission},
        pages::{ConnectionsPage, Page},
        visitor::Visitor,
    },
    entra_tokens::EntraClaims,
    ground::{Clock as _, EventName, Network, Subject},
    state::{
        cookies::Cookies,
        entra_client::{EntraClient, Standing},
        owner_session::OwnerSession,
        preauthorized::ApplicationId,
    },
};
use oauth_protocol::initiator::Initiator;
use testkit::{Fault, Rig};
use time::Duration;

use crate::{
    connections::{click, session_cookie, signed_in},
    entra_clients::{CONFIDENTIAL, PUBLIC, application, authenticated, claims, only_owner, server, subject},
};

fn other_application() -> ApplicationId {
    ApplicationId::parse(PUBLIC).unwrap()
}

/// A rig in which an application has called for the owner, who is signed in to the page of connections.
async fn called() -> (Rig, Cookies, OwnerSession) {
    let rig = Rig::new().unwrap();
    rig.upstream.set_subject(subject());
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
    let (cookie, session) = signed_in(&rig).await;
    (rig, session_cookie(&cookie), session)
}

async fn page(rig: &Rig, cookies: &Cookies) -> ConnectionsPage {
    match rig.server.connections_page(cookies).await.unwrap().next {
        Next::Page(Page::Connections(page)) => page,
        _ => panic!("it is another page"),
    }
}

fn standing(rig: &Rig) -> Standing {
    only_owner(rig).entra_client(&application()).unwrap().standing
}

#[tokio::test]
async fn the_page_shows_each_application_with_the_one_that_called_last_first() {
    let (rig, cookies, _) = called().await;
    let first = rig.clock.now();
    rig.clock.advance(Duration::MINUTE);
    let public = EntraClaims { azp: Some(PUBLIC.into()), is_confidential: false, ..claims(&rig) };
    assert!(authenticated(&server(&rig, public)).await.is_some());
    let shown = page(&rig, &cookies).await.entra_clients;
    let of = |application, at| EntraClient { application, since: at, last_called: at, standing: Standing::Accepted };
    assert_eq!(shown, [of(other_application(), rig.clock.now()), of(application(), first)]);
}

#[tokio::test]
async fn another_owner_sees_and_refuses_none_of_it() {
    let (rig, ..) = called().await;
    rig.upstream.set_subject(Subject { oid: "another".into(), ..subject() });
    let (cookie, session) = signed_in(&rig).await;
    let cookies = session_cookie(&cookie);
    assert_eq!(page(&rig, &cookies).await.entra_clients, []);
    let refuse = OwnerAction::RefuseEntraClient(application());
    click(&rig, &cookies, refuse, session.csrf()).await.unwrap();
    assert_eq!(standing(&rig), Standing::Accepted);
}

#[tokio::test]
async fn a_click_refuses_an_application_and_another_one_allows_it_again() {
    let (rig, cookies, session) = called().await;
    let refused_at = rig.clock.now();
    let events = |name| rig.audit.names().into_iter().filter(|other| *other == name).count();
    for reported in [1, 0] {
        click(&rig, &cookies, OwnerAction::RefuseEntraClient(application()), session.csrf()).await.unwrap();
        assert_eq!(events(EventName::EntraClientRefused), reported);
    }
    assert_eq!(standing(&rig), Standing::Refused(refused_at));
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_none());
    rig.clock.advance(Duration::SECOND);
    for reported in [1, 0] {
        click(&rig, &cookies, OwnerAction::AllowEntraClient(application()), session.csrf()).await.unwrap();
        assert_eq!(events(EventName::EntraClientAllowed), reported);
    }
    assert_eq!(standing(&rig), Standing::AllowedAgain(refused_at));
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
}

#[tokio::test]
async fn a_refusal_shows_at_once_in_the_process_that_wrote_it() {
    let (rig, cookies, session) = called().await;
    let server = server(&rig, claims(&rig));
    assert!(authenticated(&server).await.is_some());
    let visitor = Visitor { cookies: &cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN };
    let action = Some(OwnerAction::RefuseEntraClient(application()));
    let submission = OwnerSubmission { action, csrf: session.csrf() };
    server.act_on_connections(&submission, visitor.own_form().unwrap()).await.unwrap();
    assert!(authenticated(&server).await.is_none());
}

#[tokio::test]
async fn a_forged_click_refuses_and_allows_nothing() {
    let (rig, cookies, _) = called().await;
    for action in [OwnerAction::RefuseEntraClient(application()), OwnerAction::AllowEntraClient(application())] {
        let forged = click(&rig, &cookies, action, "forged").await;
        assert!(matches!(forged, Err(ConnectionsError::Forged)));
    }
    assert_eq!(standing(&rig), Standing::Accepted);
}

#[tokio::test]
async fn an_application_that_never_called_cannot_be_refused_and_is_not_noted() {
    let (rig, cookies, session) = called().await;
    let refuse = OwnerAction::RefuseEntraClient(other_application());
    click(&rig, &cookies, refuse, session.csrf()).await.unwrap();
    assert_eq!(only_owner(&rig).entra_clients.len(), 1);
    assert_eq!(standing(&rig), Standing::Accepted);
}

#[tokio::test]
async fn a_refusal_stands_until_the_owner_allows_the_application_again_however_long_it_is_silent() {
    let (rig, cookies, session) = called().await;
    click(&rig, &cookies, OwnerAction::RefuseEntraClient(application()), session.csrf()).await.unwrap();
    rig.clock.advance(Duration::days(5 * 365));
    assert!(only_owner(&rig).expires_at > rig.clock.now(), "the store keeps it");
    let public = EntraClaims { azp: Some(PUBLIC.into()), is_confidential: false, ..claims(&rig) };
    assert!(authenticated(&server(&rig, public)).await.is_some(), "this note drops what nobody remembers");
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_none());
    let (cookie, session) = signed_in(&rig).await;
    let cookies = session_cookie(&cookie);
    assert_eq!(page(&rig, &cookies).await.entra_clients.len(), 2, "the owner sees what they refuse");
    click(&rig, &cookies, OwnerAction::AllowEntraClient(application()), session.csrf()).await.unwrap();
    rig.clock.advance(Duration::SECOND);
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
}

#[tokio::test]
async fn an_owner_who_withdrew_everything_finds_the_applications_still_refused_after_years() {
    let (rig, ..) = called().await;
    rig.server.withdraw(subject().owner_key(), &[None]).await.unwrap();
    rig.clock.advance(Duration::days(5 * 365));
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_none());
    let public = EntraClaims { azp: Some(PUBLIC.into()), is_confidential: false, ..claims(&rig) };
    assert!(authenticated(&server(&rig, public)).await.is_some(), "an application that had not called yet");
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_none());
}

#[tokio::test]
async fn of_two_processes_that_note_a_call_one_meets_the_others_write_and_both_notes_stand() {
    let rig = Rig::new().unwrap();
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
    let now = rig.clock.now();
    rig.owners.interleave(1, move |owner| owner.clone().noting(&other_application(), now));
    rig.clock.advance(Duration::DAY);
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
    let owner = only_owner(&rig);
    assert_eq!(owner.entra_clients.len(), 2);
    assert_eq!(owner.entra_client(&application()).unwrap().last_called, rig.clock.now());
}

#[tokio::test]
async fn a_refusal_that_comes_while_a_call_is_noted_holds_for_that_call() {
    let rig = Rig::new().unwrap();
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
    rig.clock.advance(Duration::DAY);
    let now = rig.clock.now();
    rig.owners.interleave(1, move |owner| owner.clone().refusing(None, now));
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_none());
}

#[tokio::test]
async fn a_note_that_cannot_be_written_stops_no_call_and_the_next_one_writes_it() {
    let rig = Rig::new().unwrap();
    let server = server(&rig, EntraClaims { expires_at: rig.clock.now() + Duration::DAY, ..claims(&rig) });
    // After the owner document was read, the write fails.
    rig.store.fail_after(1, Fault::Before);
    assert!(authenticated(&server).await.is_some());
    assert!(!rig.store.fault_is_due());
    assert_eq!(rig.owners.all().len(), 0);
    rig.clock.advance(Duration::seconds(30));
    assert!(authenticated(&server).await.is_some());
    assert_eq!(only_owner(&rig).entra_clients.len(), 1);
}

#[tokio::test]
async fn the_page_and_the_audit_log_name_the_application_in_one_way() {
    let (rig, ..) = called().await;
    let noted = rig.audit.events().into_iter().find(|event| event.name == EventName::EntraClientNoted).unwrap();
    assert_eq!((noted.owner, noted.client), (Some(subject().owner_key()), Some(application().client())));
    let owner = only_owner(&rig);
    let application = owner.entra_clients.first().unwrap().application.as_str();
    assert_eq!((noted.grant, application), (None, CONFIDENTIAL));
}
