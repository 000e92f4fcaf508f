//! Revocation: of one's own grant only, for good, and whatever is being written meanwhile.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{revoke::RevokeError, token_error::TokenError},
    ground::{
        Clock as _, Ended, GrantKey, Id, Repository as _,
        lifetimes::{ACCESS_TOKEN_LIFETIME, AUTHORIZATION_LIFETIME, GRANT_LIFETIME},
    },
    state::grant::{Grant, Status},
};
use secrecy::ExposeSecret as _;
use testkit::{Fault, Rig, SignedIn};
use time::Duration;

async fn signed_in() -> (Rig, SignedIn) {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    (rig, owner)
}

fn status(rig: &Rig) -> Status {
    rig.only_grant().unwrap().status
}

#[tokio::test]
async fn either_token_ends_the_grant_and_drops_the_upstreams_tokens() {
    for by_access_token in [true, false] {
        let (rig, owner) = signed_in().await;
        let tokens = &owner.tokens;
        let token = if by_access_token { &tokens.access_token } else { &tokens.refresh_token };
        rig.revoke(&owner.client_id, token).await.unwrap();
        assert_eq!(status(&rig), Status::Revoked);
        assert!(rig.upstream_tokens.all().is_empty());
        assert!(!rig.accepts(&tokens.access_token).await.unwrap());
        let refreshed = rig.refresh(&owner.client_id, &tokens.refresh_token).await;
        assert!(matches!(refreshed, Err(TokenError::InvalidGrant(_))));
    }
}

#[tokio::test]
async fn an_old_refresh_token_ends_the_grant_too() {
    let (rig, owner) = signed_in().await;
    rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    rig.revoke(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!(status(&rig), Status::Revoked);
}

#[tokio::test]
async fn a_foreign_or_unknown_token_is_answered_alike_and_nothing_happens() {
    let (rig, owner) = signed_in().await;
    let other = rig.register().await.unwrap();
    let writes = rig.store.writes();
    let mut forged = owner.tokens.refresh_token.expose_secret().to_owned();
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    rig.revoke(&other, &owner.tokens.access_token).await.unwrap();
    rig.revoke(&other, &owner.tokens.refresh_token).await.unwrap();
    rig.revoke(&owner.client_id, &forged.into()).await.unwrap();
    rig.revoke(&owner.client_id, &"nonsense".into()).await.unwrap();
    assert_eq!((status(&rig), rig.store.writes()), (Status::Active, writes));
}

#[tokio::test]
async fn an_expired_access_token_is_unknown() {
    let (rig, owner) = signed_in().await;
    rig.clock.advance(Duration::HOUR);
    rig.revoke(&owner.client_id, &owner.tokens.access_token).await.unwrap();
    assert_eq!(status(&rig), Status::Active);
}

#[tokio::test]
async fn an_unknown_client_is_told_so() {
    let (rig, owner) = signed_in().await;
    let revoked = rig.revoke("AAAAAAAAAAAAAAAAAAAAAA", &owner.tokens.refresh_token).await;
    assert!(matches!(revoked, Err(RevokeError::UnknownClient)));
}

#[tokio::test]
async fn revoking_twice_or_what_is_not_there_is_fine() {
    let (rig, _) = signed_in().await;
    let key = rig.only_grant().unwrap().key;
    rig.server.revoke(key, Ended::Withdrawn).await.unwrap();
    let version = rig.only_grant().unwrap().version;
    rig.server.revoke(key, Ended::Withdrawn).await.unwrap();
    assert_eq!(rig.only_grant().unwrap().version, version);
    let absent = GrantKey { owner: key.owner, grant: Id::from_bytes([9; 16]) };
    assert!(rig.server.revoke(absent, Ended::Withdrawn).await.is_ok());
}

#[tokio::test]
async fn a_marked_grant_can_be_revoked() {
    let (rig, _) = signed_in().await;
    let key = rig.only_grant().unwrap().key;
    rig.grants.change(&key, |grant| grant.with_status(Status::Marked));
    rig.server.revoke(key, Ended::Withdrawn).await.unwrap();
    assert_eq!(status(&rig), Status::Revoked);
}

/// It is kept as long as its code could come back and its access tokens live. After that its record is missed nowhere.
#[tokio::test]
async fn a_revoked_grant_lapses_and_is_refused_alike_with_and_without_its_record() {
    for lapsed in [false, true] {
        let rig = Rig::new().unwrap();
        let client_id = rig.register().await.unwrap();
        let code = rig.code(&client_id).await.unwrap();
        let first = rig.redeem(&client_id, &code).await.unwrap();
        let second = rig.refresh(&client_id, &first.refresh_token).await.unwrap();
        rig.revoke(&client_id, &second.refresh_token).await.unwrap();
        let grant = rig.only_grant().unwrap();
        assert!(grant.expires_at > rig.clock.now() + AUTHORIZATION_LIFETIME.max(ACCESS_TOKEN_LIFETIME));
        assert!(grant.expires_at <= rig.clock.now() + Duration::hours(2), "{}", grant.expires_at);
        rig.clock.advance(AUTHORIZATION_LIFETIME);
        if lapsed {
            rig.grants.delete(&grant.key).await.unwrap();
        }
        rig.audit.take();
        assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::InvalidGrant(_))));
        for tokens in [&second, &first] {
            assert!(!rig.accepts(&tokens.access_token).await.unwrap());
            let refreshed = rig.refresh(&client_id, &tokens.refresh_token).await;
            assert!(matches!(refreshed, Err(TokenError::InvalidGrant(_))));
            for token in [&tokens.access_token, &tokens.refresh_token] {
                rig.revoke(&client_id, token).await.unwrap();
            }
        }
        assert_eq!(rig.audit.names(), [], "lapsed: {lapsed}");
        assert!(rig.upstream_tokens.all().is_empty());
        assert_eq!(rig.grants.all().len(), usize::from(!lapsed));
    }
}

#[tokio::test]
async fn a_grant_that_would_have_ended_sooner_does_so() {
    let (rig, _) = signed_in().await;
    let ends = rig.only_grant().unwrap().expires_at;
    rig.clock.advance(GRANT_LIFETIME - Duration::MINUTE);
    rig.server.revoke(rig.only_grant().unwrap().key, Ended::Withdrawn).await.unwrap();
    assert_eq!(rig.only_grant().unwrap().expires_at, ends);
}

#[tokio::test]
async fn a_lost_write_revokes_what_stands_now() {
    let (rig, _) = signed_in().await;
    rig.grants.interleave(4, |grant| grant.rotated(grant.family.answered_at, grant.family.sealed_key.clone()));
    rig.server.revoke(rig.only_grant().unwrap().key, Ended::Withdrawn).await.unwrap();
    let grant = rig.only_grant().unwrap();
    assert_eq!((grant.status, grant.family.generation), (Status::Revoked, 5));
}

#[tokio::test]
async fn five_conflicts_answer_503() {
    let (rig, owner) = signed_in().await;
    rig.grants.interleave(5, Grant::seen);
    let revoked = rig.revoke(&owner.client_id, &owner.tokens.refresh_token).await;
    assert!(matches!(revoked, Err(RevokeError::Unavailable(_))));
}

#[tokio::test]
async fn a_revocation_that_half_failed_is_completed_by_the_next() {
    let (rig, owner) = signed_in().await;
    // Client, token's grant, the grant again, its status; then the upstream tokens.
    rig.store.fail_after(4, Fault::Before);
    let revoked = rig.revoke(&owner.client_id, &owner.tokens.refresh_token).await;
    assert!(matches!(revoked, Err(RevokeError::Unavailable(_))));
    assert_eq!(status(&rig), Status::Revoked);
    rig.revoke(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert!(rig.upstream_tokens.all().is_empty());
}
