//! Downstream tokens: the exchange, its one retry, and what a refusal does to the grant.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    ground::{Repository as _, Unavailable},
    resource::{
        authenticate::Principal,
        downstream::{DownstreamError, DownstreamToken, DownstreamTokens as _},
    },
    state::{api::ApiScopes, claims::Claims, grant::Status, upstream_tokens::UpstreamTokens},
    upstream::{UpstreamBlock, UpstreamRefusal},
};
use secrecy::ExposeSecret as _;
use testkit::{Asked, Rig, user_read};
use time::Duration;

/// A caller who has been authenticated, and the rig forgets what it asked the upstream until then.
async fn principal() -> (Rig, Principal) {
    let rig = Rig::new().unwrap();
    let tokens = rig.sign_in().await.unwrap().tokens;
    let principal = rig.server.authenticate(tokens.access_token.expose_secret()).await.unwrap().unwrap();
    (rig, principal)
}

async fn token(rig: &Rig, principal: &Principal) -> Result<DownstreamToken, DownstreamError> {
    rig.server.token(principal, &user_read(), None).await
}

fn exchange(assertion: &str) -> Asked {
    Asked::OnBehalfOf { assertion: assertion.to_owned(), scopes: user_read(), claims: None }
}

fn refresh(token: &str) -> Asked {
    Asked::Refresh(token.to_owned())
}

/// The requests to the upstream after the sign-in.
fn asked(rig: &Rig) -> Vec<Asked> {
    rig.upstream.asked().split_off(1)
}

fn reason() -> String {
    "of the upstream".to_owned()
}

fn invalid_grant() -> UpstreamRefusal {
    UpstreamRefusal::InvalidGrant { reason: reason() }
}

fn claims() -> Option<Claims> {
    Claims::parse(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#)
}

fn interaction_required() -> UpstreamRefusal {
    UpstreamRefusal::InteractionRequired { claims: claims(), reason: reason() }
}

/// Of which no claims tell what is missing.
fn consent_required() -> UpstreamRefusal {
    UpstreamRefusal::ConsentRequired { reason: reason() }
}

fn blocked() -> UpstreamRefusal {
    UpstreamRefusal::Blocked { reason: reason() }
}

fn down() -> UpstreamRefusal {
    Unavailable::upstream(reason()).into()
}

fn status(rig: &Rig) -> Status {
    rig.only_grant().unwrap().status
}

#[tokio::test]
async fn the_assertion_of_the_grant_is_exchanged_for_the_scopes_that_were_asked() {
    let (rig, principal) = principal().await;
    let token = token(&rig, &principal).await.unwrap();
    assert_eq!(token.access_token.expose_secret(), "assertion-2");
    assert_eq!(asked(&rig), [exchange("assertion-1")]);
}

#[tokio::test]
async fn an_assertion_with_less_than_two_minutes_left_is_refreshed_first() {
    let (rig, principal) = principal().await;
    rig.clock.advance(Duration::minutes(73));
    token(&rig, &principal).await.unwrap();
    assert_eq!(asked(&rig), [exchange("assertion-1")]);
    rig.clock.advance(Duration::SECOND);
    token(&rig, &principal).await.unwrap();
    assert_eq!(asked(&rig).split_off(1), [refresh("upstream-refresh-1"), exchange("assertion-3")]);
}

#[tokio::test]
async fn a_refused_assertion_is_refreshed_once_and_tried_again() {
    let (rig, principal) = principal().await;
    rig.upstream.refuse_on_behalf_of(invalid_grant());
    token(&rig, &principal).await.unwrap();
    assert_eq!(asked(&rig), [exchange("assertion-1"), refresh("upstream-refresh-1"), exchange("assertion-2")]);
    assert_eq!(status(&rig), Status::Active);
}

#[tokio::test]
async fn an_assertion_that_is_refused_twice_marks_the_grant() {
    let (rig, principal) = principal().await;
    rig.upstream.refuse_on_behalf_of(invalid_grant());
    rig.upstream.refuse_on_behalf_of(invalid_grant());
    assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::SignInAgain)));
    assert_eq!(asked(&rig).len(), 3);
    assert_eq!(status(&rig), Status::Marked);
}

#[tokio::test]
async fn a_demand_for_the_user_marks_the_grant_without_a_retry() {
    let (rig, principal) = principal().await;
    rig.upstream.refuse_on_behalf_of(interaction_required());
    assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::SignInAgain)));
    assert_eq!(asked(&rig), [exchange("assertion-1")]);
    assert_eq!(status(&rig), Status::Marked);
}

#[tokio::test]
async fn a_demand_at_the_second_try_or_at_the_refresh_marks_the_grant_too() {
    for at_refresh in [true, false] {
        let (rig, principal) = principal().await;
        rig.upstream.refuse_on_behalf_of(invalid_grant());
        if at_refresh {
            rig.upstream.refuse_refresh(interaction_required());
        } else {
            rig.upstream.refuse_on_behalf_of(interaction_required());
        }
        assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::SignInAgain)));
        assert_eq!(status(&rig), Status::Marked);
    }
}

#[tokio::test]
async fn a_policy_that_blocks_the_owner_marks_and_revokes_nothing_wherever_it_shows() {
    for at_refresh in [true, false] {
        let (rig, principal) = principal().await;
        if at_refresh {
            rig.upstream.refuse_on_behalf_of(invalid_grant());
            rig.upstream.refuse_refresh(blocked());
        } else {
            rig.upstream.refuse_on_behalf_of(blocked());
        }
        let writes = rig.store.writes();
        assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::Blocked(UpstreamBlock::Policy))));
        assert_eq!((status(&rig), rig.store.writes()), (Status::Active, writes));
        assert!(token(&rig, &principal).await.is_ok(), "the policy was changed");
    }
}

/// The owner signs in again, to the same server.
async fn anew(rig: &Rig) -> Principal {
    rig.clock.advance(Duration::MINUTE);
    let tokens = rig.sign_in().await.unwrap().tokens;
    rig.server.authenticate(tokens.access_token.expose_secret()).await.unwrap().unwrap()
}

fn status_of(rig: &Rig, principal: &Principal) -> Status {
    rig.grants.peek(&principal.grant().unwrap()).unwrap().status
}

#[tokio::test]
async fn the_same_refusal_after_a_sign_in_is_final_until_an_exchange_succeeds() {
    let (rig, first) = principal().await;
    rig.upstream.refuse_on_behalf_of(consent_required());
    assert!(matches!(token(&rig, &first).await, Err(DownstreamError::SignInAgain)));
    let second = anew(&rig).await;
    for _ in 0..2 {
        rig.upstream.refuse_on_behalf_of(consent_required());
        assert!(matches!(token(&rig, &second).await, Err(DownstreamError::Blocked(UpstreamBlock::Repeated))));
        assert_eq!(status_of(&rig, &second), Status::Active);
    }
    token(&rig, &second).await.unwrap();
    rig.upstream.refuse_on_behalf_of(consent_required());
    assert!(matches!(token(&rig, &second).await, Err(DownstreamError::SignInAgain)));
    assert_eq!(status_of(&rig, &second), Status::Marked);
}

/// A renewal succeeds, so nothing remembers it, and the renewed assertion is unknown to whatever remembers refusals by assertion.
#[tokio::test]
async fn an_assertion_that_is_refused_again_once_renewed_is_not_renewed_for_every_call() {
    let (rig, first) = principal().await;
    let refuse = |times| (0..times).for_each(|_| rig.upstream.refuse_on_behalf_of(invalid_grant()));
    refuse(2);
    for _ in 0..20 {
        assert!(matches!(token(&rig, &first).await, Err(DownstreamError::SignInAgain)));
    }
    assert_eq!(asked(&rig).len(), 3);
    let second = anew(&rig).await;
    let before = asked(&rig).len();
    for minute in 1..=2 {
        refuse(2);
        for _ in 0..20 {
            let refused = token(&rig, &second).await;
            assert!(matches!(refused, Err(DownstreamError::Blocked(UpstreamBlock::Repeated))));
        }
        assert_eq!(asked(&rig).len() - before, 3 * minute);
        assert_eq!(status_of(&rig, &second), Status::Active);
        rig.clock.advance(Duration::seconds(30));
    }
    assert!(token(&rig, &second).await.is_ok(), "the upstream changed its mind");
}

#[tokio::test]
async fn a_refusal_is_final_in_every_process() {
    let (rig, first) = principal().await;
    rig.upstream.refuse_on_behalf_of(consent_required());
    token(&rig, &first).await.map(drop).unwrap_err();
    let second = anew(&rig).await;
    rig.upstream.refuse_on_behalf_of(consent_required());
    let refused = rig.second_process().token(&second, &user_read(), None).await;
    assert!(matches!(refused, Err(DownstreamError::Blocked(UpstreamBlock::Repeated))));
}

#[tokio::test]
async fn refusals_that_alternate_are_each_remembered() {
    let (rig, first) = principal().await;
    let other = || UpstreamRefusal::InteractionRequired { claims: None, reason: "another".into() };
    rig.upstream.refuse_on_behalf_of(consent_required());
    assert!(matches!(token(&rig, &first).await, Err(DownstreamError::SignInAgain)));
    let second = anew(&rig).await;
    rig.upstream.refuse_on_behalf_of(other());
    assert!(matches!(token(&rig, &second).await, Err(DownstreamError::SignInAgain)));
    let third = anew(&rig).await;
    for refusal in [consent_required(), other()] {
        rig.upstream.refuse_on_behalf_of(refusal);
        assert!(matches!(token(&rig, &third).await, Err(DownstreamError::Blocked(UpstreamBlock::Repeated))));
    }
}

#[tokio::test]
async fn another_refusal_after_a_sign_in_asks_for_one_more() {
    let (rig, first) = principal().await;
    rig.upstream.refuse_on_behalf_of(interaction_required());
    token(&rig, &first).await.map(drop).unwrap_err();
    let second = anew(&rig).await;
    let other = UpstreamRefusal::InteractionRequired { claims: None, reason: "another".into() };
    rig.upstream.refuse_on_behalf_of(other);
    assert!(matches!(token(&rig, &second).await, Err(DownstreamError::SignInAgain)));
}

#[tokio::test]
async fn a_grant_from_before_the_refusal_asks_for_a_sign_in_of_its_own() {
    let (rig, first) = principal().await;
    let other = anew(&rig).await;
    rig.clock.advance(Duration::MINUTE);
    for principal in [&first, &other] {
        rig.upstream.refuse_on_behalf_of(interaction_required());
        assert!(matches!(token(&rig, principal).await, Err(DownstreamError::SignInAgain)));
    }
}

/// The second refusal is like the first, but concerns one scope more.
#[tokio::test]
async fn a_refusal_of_more_scopes_is_remembered_for_each_of_them() {
    let (rig, first) = principal().await;
    let other = anew(&rig).await;
    rig.clock.advance(Duration::MINUTE);
    let scopes = |names: &[&'static str]| ApiScopes { names: names.to_vec(), ..user_read() };
    let refused = async |principal: &Principal, names: &[&'static str]| {
        rig.upstream.refuse_on_behalf_of(consent_required());
        rig.server.token(principal, &scopes(names), None).await.map(drop)
    };
    assert!(matches!(refused(&first, &["User.Read"]).await, Err(DownstreamError::SignInAgain)));
    assert!(matches!(refused(&other, &["User.Read", "Mail.Read"]).await, Err(DownstreamError::SignInAgain)));
    let later = anew(&rig).await;
    let repeated = refused(&later, &["Mail.Read"]).await;
    assert!(matches!(repeated, Err(DownstreamError::Blocked(UpstreamBlock::Repeated))));
}

#[tokio::test]
async fn a_refresh_token_of_the_upstream_that_dies_again_after_a_sign_in_ends_nothing() {
    let (rig, first) = principal().await;
    let die = || {
        rig.upstream.refuse_on_behalf_of(invalid_grant());
        rig.upstream.refuse_refresh(invalid_grant());
    };
    die();
    assert!(matches!(token(&rig, &first).await, Err(DownstreamError::SignInAgain)));
    assert_eq!(status_of(&rig, &first), Status::Revoked);
    let second = anew(&rig).await;
    die();
    assert!(matches!(token(&rig, &second).await, Err(DownstreamError::Blocked(UpstreamBlock::Repeated))));
    assert_eq!(status_of(&rig, &second), Status::Active);
}

#[tokio::test]
async fn a_marked_grant_is_refused_by_this_process_at_once() {
    let rig = Rig::new().unwrap();
    let tokens = rig.sign_in().await.unwrap().tokens;
    let principal = rig.server.authenticate(tokens.access_token.expose_secret()).await.unwrap().unwrap();
    rig.upstream.refuse_on_behalf_of(interaction_required());
    token(&rig, &principal).await.map(drop).unwrap_err();
    assert!(!rig.accepts(&tokens.access_token).await.unwrap());
}

#[tokio::test]
async fn a_dead_upstream_refresh_token_revokes_the_grant_and_drops_the_tokens() {
    for due in [true, false] {
        let (rig, principal) = principal().await;
        if due {
            rig.clock.advance(Duration::minutes(74));
        } else {
            rig.upstream.refuse_on_behalf_of(invalid_grant());
        }
        rig.upstream.refuse_refresh(invalid_grant());
        assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::SignInAgain)));
        assert_eq!(status(&rig), Status::Revoked);
        assert!(rig.upstream_tokens.all().is_empty());
    }
}

#[tokio::test]
async fn a_demand_for_the_user_does_not_bring_a_revoked_grant_back_to_marked() {
    let (rig, principal) = principal().await;
    rig.grants.change(&principal.grant().unwrap(), |grant| grant.with_status(Status::Revoked));
    rig.upstream.refuse_on_behalf_of(interaction_required());
    assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::SignInAgain)));
    assert_eq!(status(&rig), Status::Revoked);
}

#[tokio::test]
async fn a_refusal_of_us_and_an_upstream_that_is_down_change_nothing() {
    let (rig, principal) = principal().await;
    let writes = rig.store.writes();
    rig.upstream.refuse_on_behalf_of(UpstreamRefusal::Refused { reason: reason() });
    assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::Refused(_))));
    rig.upstream.refuse_on_behalf_of(down());
    assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::Unavailable(_))));
    assert_eq!((status(&rig), rig.store.writes()), (Status::Active, writes));
    assert!(token(&rig, &principal).await.is_ok());
}

#[tokio::test]
async fn a_refresh_that_fails_on_the_way_changes_nothing() {
    let (rig, principal) = principal().await;
    let writes = rig.store.writes();
    for refusal in [down(), UpstreamRefusal::Refused { reason: reason() }] {
        rig.upstream.refuse_on_behalf_of(invalid_grant());
        rig.upstream.refuse_refresh(refusal);
        token(&rig, &principal).await.map(drop).unwrap_err();
    }
    assert_eq!((status(&rig), rig.store.writes()), (Status::Active, writes));
}

#[tokio::test]
async fn an_assertion_that_another_process_refreshed_meanwhile_is_the_one_exchanged() {
    let (rig, principal) = principal().await;
    rig.clock.advance(Duration::minutes(74));
    let renewed = |tokens: &UpstreamTokens| UpstreamTokens {
        access_expires_at: tokens.access_expires_at + Duration::HOUR,
        ..tokens.clone()
    };
    rig.upstream_tokens.interleave(1, renewed);
    token(&rig, &principal).await.unwrap();
    // The rival kept the same assertion under a later end; ours, lost, is not used.
    assert_eq!(asked(&rig), [refresh("upstream-refresh-1"), exchange("assertion-1")]);
}

#[tokio::test]
async fn a_grant_without_upstream_tokens_must_sign_in_again() {
    let (rig, principal) = principal().await;
    rig.upstream_tokens.delete(&principal.grant().unwrap()).await.unwrap();
    assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::SignInAgain)));
    assert!(asked(&rig).is_empty());
}

#[tokio::test]
async fn a_store_or_keyring_that_is_down_is_unavailable() {
    let (rig, principal) = principal().await;
    for dependency in [&rig.store, &rig.keyring] {
        dependency.set_down(true);
        assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::Unavailable(_))));
        dependency.set_down(false);
    }
    assert_eq!(status(&rig), Status::Active);
    assert!(token(&rig, &principal).await.is_ok());
}

#[tokio::test]
async fn a_mark_that_cannot_be_written_is_unavailable_and_made_at_the_next_call() {
    let (rig, principal) = principal().await;
    rig.upstream.refuse_on_behalf_of(interaction_required());
    rig.upstream.refuse_on_behalf_of(interaction_required());
    // The assertion; the grant, the owner and the demand; the grant; then its mark.
    rig.store.fail_after(5, testkit::Fault::Before);
    assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::Unavailable(_))));
    assert!(matches!(token(&rig, &principal).await, Err(DownstreamError::SignInAgain)));
    assert_eq!(status(&rig), Status::Marked);
}
