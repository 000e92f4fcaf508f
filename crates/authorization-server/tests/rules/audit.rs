//! The audit log: each thing that happened once, however often it is tried, and honest repetitions never as an attack.
#![cfg(test)]

use authorization_server::{
    ground::{AuditEvent, Ended, EventName, Id},
    state::owner::Owner,
};
use testkit::{Browser, Fault, Rig, SignedIn, request};
use time::Duration;

/// Why grants ended.
fn endings(events: &[AuditEvent]) -> Vec<&'static str> {
    events.iter().filter(|event| event.name == EventName::GrantEnded).filter_map(|event| event.reason).collect()
}

fn count(events: &[AuditEvent], name: EventName) -> usize {
    events.iter().filter(|event| event.name == name).count()
}

async fn signed_in() -> (Rig, SignedIn) {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    rig.audit.take();
    (rig, owner)
}

#[tokio::test]
async fn a_flow_is_the_sequence_of_its_events() {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    let events = rig.audit.take();
    let grant = rig.only_grant().unwrap();
    let names: Vec<_> = events.iter().map(|event| event.name).collect();
    assert_eq!(
        names,
        [EventName::ClientRegistered, EventName::ConsentAllowed, EventName::SignedIn, EventName::GrantMade]
    );
    assert!(events.iter().all(|event| event.client == Some(grant.client)), "{events:?}");
    assert_eq!(events[1].authorization, Some(grant.key.grant), "a grant has the id of its authorization");
    assert_eq!((events[2].owner, events[3].grant), (Some(grant.key.owner), Some(grant.key.grant)));
    rig.revoke(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    let ended = rig.audit.take();
    assert_eq!(endings(&ended), [Ended::RevokedByClient.as_str()]);
    assert_eq!((ended[0].grant, ended[0].client), (Some(grant.key.grant), Some(grant.client)));
}

#[tokio::test]
async fn an_allowed_request_is_reported_with_the_source_of_the_consent() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    browser.code(&rig, &client_id).await.unwrap();
    browser.visit(&rig, &request(&client_id, &[])).await.unwrap();
    let allowed = rig.audit.take().into_iter().filter(|event| event.name == EventName::ConsentAllowed);
    let reasons: Vec<_> = allowed.filter_map(|event| event.reason).collect();
    assert_eq!(reasons, ["the person was asked", "an approval was remembered"]);
}

#[tokio::test]
async fn a_grant_that_is_revoked_again_does_not_end_again() {
    let (rig, owner) = signed_in().await;
    for token in [&owner.tokens.refresh_token, &owner.tokens.access_token, &owner.tokens.refresh_token] {
        rig.revoke(&owner.client_id, token).await.unwrap();
    }
    assert_eq!(rig.audit.names(), [EventName::GrantEnded]);
}

#[tokio::test]
async fn a_grant_whose_revocation_is_tried_again_after_an_outage_ends_once() {
    let (rig, owner) = signed_in().await;
    // The grant is written; then the store fails, before the upstream tokens are deleted.
    rig.store.fail_after(3, Fault::Before);
    rig.revoke(&owner.client_id, &owner.tokens.access_token).await.unwrap_err();
    rig.revoke(&owner.client_id, &owner.tokens.access_token).await.unwrap();
    assert_eq!(rig.audit.names(), [EventName::GrantEnded]);
}

#[tokio::test]
async fn a_callback_in_another_browser_is_an_alarm_once() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let allowed = rig.allow(&page).await.unwrap();
    rig.audit.take();
    for _ in 0..2 {
        rig.call_back(&allowed, &[("code", "x")], None).await.map(drop).unwrap_err();
    }
    assert_eq!(rig.audit.names(), [EventName::CallbackInOtherBrowser]);
}

#[tokio::test]
async fn a_repeated_callback_in_the_same_browser_is_no_alarm() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let allowed = rig.allow(&page).await.unwrap();
    rig.audit.take();
    rig.come_back(&allowed).await.unwrap();
    rig.come_back(&allowed).await.map(drop).unwrap_err();
    assert_eq!(rig.audit.names(), [EventName::SignedIn]);
}

#[tokio::test]
async fn a_code_that_is_replayed_five_times_ends_its_grant_once_and_a_duplicate_does_not() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let code = rig.code(&client_id).await.unwrap();
    rig.audit.take();
    rig.redeem(&client_id, &code).await.unwrap();
    rig.redeem(&client_id, &code).await.unwrap_err();
    assert_eq!(rig.audit.names(), [EventName::GrantMade]);
    rig.clock.advance(Duration::seconds(21));
    for _ in 0..5 {
        rig.redeem(&client_id, &code).await.unwrap_err();
    }
    let events = rig.audit.take();
    assert_eq!(endings(&events), [Ended::CodeReplayed.as_str()]);
    assert_eq!(events[0].name, EventName::GrantEnded);
    assert_eq!((count(&events, EventName::CodeReplayed), events.len()), (1, 2));
}

#[tokio::test]
async fn a_duplicate_redemption_after_the_client_revoked_its_grant_is_no_alarm() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let code = rig.code(&client_id).await.unwrap();
    let tokens = rig.redeem(&client_id, &code).await.unwrap();
    rig.revoke(&client_id, &tokens.refresh_token).await.unwrap();
    rig.audit.take();
    rig.redeem(&client_id, &code).await.unwrap_err();
    assert_eq!(rig.audit.names(), []);
}

#[tokio::test]
async fn a_replayed_refresh_token_ends_its_grant_once_and_a_retry_does_not() {
    let (rig, owner) = signed_in().await;
    let second = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!(rig.audit.names(), [EventName::GrantRefreshed], "the same answer again is no second refresh");
    rig.refresh(&owner.client_id, &second.refresh_token).await.unwrap();
    rig.audit.take();
    for _ in 0..3 {
        rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap_err();
    }
    let events = rig.audit.take();
    assert_eq!(endings(&events), [Ended::RefreshTokenReplayed.as_str()]);
    assert_eq!((count(&events, EventName::RefreshTokenReplayed), events.len()), (1, 2));
}

#[tokio::test]
async fn a_thief_who_is_found_out_ends_the_grant_once() {
    let (rig, owner) = signed_in().await;
    let stolen = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    rig.clock.advance(Duration::seconds(59));
    rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!(rig.audit.names(), [EventName::GrantRefreshed], "the same answer again is no second refresh");
    rig.clock.advance(Duration::seconds(66));
    rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!(rig.audit.names(), [EventName::GrantRefreshed]);
    for _ in 0..3 {
        assert!(!rig.accepts(&stolen.access_token).await.unwrap());
        rig.clock.advance(Duration::seconds(2));
    }
    assert_eq!(rig.audit.names(), [EventName::GrantEnded, EventName::RefreshTokenReplayed]);
}

#[tokio::test]
async fn a_withdrawal_is_one_event_of_the_owner_and_one_for_each_grant() {
    let (rig, owner) = signed_in().await;
    let grant = rig.only_grant().unwrap();
    for _ in 0..2 {
        rig.server.withdraw(grant.key.owner, &[Some(grant.client)]).await.unwrap();
    }
    let events = rig.audit.take();
    assert_eq!(endings(&events), [Ended::Withdrawn.as_str()]);
    assert_eq!((count(&events, EventName::ConsentWithdrawn), events.len()), (1, 2));
    drop(owner);
}

#[tokio::test]
async fn a_withdrawal_is_one_event_though_no_approval_is_remembered_and_none_of_a_client_that_has_nothing() {
    for all in [true, false] {
        let (rig, owner) = signed_in().await;
        let grant = rig.only_grant().unwrap();
        let forgotten = |owner: &Owner| Owner { approvals: Vec::new(), ..owner.clone() };
        rig.owners.change(&grant.key.owner, forgotten);
        for _ in 0..2 {
            rig.server.withdraw(grant.key.owner, &[Some(Id::from_bytes([9; 16]))]).await.unwrap();
        }
        assert_eq!(rig.audit.names(), []);
        for _ in 0..2 {
            rig.server.withdraw(grant.key.owner, &[Some(grant.client).filter(|_| !all)]).await.unwrap();
        }
        assert_eq!(rig.audit.names(), [EventName::GrantEnded, EventName::ConsentWithdrawn], "all: {all}");
        drop(owner);
    }
}

#[tokio::test]
async fn a_withdrawal_of_several_clients_is_one_event_for_each_that_had_something() {
    let (rig, owner) = signed_in().await;
    let approved = rig.only_grant().unwrap();
    let other = rig.sign_in().await.unwrap();
    let forgotten = Id::parse(&other.client_id).unwrap();
    rig.owners.change(&approved.key.owner, |owner| {
        let mut owner = owner.clone();
        owner.approvals.retain(|approval| approval.client == approved.client);
        owner
    });
    rig.audit.take();
    let clients = [Some(Id::from_bytes([9; 16])), Some(approved.client), Some(forgotten)];
    for _ in 0..2 {
        rig.server.withdraw(approved.key.owner, &clients).await.unwrap();
    }
    let events = rig.audit.take();
    assert_eq!(endings(&events), [Ended::Withdrawn.as_str(); 2]);
    let withdrawn = events.iter().filter(|event| event.name == EventName::ConsentWithdrawn);
    let withdrawn: Vec<_> = withdrawn.map(|event| event.client).collect();
    assert_eq!((withdrawn, events.len()), (vec![Some(approved.client), Some(forgotten)], 4));
    drop((owner, other));
}

#[tokio::test]
async fn a_grant_whose_tokens_were_never_sent_ends_and_is_made_again() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let code = rig.code(&client_id).await.unwrap();
    rig.audit.take();
    rig.store.fail_after(4, Fault::Before);
    rig.redeem(&client_id, &code).await.unwrap_err();
    let events = rig.audit.take();
    assert_eq!(endings(&events), [Ended::NotDelivered.as_str()]);
    rig.redeem(&client_id, &code).await.unwrap();
    assert_eq!((count(&events, EventName::GrantMade), rig.audit.names()), (1, vec![EventName::GrantMade]));
}
