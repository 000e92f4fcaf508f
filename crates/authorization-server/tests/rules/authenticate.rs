//! The check of an access token: opened offline, and what may be believed of its grant for how long.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::sync::Arc;

use authorization_server::{
    AuthorizationServer,
    ground::{Ended, GrantKey, Network, Repository as _},
    state::grant::{Grant, Status},
};
use oauth_protocol::{issuer::BaseUrl, redirect_uri::PrivateUseSchemes};
use secrecy::{ExposeSecret as _, SecretString};
use testkit::{Fault, Rig, SignedIn, refreshing};
use time::Duration;

async fn signed_in() -> (Rig, SignedIn) {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    (rig, owner)
}

fn key(rig: &Rig) -> GrantKey {
    rig.only_grant().unwrap().key
}

/// Whether the token is accepted, and how many store operations that took.
async fn asked(rig: &Rig, token: &SecretString) -> (bool, usize) {
    let before = rig.store.operations();
    let accepted = rig.accepts(token).await.unwrap();
    (accepted, rig.store.operations() - before)
}

#[tokio::test]
async fn the_principal_is_who_signed_in_through_which_client_for_what() {
    let (rig, owner) = signed_in().await;
    let principal = rig.server.authenticate(owner.tokens.access_token.expose_secret()).await.unwrap().unwrap();
    assert_eq!(principal.grant(), Some(key(&rig)));
    assert_eq!(principal.client.to_string(), owner.client_id);
    assert_eq!(principal.scope.to_string(), "user.read");
}

#[tokio::test]
async fn a_warm_call_asks_neither_the_store_nor_the_upstream() {
    let (rig, owner) = signed_in().await;
    assert!(rig.accepts(&owner.tokens.access_token).await.unwrap());
    let upstream = rig.upstream.asked().len();
    for _ in 0..29 {
        assert_eq!(asked(&rig, &owner.tokens.access_token).await, (true, 0));
        rig.clock.advance(Duration::SECOND);
    }
    assert_eq!(rig.upstream.asked().len(), upstream);
}

#[tokio::test]
async fn a_head_request_is_judged_like_any_other_and_notes_nothing() {
    let (rig, owner) = signed_in().await;
    let looked_up = async || {
        let presented = rig.server.open_presented(&owner.tokens.access_token).await.unwrap();
        rig.server.look_up_presented(presented).await.unwrap()
    };
    let writes = rig.store.writes();
    assert_eq!(looked_up().await.unwrap().grant(), Some(key(&rig)));
    assert_eq!((rig.store.writes(), rig.only_grant().unwrap().family.seen), (writes, false));
    rig.server.withdraw(key(&rig).owner, &[None]).await.unwrap();
    assert!(looked_up().await.is_none());
}

#[tokio::test]
async fn the_holder_of_a_token_is_known_without_the_store() {
    let (rig, owner) = signed_in().await;
    let held_by = rig.server.authenticate(owner.tokens.access_token.expose_secret()).await.unwrap().unwrap().holder();
    let before = rig.store.operations();
    assert_eq!(rig.server.known_holder(&owner.tokens.access_token).await, Some(held_by));
    assert_eq!(rig.server.known_holder(&owner.tokens.refresh_token).await, Some(held_by));
    assert_eq!(rig.store.operations(), before);
}

#[tokio::test]
async fn nobody_is_known_by_a_refresh_token_that_does_not_verify_or_whose_grant_was_not_read_here() {
    let (rig, owner) = signed_in().await;
    let token = owner.tokens.refresh_token;
    rig.accepts(&owner.tokens.access_token).await.unwrap();
    assert_eq!(rig.second_process().known_holder(&token).await, None);
    let mut forged = token.expose_secret().to_owned();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'E' } else { 'A' });
    assert_eq!(rig.server.known_holder(&forged.into()).await, None);
    rig.server.revoke(key(&rig), Ended::Withdrawn).await.unwrap();
    assert_eq!(rig.server.known_holder(&token).await, None);
}

#[tokio::test]
async fn an_active_grant_is_believed_for_less_than_30_seconds() {
    let (rig, owner) = signed_in().await;
    rig.accepts(&owner.tokens.access_token).await.unwrap();
    rig.clock.advance(Duration::seconds(30));
    assert_eq!(asked(&rig, &owner.tokens.access_token).await, (true, 1));
}

#[tokio::test]
async fn a_revocation_shows_here_at_once_and_elsewhere_within_30_seconds() {
    let (rig, owner) = signed_in().await;
    let elsewhere = rig.second_process();
    let token = owner.tokens.access_token.expose_secret();
    assert!(rig.accepts(&owner.tokens.access_token).await.unwrap());
    assert!(elsewhere.authenticate(token).await.unwrap().is_some());
    rig.server.revoke(key(&rig), Ended::Withdrawn).await.unwrap();
    assert!(!rig.accepts(&owner.tokens.access_token).await.unwrap());
    rig.clock.advance(Duration::seconds(30));
    assert!(elsewhere.authenticate(token).await.unwrap().is_none());
}

#[tokio::test]
async fn a_token_newer_than_what_is_cached_is_read_again() {
    let (rig, owner) = signed_in().await;
    rig.accepts(&owner.tokens.access_token).await.unwrap();
    let newer = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    let (accepted, operations) = asked(&rig, &newer.access_token).await;
    assert!(accepted && operations > 0);
    assert_eq!(asked(&rig, &newer.access_token).await, (true, 0));
    assert_eq!(asked(&rig, &owner.tokens.access_token).await, (true, 0), "an older token needs no newer read");
}

#[tokio::test]
async fn the_first_use_of_a_generation_is_written_down_once() {
    let (rig, owner) = signed_in().await;
    let first = &owner.tokens;
    let retried = rig.refresh(&owner.client_id, &first.refresh_token).await.unwrap();
    let second = rig.refresh(&owner.client_id, &first.refresh_token).await.unwrap();
    let writes = rig.store.writes();
    rig.accepts(&first.access_token).await.unwrap();
    assert_eq!(rig.store.writes(), writes, "the first generation is over");
    for _ in 0..3 {
        rig.accepts(&second.access_token).await.unwrap();
        rig.accepts(&retried.access_token).await.unwrap();
        rig.clock.advance(Duration::MINUTE);
    }
    assert_eq!(rig.store.writes(), writes + 1);
    assert!(rig.only_grant().unwrap().family.seen);
}

async fn is_read_once_a_second(rig: &Rig, token: &SecretString) {
    assert_eq!(asked(rig, token).await, (false, 1));
    for _ in 0..5 {
        assert_eq!(asked(rig, token).await, (false, 0));
    }
    rig.clock.advance(Duration::SECOND);
    assert_eq!(asked(rig, token).await, (false, 1));
    assert_eq!(asked(rig, token).await, (false, 0));
}

#[tokio::test]
async fn a_revoked_or_marked_grant_is_read_at_most_once_a_second() {
    for status in [Status::Revoked, Status::Marked] {
        let (rig, owner) = signed_in().await;
        rig.accepts(&owner.tokens.access_token).await.unwrap();
        rig.clock.advance(Duration::seconds(30));
        rig.grants.change(&key(&rig), |grant| grant.with_status(status));
        is_read_once_a_second(&rig, &owner.tokens.access_token).await;
    }
}

#[tokio::test]
async fn a_grant_revoked_before_its_first_use_is_read_at_most_once_a_second() {
    let (rig, owner) = signed_in().await;
    rig.grants.change(&key(&rig), |grant| grant.with_status(Status::Revoked));
    is_read_once_a_second(&rig, &owner.tokens.access_token).await;
}

#[tokio::test]
async fn an_absent_grant_is_read_at_most_once_a_second() {
    let (rig, owner) = signed_in().await;
    rig.grants.delete(&key(&rig)).await.unwrap();
    is_read_once_a_second(&rig, &owner.tokens.access_token).await;
}

#[tokio::test]
async fn a_grant_that_stands_again_is_accepted_after_a_second() {
    let (rig, owner) = signed_in().await;
    rig.grants.change(&key(&rig), |grant| grant.with_status(Status::Marked));
    assert!(!rig.accepts(&owner.tokens.access_token).await.unwrap());
    rig.grants.change(&key(&rig), |grant| grant.with_status(Status::Active));
    rig.clock.advance(Duration::SECOND);
    assert!(rig.accepts(&owner.tokens.access_token).await.unwrap());
}

#[tokio::test]
async fn a_first_use_that_is_lost_to_a_revocation_is_refused() {
    let (rig, owner) = signed_in().await;
    rig.grants.interleave(1, |grant| grant.with_status(Status::Revoked));
    assert!(!rig.accepts(&owner.tokens.access_token).await.unwrap());
    assert!(!rig.accepts(&owner.tokens.access_token).await.unwrap());
}

#[tokio::test]
async fn a_first_use_that_is_lost_to_another_is_accepted() {
    let (rig, owner) = signed_in().await;
    rig.grants.interleave(1, Grant::seen);
    assert!(rig.accepts(&owner.tokens.access_token).await.unwrap());
    assert_eq!(asked(&rig, &owner.tokens.access_token).await, (true, 0));
}

#[tokio::test]
async fn a_grant_past_its_90_days_is_refused() {
    let (rig, owner) = signed_in().await;
    let now = rig.only_grant().unwrap().redeemed_at;
    rig.grants.change(&key(&rig), |grant| Grant { expires_at: now, ..grant.clone() });
    assert!(!rig.accepts(&owner.tokens.access_token).await.unwrap());
}

#[tokio::test]
async fn whatever_is_no_access_token_of_ours_looks_the_same() {
    let (rig, owner) = signed_in().await;
    let page = rig.open_page(&owner.client_id).await.unwrap();
    let code = rig.code(&owner.client_id).await.unwrap();
    let operations = rig.store.operations();
    let refresh_token = owner.tokens.refresh_token.expose_secret();
    for token in
        ["", "Bearer", "eyJhbGciOiJub25lIn0.e30.", refresh_token, page.form.sealed.as_str(), code.expose_secret()]
    {
        assert!(rig.server.authenticate(token).await.unwrap().is_none(), "{token}");
    }
    assert_eq!(rig.store.operations(), operations);
}

#[tokio::test]
async fn the_token_of_another_deployment_is_refused() {
    let (rig, owner) = signed_in().await;
    let base = BaseUrl::parse("https://other.example.com").unwrap();
    let other = AuthorizationServer::new(base, PrivateUseSchemes::default(), testkit::LIMITS, rig.ports.clone());
    assert!(other.authenticate(owner.tokens.access_token.expose_secret()).await.unwrap().is_none());
}

#[tokio::test]
async fn an_expired_token_is_refused_without_asking_the_store() {
    let (rig, owner) = signed_in().await;
    rig.clock.advance(Duration::HOUR - Duration::SECOND);
    assert!(rig.accepts(&owner.tokens.access_token).await.unwrap());
    rig.clock.advance(Duration::SECOND);
    assert_eq!(asked(&rig, &owner.tokens.access_token).await, (false, 0));
}

#[tokio::test]
async fn a_store_that_is_down_is_neither_acceptance_nor_refusal() {
    let (rig, owner) = signed_in().await;
    rig.store.set_down(true);
    assert!(rig.accepts(&owner.tokens.access_token).await.is_err());
    rig.store.set_down(false);
    rig.accepts(&owner.tokens.access_token).await.unwrap();
    rig.store.set_down(true);
    assert!(rig.accepts(&owner.tokens.access_token).await.unwrap(), "what is warm goes on");
    rig.clock.advance(Duration::seconds(30));
    assert!(rig.accepts(&owner.tokens.access_token).await.is_err());
}

#[tokio::test]
async fn a_keyring_that_is_down_is_neither_acceptance_nor_refusal() {
    let (rig, owner) = signed_in().await;
    rig.keyring.set_down(true);
    assert!(rig.accepts(&owner.tokens.access_token).await.is_err());
}

#[tokio::test]
async fn an_open_stream_stands_until_its_token_ends_or_its_grant_does() {
    let (rig, owner) = signed_in().await;
    let principal = rig.server.authenticate(owner.tokens.access_token.expose_secret()).await.unwrap().unwrap();
    rig.clock.advance(Duration::minutes(30));
    assert!(rig.server.still_stands(&principal).await.unwrap());
    rig.clock.advance(Duration::minutes(30) - Duration::SECOND);
    assert!(rig.server.still_stands(&principal).await.unwrap());
    rig.clock.advance(Duration::SECOND);
    assert!(!rig.server.still_stands(&principal).await.unwrap());
}

#[tokio::test]
async fn an_open_stream_ends_with_the_revocation_or_marking_of_its_grant() {
    for status in [Status::Revoked, Status::Marked] {
        let (rig, owner) = signed_in().await;
        let principal = rig.server.authenticate(owner.tokens.access_token.expose_secret()).await.unwrap().unwrap();
        rig.grants.change(&key(&rig), |grant| grant.with_status(status));
        assert!(rig.accepts(&owner.tokens.access_token).await.unwrap(), "what is warm goes on");
        assert!(!rig.server.still_stands(&principal).await.unwrap());
    }
}

#[tokio::test]
async fn an_open_stream_ends_when_its_access_token_is_superseded_and_the_grant_goes_on() {
    let (rig, owner) = signed_in().await;
    let refresh = async || rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    let second = refresh().await;
    // Its use cannot be noted, so it counts as unseen.
    rig.store.fail_after(1, Fault::Before);
    let principal = rig.server.authenticate(second.access_token.expose_secret()).await.unwrap().unwrap();
    rig.clock.advance(Duration::seconds(61));
    assert!(rig.server.still_stands(&principal).await.unwrap());
    let third = refresh().await;
    assert!(!rig.server.still_stands(&principal).await.unwrap());
    assert!(rig.accepts(&third.access_token).await.unwrap());
}

#[tokio::test]
async fn a_first_use_that_cannot_be_noted_is_noted_the_next_time() {
    let (rig, owner) = signed_in().await;
    rig.store.fail_after(1, Fault::Before);
    assert!(rig.accepts(&owner.tokens.access_token).await.unwrap());
    assert!(!rig.only_grant().unwrap().family.seen);
    assert!(rig.accepts(&owner.tokens.access_token).await.unwrap());
    assert!(rig.only_grant().unwrap().family.seen);
}

#[tokio::test]
async fn first_uses_at_once_are_all_accepted() {
    let (rig, owner) = signed_in().await;
    let other = Arc::new(rig.second_process());
    let mut uses = tokio::task::JoinSet::new();
    for round in 0..8 {
        let server = Arc::clone(if round % 2 == 0 { &rig.server } else { &other });
        let token = owner.tokens.access_token.expose_secret().to_owned();
        uses.spawn(async move { server.authenticate(&token).await });
    }
    assert!(uses.join_all().await.into_iter().all(|used| used.unwrap().is_some()));
}

#[tokio::test]
async fn a_superseded_token_is_found_out_although_the_grant_is_cached() {
    let (rig, owner) = signed_in().await;
    let first = &owner.tokens;
    let copied = rig.refresh(&owner.client_id, &first.refresh_token).await.unwrap();
    rig.clock.advance(Duration::seconds(61));
    let further = rig.refresh(&owner.client_id, &first.refresh_token).await.unwrap();
    assert!(rig.accepts(&further.access_token).await.unwrap());
    assert_eq!(asked(&rig, &further.access_token).await, (true, 0), "the grant is cached");
    assert!(!rig.accepts(&copied.access_token).await.unwrap());
    assert_eq!(rig.only_grant().unwrap().status, Status::Revoked);
}

#[tokio::test]
async fn a_superseded_token_is_neither_accepted_nor_refused_while_its_grant_cannot_be_revoked() {
    let (rig, owner) = signed_in().await;
    let copied = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    rig.clock.advance(Duration::seconds(61));
    rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    // The grant is read twice; then the revocation.
    rig.store.fail_after(2, Fault::Before);
    assert!(rig.accepts(&copied.access_token).await.is_err());
    assert!(!rig.accepts(&copied.access_token).await.unwrap());
    assert_eq!(rig.only_grant().unwrap().status, Status::Revoked);
}

#[tokio::test]
async fn a_first_use_that_loses_to_a_further_refresh_ends_the_family() {
    let (rig, owner) = signed_in().await;
    let copied = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    rig.clock.advance(Duration::seconds(61));
    let (other, client_id) = (rig.second_process(), owner.client_id.clone());
    let token = owner.tokens.refresh_token.clone();
    let refresh = refreshing(&client_id, &token);
    let (used, refreshed) = tokio::join!(rig.accepts(&copied.access_token), other.refresh(&refresh, Network::UNKNOWN));
    let ended = rig.only_grant().unwrap().status == Status::Revoked;
    assert!(ended && (!used.unwrap() || refreshed.is_err()));
}
