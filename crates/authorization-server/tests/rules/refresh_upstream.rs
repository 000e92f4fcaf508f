//! The upstream's part in a refresh: when it is asked, and what its refusal means for the grant.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::token_error::TokenError,
    ground::Unavailable,
    state::{claims::Claims, grant::Status, upstream_tokens::UpstreamTokens},
    upstream::UpstreamRefusal,
};
use testkit::{Asked, Fault, Rig, SignedIn};
use time::Duration;

/// A client whose upstream tokens, of 75 minutes, have this long to live.
async fn with_left(left: Duration) -> (Rig, SignedIn) {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    rig.clock.advance(Duration::minutes(75) - left);
    (rig, owner)
}

fn reason() -> String {
    "of the upstream".to_owned()
}

fn down() -> UpstreamRefusal {
    Unavailable::upstream(reason()).into()
}

#[tokio::test]
async fn with_an_hour_left_the_upstream_is_not_asked() {
    let (rig, owner) = with_left(Duration::HOUR).await;
    let tokens = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!((rig.upstream.refreshes(), tokens.expires_in), (0, 59 * 60));
}

#[tokio::test]
async fn with_less_than_an_hour_left_it_is_refreshed_first() {
    let (rig, owner) = with_left(Duration::HOUR - Duration::SECOND).await;
    let tokens = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!((rig.upstream.refreshes(), tokens.expires_in), (1, 3600));
}

#[tokio::test]
async fn each_refresh_token_of_the_upstream_is_the_one_from_its_last_answer() {
    let (rig, owner) = with_left(Duration::minutes(30)).await;
    let tokens = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    rig.clock.advance(Duration::minutes(30));
    rig.refresh(&owner.client_id, &tokens.refresh_token).await.unwrap();
    let refresh = |token: &str| Asked::Refresh(token.to_owned());
    assert_eq!(rig.upstream.asked().split_off(1), [refresh("upstream-refresh-1"), refresh("upstream-refresh-2")]);
}

#[tokio::test]
async fn an_answer_without_a_refresh_token_keeps_the_one_before() {
    let (rig, owner) = with_left(Duration::minutes(30)).await;
    rig.upstream.keep_refresh_tokens();
    let tokens = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    rig.clock.advance(Duration::minutes(30));
    rig.refresh(&owner.client_id, &tokens.refresh_token).await.unwrap();
    let refresh = Asked::Refresh("upstream-refresh-1".to_owned());
    assert_eq!(rig.upstream.asked().split_off(1), [refresh.clone(), refresh]);
}

#[tokio::test]
async fn an_upstream_that_is_down_shortens_the_access_token_down_to_ten_minutes() {
    for (left, seconds) in [(59, 58 * 60), (10, 9 * 60)] {
        let (rig, owner) = with_left(Duration::minutes(left)).await;
        rig.upstream.refuse_refresh(down());
        let tokens = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
        assert_eq!(tokens.expires_in, seconds);
        assert!(rig.accepts(&tokens.access_token).await.unwrap());
    }
}

#[tokio::test]
async fn with_less_than_ten_minutes_left_nothing_rotates_while_the_upstream_is_down() {
    for left in [Duration::minutes(10) - Duration::SECOND, Duration::ZERO, -Duration::days(1)] {
        let (rig, owner) = with_left(left).await;
        rig.upstream.refuse_refresh(down());
        let writes = rig.store.writes();
        let refreshed = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await;
        assert!(matches!(refreshed, Err(TokenError::Unavailable(_))));
        assert_eq!(rig.store.writes(), writes);
        assert!(rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.is_ok());
    }
}

#[tokio::test]
async fn a_retry_refreshes_the_upstream_too_if_it_is_due() {
    let (rig, owner) = with_left(Duration::minutes(70)).await;
    let lost = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    rig.clock.advance(Duration::days(2));
    let again = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!((rig.upstream.refreshes(), again.expires_in, lost.expires_in), (1, 3600, 3600));
}

/// Each answer of a lost one is a refresh too, so without this rule a repeated refresh token is a request to Entra each time.
#[tokio::test]
async fn tokens_that_live_less_than_an_hour_are_renewed_once_in_five_minutes() {
    let (rig, owner) = with_left(Duration::minutes(30)).await;
    rig.upstream.set_lifetime(Duration::seconds(3599));
    let refresh = async || rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    for (after, asked) in [(0, 1), (0, 1), (299, 1), (1, 2)] {
        rig.clock.advance(Duration::seconds(after));
        refresh().await;
        assert_eq!(rig.upstream.refreshes(), asked, "{after} s later");
    }
}

#[tokio::test]
async fn tokens_that_live_less_than_ten_minutes_are_renewed_each_time() {
    let (rig, owner) = with_left(Duration::minutes(30)).await;
    rig.upstream.set_lifetime(Duration::minutes(10) - Duration::SECOND);
    for asked in 1..=3 {
        rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
        assert_eq!(rig.upstream.refreshes(), asked);
    }
}

#[tokio::test]
async fn a_demand_for_the_user_marks_the_grant_and_keeps_the_family() {
    for claims in [None, Claims::parse(r#"{"access_token":{}}"#)] {
        let (rig, owner) = with_left(Duration::minutes(30)).await;
        rig.upstream.refuse_refresh(UpstreamRefusal::InteractionRequired { claims, reason: reason() });
        let refreshed = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await;
        assert!(matches!(refreshed, Err(TokenError::InvalidGrant(_))));
        let grant = rig.only_grant().unwrap();
        assert_eq!((grant.status, grant.family.generation), (Status::Marked, 1));
        assert!(rig.upstream_tokens.peek(&grant.key).is_some());
        assert!(!rig.accepts(&owner.tokens.access_token).await.unwrap());
    }
}

#[tokio::test]
async fn a_dead_upstream_refresh_token_revokes_the_grant() {
    let (rig, owner) = with_left(Duration::minutes(30)).await;
    rig.upstream.refuse_refresh(UpstreamRefusal::InvalidGrant { reason: reason() });
    let refreshed = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await;
    assert!(matches!(refreshed, Err(TokenError::InvalidGrant(_))));
    assert_eq!(rig.only_grant().unwrap().status, Status::Revoked);
    assert!(rig.upstream_tokens.all().is_empty());
}

#[tokio::test]
async fn a_policy_that_blocks_the_owner_refuses_the_refresh_and_changes_nothing() {
    let (rig, owner) = with_left(Duration::minutes(30)).await;
    rig.upstream.refuse_refresh(UpstreamRefusal::Blocked { reason: reason() });
    let writes = rig.store.writes();
    let refreshed = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await;
    assert!(matches!(refreshed, Err(TokenError::Blocked)));
    assert_eq!((rig.store.writes(), rig.only_grant().unwrap().status), (writes, Status::Active));
    assert!(rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.is_ok());
}

#[tokio::test]
async fn the_same_refusal_after_a_sign_in_is_final() {
    let refusals: [fn() -> UpstreamRefusal; 2] = [
        || UpstreamRefusal::InteractionRequired { claims: None, reason: reason() },
        || UpstreamRefusal::InvalidGrant { reason: reason() },
    ];
    for refusal in refusals {
        let (rig, first) = with_left(Duration::minutes(30)).await;
        rig.upstream.refuse_refresh(refusal());
        let refreshed = rig.refresh(&first.client_id, &first.tokens.refresh_token).await;
        assert!(matches!(refreshed, Err(TokenError::InvalidGrant(_))));
        rig.clock.advance(Duration::MINUTE);
        let second = rig.sign_in().await.unwrap();
        rig.clock.advance(Duration::minutes(45));
        rig.upstream.refuse_refresh(refusal());
        let refreshed = rig.refresh(&second.client_id, &second.tokens.refresh_token).await;
        assert!(matches!(refreshed, Err(TokenError::Blocked)));
        assert!(rig.refresh(&second.client_id, &second.tokens.refresh_token).await.is_ok());
    }
}

#[tokio::test]
async fn an_upstream_that_refuses_us_changes_nothing() {
    let (rig, owner) = with_left(Duration::minutes(30)).await;
    rig.upstream.refuse_refresh(UpstreamRefusal::Refused { reason: reason() });
    let writes = rig.store.writes();
    let refreshed = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await;
    assert!(matches!(refreshed, Err(TokenError::Refused(_))));
    assert_eq!(rig.store.writes(), writes);
    assert!(rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.is_ok());
}

#[tokio::test]
async fn tokens_that_another_process_refreshed_meanwhile_are_used() {
    let (rig, owner) = with_left(Duration::minutes(30)).await;
    let renewed = |tokens: &UpstreamTokens| UpstreamTokens {
        access_expires_at: tokens.access_expires_at + Duration::minutes(20),
        ..tokens.clone()
    };
    rig.upstream_tokens.interleave(1, renewed);
    let tokens = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!(tokens.expires_in, 49 * 60);
}

#[tokio::test]
async fn a_grant_without_its_upstream_tokens_is_an_invalid_grant() {
    use authorization_server::ground::Repository as _;
    let (rig, owner) = with_left(Duration::minutes(70)).await;
    rig.upstream_tokens.delete(&rig.only_grant().unwrap().key).await.unwrap();
    let refreshed = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await;
    assert!(matches!(refreshed, Err(TokenError::InvalidGrant(_))));
    assert_eq!(rig.only_grant().unwrap().family.generation, 1);
}

/// The ten minutes are for an upstream that fails; a store that is down is no reason to go on.
#[tokio::test]
async fn upstream_tokens_that_cannot_be_kept_rotate_nothing() {
    let (rig, owner) = with_left(Duration::minutes(30)).await;
    // Client, grant, upstream tokens; then the tokens' renewal.
    rig.store.fail_after(3, Fault::Before);
    let refreshed = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await;
    assert!(matches!(refreshed, Err(TokenError::Unavailable(_))));
    assert_eq!(rig.only_grant().unwrap().family.generation, 1);
    assert!(rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.is_ok());
}
