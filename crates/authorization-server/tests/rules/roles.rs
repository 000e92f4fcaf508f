//! The app roles of callers: read from the upstream's access token, and renewed with it within the hour.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    ground::{Repository as _, Subject, Unavailable},
    resource::{
        authenticate::{Principal, ReadRoles},
        downstream::DownstreamError,
        roles::CallerRoles as _,
    },
    state::{
        grant::Status,
        roles::{ADMIN, USER},
    },
    upstream::UpstreamRefusal,
};
use secrecy::ExposeSecret as _;
use testkit::Rig;
use time::Duration;

/// A caller who signed in with these roles. The upstream's access tokens live for three hours.
async fn caller(roles: &[&'static str]) -> (Rig, Principal) {
    let rig = Rig::new().unwrap();
    rig.upstream.set_lifetime(Duration::hours(3));
    rig.upstream.set_roles(roles);
    let tokens = rig.sign_in().await.unwrap().tokens;
    let principal = rig.server.authenticate(tokens.access_token.expose_secret()).await.unwrap().unwrap();
    (rig, principal)
}

/// Each call has a principal of its own.
fn next_call(principal: &Principal) -> Principal {
    Principal { roles: ReadRoles::default(), ..principal.clone() }
}

async fn is_admin(rig: &Rig, principal: &Principal) -> bool {
    rig.server.roles(&next_call(principal)).await.unwrap().has(&ADMIN)
}

fn reason() -> String {
    "of the upstream".to_owned()
}

#[tokio::test]
async fn the_roles_are_those_of_the_token_and_nothing_is_asked() {
    let (rig, principal) = caller(&["Admin"]).await;
    let roles = rig.server.roles(&next_call(&principal)).await.unwrap();
    assert_eq!((roles.has(&ADMIN), roles.has(&USER)), (true, false));
    assert_eq!(rig.upstream.refreshes(), 0);
    let (rig, principal) = caller(&[]).await;
    assert!(!is_admin(&rig, &principal).await);
}

#[tokio::test]
async fn a_role_that_was_taken_away_ends_an_hour_after_the_token_was_issued() {
    let (rig, principal) = caller(&["Admin"]).await;
    rig.upstream.set_roles(&["User"]);
    rig.clock.advance(Duration::HOUR - Duration::SECOND);
    assert!(is_admin(&rig, &principal).await);
    assert_eq!(rig.upstream.refreshes(), 0);
    rig.clock.advance(Duration::SECOND);
    assert!(!is_admin(&rig, &principal).await);
    assert!(!is_admin(&rig, &principal).await);
    assert_eq!(rig.upstream.refreshes(), 1, "the renewed token is kept");
}

#[tokio::test]
async fn a_role_that_was_given_is_there_after_the_renewal() {
    let (rig, principal) = caller(&[]).await;
    rig.upstream.set_roles(&["Admin"]);
    rig.clock.advance(Duration::HOUR);
    assert!(is_admin(&rig, &principal).await);
}

#[tokio::test]
async fn roles_that_cannot_be_renewed_are_not_believed() {
    let (rig, principal) = caller(&["Admin"]).await;
    rig.clock.advance(Duration::HOUR);
    rig.upstream.refuse_refresh(Unavailable::upstream("down").into());
    assert!(matches!(rig.server.roles(&next_call(&principal)).await, Err(DownstreamError::Unavailable(_))));
    rig.upstream.refuse_refresh(UpstreamRefusal::Refused { reason: reason() });
    assert!(matches!(rig.server.roles(&next_call(&principal)).await, Err(DownstreamError::Refused(_))));
    assert_eq!(rig.only_grant().unwrap().status, Status::Active);
    assert!(is_admin(&rig, &principal).await, "the upstream is back");
}

#[tokio::test]
async fn a_user_who_must_sign_in_again_has_no_roles_until_then() {
    let (rig, principal) = caller(&["Admin"]).await;
    rig.clock.advance(Duration::HOUR);
    rig.upstream.refuse_refresh(UpstreamRefusal::InteractionRequired { claims: None, reason: reason() });
    assert!(matches!(rig.server.roles(&next_call(&principal)).await, Err(DownstreamError::SignInAgain)));
    assert_eq!(rig.only_grant().unwrap().status, Status::Marked);
}

/// Even if the upstream mixes up its tokens, a token of somebody else gives the owner no role.
#[tokio::test]
async fn a_renewed_token_of_another_user_gives_no_role() {
    let (rig, principal) = caller(&["Admin"]).await;
    rig.clock.advance(Duration::HOUR);
    rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: "another".into() });
    for renewals in 1..=2 {
        for _ in 0..20 {
            assert!(matches!(rig.server.roles(&next_call(&principal)).await, Err(DownstreamError::Refused(_))));
        }
        assert_eq!(rig.upstream.refreshes(), renewals, "not for each call");
        rig.clock.advance(Duration::minutes(5));
    }
}

#[tokio::test]
async fn without_upstream_tokens_the_user_must_sign_in_again() {
    let (rig, principal) = caller(&["Admin"]).await;
    rig.upstream_tokens.delete(&principal.grant().unwrap()).await.unwrap();
    assert!(matches!(rig.server.roles(&next_call(&principal)).await, Err(DownstreamError::SignInAgain)));
}

#[tokio::test]
async fn a_store_or_keyring_that_is_down_tells_no_roles() {
    let (rig, principal) = caller(&["Admin"]).await;
    for dependency in [&rig.store, &rig.keyring] {
        dependency.set_down(true);
        assert!(matches!(rig.server.roles(&next_call(&principal)).await, Err(DownstreamError::Unavailable(_))));
        dependency.set_down(false);
    }
    assert!(is_admin(&rig, &principal).await);
}

#[tokio::test]
async fn another_process_reads_the_same_roles_and_renews_them_for_both() {
    let (rig, principal) = caller(&["Admin"]).await;
    let other = rig.second_process();
    assert!(other.roles(&next_call(&principal)).await.unwrap().has(&ADMIN));
    rig.upstream.set_roles(&[]);
    rig.clock.advance(Duration::HOUR);
    assert!(!other.roles(&next_call(&principal)).await.unwrap().has(&ADMIN));
    assert!(!is_admin(&rig, &principal).await);
    assert_eq!(rig.upstream.refreshes(), 1);
}

#[tokio::test]
async fn one_caller_is_judged_by_one_reading_and_the_next_call_by_another() {
    let (rig, principal) = caller(&["Admin"]).await;
    let opened = rig.keyring.operations();
    for _ in 0..3 {
        assert!(rig.server.roles(&principal).await.unwrap().has(&ADMIN));
    }
    assert_eq!(rig.keyring.operations(), opened + 1);
    rig.upstream.set_roles(&[]);
    rig.clock.advance(Duration::HOUR);
    assert!(rig.server.roles(&principal).await.unwrap().has(&ADMIN), "as the call began");
    assert!(!is_admin(&rig, &principal).await);
}

#[tokio::test]
async fn a_failed_reading_is_not_repeated_for_the_same_call() {
    let (rig, principal) = caller(&["Admin"]).await;
    rig.clock.advance(Duration::HOUR);
    rig.upstream.refuse_refresh(Unavailable::upstream("down").into());
    for _ in 0..2 {
        assert!(matches!(rig.server.roles(&principal).await, Err(DownstreamError::Unavailable(_))));
    }
    assert!(is_admin(&rig, &principal).await, "the next call");
}
