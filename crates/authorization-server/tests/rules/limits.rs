//! Limits of one caller, so that others find something left.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::num::NonZeroU32;

use authorization_server::{
    AuthorizationServer, StoredLimits,
    endpoints::register::RegisterError,
    ground::{Clock as _, EventName, Id, Network, OwnerLimit, Subject},
    state::grant::Status,
};
use oauth_protocol::{client_metadata::ClientMetadata, redirect_uri::PrivateUseSchemes};
use testkit::{LIMITS, REDIRECT_URI, Rig, redemption};
use time::Duration;

fn some(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// A process on the rig's store, with these limits.
fn process(rig: &Rig, limits: StoredLimits) -> AuthorizationServer {
    AuthorizationServer::new(rig.server.base().clone(), PrivateUseSchemes::default(), limits, rig.ports.clone())
}

/// A process with three places for registrations that wait.
fn three_places(rig: &Rig) -> AuthorizationServer {
    process(rig, StoredLimits { waiting_registrations: some(3), ..LIMITS })
}

async fn register(server: &AuthorizationServer, from: u8) -> Result<Id, RegisterError> {
    let body = serde_json::json!({ "redirect_uris": [REDIRECT_URI] }).to_string();
    let metadata = ClientMetadata::from_json(body.as_bytes(), server.schemes(), server.base()).unwrap();
    let registered = server.register(metadata, Network::of([20, 1, 2, from].into())).await?;
    let registered = serde_json::to_value(registered).unwrap();
    Ok(Id::parse(registered.get("client_id").and_then(serde_json::Value::as_str).unwrap()).unwrap())
}

/// The registrations that have not expired.
fn registered(rig: &Rig) -> Vec<Id> {
    let now = rig.clock.now();
    rig.clients.all().iter().filter(|client| now < client.expires_at).map(|client| client.id).collect()
}

#[tokio::test]
async fn the_network_with_the_most_unused_registrations_is_refused_and_another_goes_on() {
    let rig = Rig::new().unwrap();
    let server = three_places(&rig);
    let flood = [register(&server, 1).await.unwrap(), register(&server, 1).await.unwrap()];
    let quiet = register(&server, 2).await.unwrap();
    assert!(matches!(register(&server, 1).await, Err(RegisterError::TooManyWait(_))));
    assert!(!registered(&rig).contains(&flood[0]), "its oldest was ended");
    register(&server, 3).await.unwrap();
    let another = register(&server, 4).await.unwrap();
    assert!(registered(&rig).contains(&another) && !registered(&rig).contains(&flood[1]));
    assert!(registered(&rig).contains(&quiet));
    assert_eq!(registered(&rig).len(), 3);
    let events = rig.audit.take();
    let dropped: Vec<_> = events.iter().filter(|event| event.name == EventName::RegistrationDropped).collect();
    assert_eq!(dropped.iter().map(|event| event.client.unwrap()).collect::<Vec<_>>(), flood);
}

/// Five clients that registered at one process and were used at this one.
async fn five_used(rig: &Rig, registered_at: &AuthorizationServer, used_at: &AuthorizationServer) -> Vec<Id> {
    let mut used = Vec::new();
    for _ in 0..5 {
        let client = register(registered_at, 1).await.unwrap();
        let code = rig.code(&client.to_string()).await.unwrap();
        used_at.redeem(&redemption(&client.to_string(), &code), Network::UNKNOWN).await.unwrap();
        used.push(client);
    }
    used
}

#[tokio::test]
async fn a_client_that_was_used_takes_no_place_and_is_never_ended() {
    let rig = Rig::new().unwrap();
    let server = three_places(&rig);
    let used = five_used(&rig, &server, &server).await;
    assert_eq!(registered(&rig).len(), used.len());
}

#[tokio::test]
async fn a_client_that_was_used_through_another_process_gives_its_place_up() {
    let rig = Rig::new().unwrap();
    let server = three_places(&rig);
    let used = five_used(&rig, &server, &rig.server).await;
    assert!(used.iter().all(|client| registered(&rig).contains(client)));
}

#[tokio::test]
async fn a_registration_that_the_store_did_not_take_takes_no_place() {
    let rig = Rig::new().unwrap();
    let server = three_places(&rig);
    rig.store.set_down(true);
    for _ in 0..10 {
        assert!(matches!(register(&server, 1).await, Err(RegisterError::Unavailable(_))));
    }
    rig.store.set_down(false);
    for _ in 0..3 {
        register(&server, 1).await.unwrap();
    }
}

/// A process where an owner may have four grants, two of them of one client.
fn four_grants(rig: &Rig) -> AuthorizationServer {
    process(rig, StoredLimits { grants: OwnerLimit::new(some(4)), ..LIMITS })
}

/// The client gets a grant, a minute after the last one.
async fn grant(rig: &Rig, server: &AuthorizationServer, client_id: &str) {
    rig.clock.advance(Duration::MINUTE);
    let code = rig.code(client_id).await.unwrap();
    server.redeem(&redemption(client_id, &code), Network::UNKNOWN).await.unwrap();
}

/// When the grants were made that still stand, in minutes.
fn standing(rig: &Rig) -> Vec<i64> {
    let active = rig.grants.all().into_iter().filter(|grant| grant.status == Status::Active);
    let mut minutes: Vec<_> = active.map(|grant| grant.redeemed_at.unix_timestamp() / 60).collect();
    minutes.sort_unstable();
    let start = rig.grants.all().iter().map(|grant| grant.redeemed_at.unix_timestamp() / 60).min().unwrap();
    minutes.into_iter().map(|minute| minute - start).collect()
}

#[tokio::test]
async fn a_client_beyond_its_share_loses_its_oldest_grant_and_the_owners_others_keep_theirs() {
    let rig = Rig::new().unwrap();
    let server = four_grants(&rig);
    let (first, second) = (rig.register().await.unwrap(), rig.register().await.unwrap());
    grant(&rig, &server, &second).await;
    for _ in 0..3 {
        grant(&rig, &server, &first).await;
    }
    assert_eq!(standing(&rig), [0, 2, 3]);
}

#[tokio::test]
async fn an_owner_beyond_the_limit_loses_the_oldest_grant_of_all_and_another_owner_none() {
    let rig = Rig::new().unwrap();
    let server = four_grants(&rig);
    let clients = [(); 3].map(|()| rig.register());
    let mut ids = Vec::new();
    for client in clients {
        ids.push(client.await.unwrap());
    }
    for client in [&ids[0], &ids[0], &ids[1], &ids[1], &ids[2]] {
        grant(&rig, &server, client).await;
    }
    assert_eq!(standing(&rig), [1, 2, 3, 4]);
    rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: "another".into() });
    grant(&rig, &server, &ids[0]).await;
    assert_eq!(standing(&rig), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_grant_that_is_refreshed_counts_as_new() {
    let rig = Rig::new().unwrap();
    let server = four_grants(&rig);
    let client = rig.register().await.unwrap();
    rig.clock.advance(Duration::MINUTE);
    let code = rig.code(&client).await.unwrap();
    let tokens = rig.redeem(&client, &code).await.unwrap();
    grant(&rig, &server, &client).await;
    rig.clock.advance(Duration::MINUTE);
    rig.refresh(&client, &tokens.refresh_token).await.unwrap();
    grant(&rig, &server, &client).await;
    assert_eq!(standing(&rig), [0, 3]);
}
