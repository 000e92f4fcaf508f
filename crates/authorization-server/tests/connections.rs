//! `/connections`: signing in by a state of its own kind, and what the owner sees there.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{
        callback::CallbackError,
        connections::{Connection, ConnectionsError, OwnerSession},
    },
    ground::{Clock as _, Id, Subject, Unavailable, lifetimes::APPROVAL_LIFETIME},
    state::{grant::Status, memory::Memory},
    upstream::UpstreamRefusal,
};
use oauth_protocol::{form::Form, pkce::CodeVerifier, secret::Secret};
use secrecy::ExposeSecret as _;
use testkit::{Allowed, Asked, Browser, Rig, parameter, query};
use time::Duration;

fn subject(oid: &str) -> Subject {
    Subject { tid: "tenant".into(), oid: oid.into() }
}

/// Entra's answer to a sign-in.
fn answer(allowed: &Allowed, pairs: &[(&str, &str)]) -> Form {
    let state = parameter(&allowed.sign_in_url, "state").unwrap();
    let pairs = pairs.iter().copied().chain([("state", state.as_str())]);
    query(&oauth_protocol::form::encode(pairs)).unwrap()
}

const CODE: &[(&str, &str)] = &[("code", "upstream-code")];

async fn begun(rig: &Rig) -> Allowed {
    rig.server.sign_in_to_connections().await.unwrap().into()
}

async fn complete(rig: &Rig, allowed: &Allowed, cookie: Option<&str>) -> Result<String, ConnectionsError> {
    rig.server.signed_in_to_connections(&answer(allowed, CODE), cookie).await
}

/// The cookie of whoever signs in now, and the session in it.
async fn signed_in(rig: &Rig) -> (String, OwnerSession) {
    let allowed = begun(rig).await;
    let cookie = complete(rig, &allowed, Some(allowed.cookie.expose_secret())).await.unwrap();
    let session = rig.server.owner_session(Some(&cookie)).await.unwrap().unwrap();
    (cookie, session)
}

#[tokio::test]
async fn the_owner_is_signed_in_for_ten_minutes_and_nothing_is_stored() {
    let rig = Rig::new().unwrap();
    rig.upstream.set_subject(subject("owner"));
    let (cookie, session) = signed_in(&rig).await;
    assert_eq!((session.owner, session.name.as_str()), (subject("owner").owner_key(), "owner"));
    assert_eq!(rig.store.operations(), 0);
    rig.clock.advance(Duration::minutes(10) - Duration::SECOND);
    assert!(rig.server.owner_session(Some(&cookie)).await.unwrap().is_some());
    rig.clock.advance(Duration::SECOND);
    assert!(rig.server.owner_session(Some(&cookie)).await.unwrap().is_none());
}

#[tokio::test]
async fn entra_is_asked_for_an_account_and_no_graph_permission() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    assert_eq!(parameter(&allowed.sign_in_url, "prompt").as_deref(), Some("select_account"));
    assert_eq!(parameter(&allowed.sign_in_url, "scope").as_deref(), Some(""));
    complete(&rig, &allowed, Some(allowed.cookie.expose_secret())).await.unwrap();
    let Asked::Redeem { verifier, nonce, .. } = rig.upstream.asked().remove(0) else { panic!("no redemption") };
    let challenge = CodeVerifier::parse(&verifier).unwrap().challenge();
    assert_eq!(parameter(&allowed.sign_in_url, "code_challenge").as_deref(), Some(challenge.as_str()));
    assert_eq!(parameter(&allowed.sign_in_url, "nonce"), Some(nonce));
}

#[tokio::test]
async fn the_state_names_its_cookie_and_is_of_no_other_kind() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    let id = rig.server.connections_transaction(&answer(&allowed, CODE)).await.unwrap();
    assert_eq!(id, Some(allowed.id));
    assert!(authorization_server::endpoints::callback::transaction(&answer(&allowed, CODE)).is_none());
    let consent = rig.allow(&rig.open_page(&rig.register().await.unwrap()).await.unwrap()).await.unwrap();
    for other in [answer(&consent, CODE), query("code=x").unwrap(), query("state=a&state=a").unwrap()] {
        assert!(rig.server.connections_transaction(&other).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_callback_in_another_browser_signs_nobody_in() {
    let rig = Rig::new().unwrap();
    let (allowed, other) = (begun(&rig).await, begun(&rig).await);
    let foreign = Secret::from_bytes([7; 32]).encode();
    for cookie in [None, Some(""), Some(foreign.expose_secret()), Some(other.cookie.expose_secret())] {
        assert!(matches!(complete(&rig, &allowed, cookie).await, Err(ConnectionsError::UnknownState)), "{cookie:?}");
    }
    assert!(rig.upstream.asked().is_empty());
}

#[tokio::test]
async fn a_sign_in_of_ten_minutes_ago_is_too_old() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    rig.clock.advance(Duration::minutes(10));
    let late = complete(&rig, &allowed, Some(allowed.cookie.expose_secret())).await;
    assert!(matches!(late, Err(ConnectionsError::UnknownState)));
    assert!(rig.upstream.asked().is_empty());
}

#[tokio::test]
async fn a_callback_of_one_kind_never_serves_the_other() {
    let rig = Rig::new().unwrap();
    let consent = rig.allow(&rig.open_page(&rig.register().await.unwrap()).await.unwrap()).await.unwrap();
    let owner = begun(&rig).await;
    for cookie in [consent.cookie.expose_secret(), owner.cookie.expose_secret()] {
        let as_owner = complete(&rig, &consent, Some(cookie)).await;
        assert!(matches!(as_owner, Err(ConnectionsError::UnknownState)));
        let as_client = rig.server.complete(&answer(&owner, CODE), Some(cookie), Memory::default()).await;
        assert!(matches!(as_client, Err(CallbackError::UnknownState)));
    }
    assert!(rig.upstream.asked().is_empty());
    assert!(rig.come_back(&consent).await.is_ok(), "nothing was burnt");
}

#[tokio::test]
async fn whoever_entra_does_not_sign_in_sees_nothing() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    let cookie = Some(allowed.cookie.expose_secret());
    for pairs in [&[("error", "access_denied"), ("code", "x")][..], &[]] {
        let refused = rig.server.signed_in_to_connections(&answer(&allowed, pairs), cookie).await;
        assert!(matches!(refused, Err(ConnectionsError::NotSignedIn(_))));
    }
    rig.upstream.refuse_redeem(UpstreamRefusal::InvalidGrant { reason: "no".into() });
    assert!(matches!(complete(&rig, &allowed, cookie).await, Err(ConnectionsError::NotSignedIn(_))));
    rig.upstream.refuse_redeem(Unavailable::upstream("no").into());
    assert!(matches!(complete(&rig, &allowed, cookie).await, Err(ConnectionsError::Unavailable(_))));
}

#[tokio::test]
async fn a_cookie_that_was_not_sealed_as_a_session_is_none() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    browser.code(&rig, &rig.register().await.unwrap()).await.unwrap();
    let state = parameter(&begun(&rig).await.sign_in_url, "state");
    for cookie in [None, Some(String::new()), Some("{}".into()), browser.approved, browser.denied, state] {
        assert!(rig.server.owner_session(cookie.as_deref()).await.unwrap().is_none(), "{cookie:?}");
    }
}

#[tokio::test]
async fn a_form_counts_in_its_own_session_only() {
    let rig = Rig::new().unwrap();
    let ((_, session), (_, other)) = (signed_in(&rig).await, signed_in(&rig).await);
    assert!(rig.server.check_owner_form(&session, session.csrf()).is_ok());
    for csrf in ["", "x", other.csrf()] {
        assert!(matches!(rig.server.check_owner_form(&session, csrf), Err(ConnectionsError::Forged)), "{csrf}");
    }
}

async fn only_connection(rig: &Rig) -> Connection {
    let mut connections = rig.server.connections(rig.owners.all().pop().unwrap().key).await.unwrap();
    connections.pop().filter(|_| connections.is_empty()).unwrap()
}

/// A client with a grant from this browser.
async fn connected(rig: &Rig, browser: &mut Browser, client_id: &str) -> secrecy::SecretString {
    let code = browser.code(rig, client_id).await.unwrap();
    rig.redeem(client_id, &code).await.unwrap().refresh_token
}

#[tokio::test]
async fn the_owner_sees_since_when_how_lately_and_on_how_many_devices() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let since = rig.clock.now();
    let refresh_token = connected(&rig, &mut browser, &client_id).await;
    rig.clock.advance(Duration::HOUR);
    connected(&rig, &mut Browser::default(), &client_id).await;
    rig.clock.advance(Duration::HOUR);
    rig.refresh(&client_id, &refresh_token).await.unwrap();
    let expected = Connection {
        client: Id::parse(&client_id).unwrap(),
        name: Some("Client".into()),
        since,
        last_used: Some(rig.clock.now()),
        devices: 2,
        remembered: true,
    };
    rig.clock.advance(Duration::HOUR);
    assert_eq!(only_connection(&rig).await, expected);
}

#[tokio::test]
async fn an_approval_alone_is_shown_and_so_is_a_grant_alone() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let code = browser.code(&rig, &client_id).await.unwrap();
    let alone = only_connection(&rig).await;
    assert_eq!((alone.devices, alone.last_used, alone.remembered), (0, None, true));
    rig.redeem(&client_id, &code).await.unwrap();
    rig.owners.change(&rig.owners.all()[0].key, |owner| {
        let mut owner = owner.clone();
        owner.approvals.clear();
        owner
    });
    let alone = only_connection(&rig).await;
    assert_eq!((alone.devices, alone.remembered), (1, false));
}

#[tokio::test]
async fn a_marked_grant_is_shown_and_one_that_ended_is_not() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    connected(&rig, &mut browser, &client_id).await;
    let key = rig.only_grant().unwrap().key;
    rig.grants.change(&key, |grant| grant.with_status(Status::Marked));
    assert_eq!(only_connection(&rig).await.devices, 1);
    rig.server.revoke(key).await.unwrap();
    assert_eq!(only_connection(&rig).await.devices, 0);
}

#[tokio::test]
async fn what_has_lapsed_is_not_remembered_nor_on_any_device_nor_named() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let refresh_token = connected(&rig, &mut browser, &client_id).await;
    rig.clock.advance(APPROVAL_LIFETIME - Duration::DAY);
    rig.refresh(&client_id, &refresh_token).await.unwrap();
    rig.clock.advance(Duration::DAY);
    let connection = only_connection(&rig).await;
    assert_eq!((connection.remembered, connection.devices), (false, 1), "the grant lives on");
    rig.clock.advance(Duration::days(400));
    for connection in rig.server.connections(rig.owners.all()[0].key).await.unwrap() {
        assert_eq!((connection.name, connection.devices), (None, 0));
    }
}

#[tokio::test]
async fn the_latest_client_is_first() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.insert(0, rig.register().await.unwrap());
        connected(&rig, &mut browser, &clients[0]).await;
        rig.clock.advance(Duration::HOUR);
    }
    let connections = rig.server.connections(rig.owners.all()[0].key).await.unwrap();
    let listed: Vec<_> = connections.iter().map(|connection| connection.client.to_string()).collect();
    assert_eq!(listed, clients);
}

#[tokio::test]
async fn an_owner_sees_nothing_of_another() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    for (oid, clients) in [("first", 1), ("second", 2)] {
        rig.upstream.set_subject(subject(oid));
        for _ in 0..clients {
            let client_id = rig.register().await.unwrap();
            let code = browser.code(&rig, &client_id).await.unwrap();
            rig.redeem(&client_id, &code).await.unwrap();
        }
    }
    for (oid, clients) in [("first", 1), ("second", 2), ("third", 0)] {
        assert_eq!(rig.server.connections(subject(oid).owner_key()).await.unwrap().len(), clients, "{oid}");
    }
}

#[tokio::test]
async fn a_repeated_callback_signs_in_the_same_browser_or_nobody() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    let cookie = Some(allowed.cookie.expose_secret());
    complete(&rig, &allowed, cookie).await.unwrap();
    // Entra redeems a code once.
    rig.upstream.refuse_redeem(UpstreamRefusal::InvalidGrant { reason: "used".into() });
    assert!(matches!(complete(&rig, &allowed, cookie).await, Err(ConnectionsError::NotSignedIn(_))));
    assert!(matches!(complete(&rig, &allowed, None).await, Err(ConnectionsError::UnknownState)));
}

#[tokio::test]
async fn what_is_down_is_not_taken_for_an_empty_list() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    browser.code(&rig, &rig.register().await.unwrap()).await.unwrap();
    let (cookie, session) = signed_in(&rig).await;
    rig.store.set_down(true);
    assert!(rig.server.connections(session.owner).await.is_err());
    rig.keyring.set_down(true);
    assert!(rig.server.owner_session(Some(&cookie)).await.is_err());
    browser.approved = Some(cookie);
    assert!(browser.memory(&rig).await.is_err());
}
