//! Refresh: rotation, the retry of a lost answer, and what a replay costs.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::sync::Arc;

use authorization_server::{
    endpoints::token_error::TokenError,
    ground::{Clock as _, Network},
    state::grant::{Grant, Status},
};
use oauth_protocol::{scope::Scope, token_request::RefreshTokenRequest, token_response::TokenResponse};
use secrecy::{ExposeSecret as _, SecretString};
use testkit::{Fault, Rig, SignedIn, refreshing};
use time::Duration;

/// A client whose grant stands at its first generation.
async fn signed_in() -> (Rig, String, SecretString) {
    let rig = Rig::new().unwrap();
    let SignedIn { client_id, tokens } = rig.sign_in().await.unwrap();
    (rig, client_id, tokens.refresh_token)
}

fn refused(refreshed: &Result<TokenResponse, TokenError>) -> bool {
    matches!(refreshed, Err(TokenError::InvalidGrant(_)))
}

fn status(rig: &Rig) -> Status {
    rig.only_grant().unwrap().status
}

fn same(one: &SecretString, two: &SecretString) -> bool {
    one.expose_secret() == two.expose_secret()
}

#[tokio::test]
async fn a_refresh_answers_a_successor_and_an_access_token_that_works() {
    let (rig, client, first) = signed_in().await;
    let second = rig.refresh(&client, &first).await.unwrap();
    assert!(!same(&second.refresh_token, &first));
    assert!(rig.accepts(&second.access_token).await.unwrap());
    assert_eq!(rig.only_grant().unwrap().family.generation, 2);
    assert!(rig.refresh(&client, &second.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_lost_answer_is_answered_again_with_the_same_successor_for_60_seconds() {
    for late in [Duration::ZERO, Duration::seconds(60)] {
        let (rig, client, first) = signed_in().await;
        let lost = rig.refresh(&client, &first).await.unwrap();
        rig.clock.advance(late);
        let again = rig.refresh(&client, &first).await.unwrap();
        assert!(same(&again.refresh_token, &lost.refresh_token));
        assert!(rig.accepts(&again.access_token).await.unwrap());
        assert_eq!(rig.only_grant().unwrap().family.generation, 2);
    }
}

#[tokio::test]
async fn answers_that_were_lost_are_answered_with_a_further_successor_however_late_and_often() {
    let (rig, client, first) = signed_in().await;
    let mut lost = vec![rig.refresh(&client, &first).await.unwrap()];
    for late in [Duration::seconds(61), Duration::seconds(61), Duration::hours(2), Duration::days(30)] {
        rig.clock.advance(late);
        let again = rig.refresh(&client, &first).await.unwrap();
        assert!(lost.iter().all(|lost| !same(&lost.refresh_token, &again.refresh_token)));
        lost.push(again);
    }
    let last = lost.pop().unwrap();
    assert!(rig.accepts(&last.access_token).await.unwrap());
    assert!(rig.refresh(&client, &last.refresh_token).await.is_ok());
}

/// A client that asks again every 50 seconds may send two requests at once. Neither successor is superseded by the other.
#[tokio::test]
async fn every_answer_starts_the_60_seconds_anew_while_its_tokens_are_unused() {
    let (rig, client, first) = signed_in().await;
    let second = rig.refresh(&client, &first).await.unwrap();
    for _ in 0..3 {
        rig.clock.advance(Duration::seconds(60));
        let again = rig.refresh(&client, &first).await.unwrap();
        assert!(same(&again.refresh_token, &second.refresh_token));
    }
    assert!(rig.accepts(&second.access_token).await.unwrap());
}

#[tokio::test]
async fn the_tokens_of_a_superseded_generation_end_the_family_whoever_uses_them() {
    for refreshes in [true, false] {
        let (rig, client, first) = signed_in().await;
        let copied = rig.refresh(&client, &first).await.unwrap();
        rig.clock.advance(Duration::seconds(66));
        let further = rig.refresh(&client, &first).await.unwrap();
        assert!(rig.accepts(&further.access_token).await.unwrap());
        if refreshes {
            assert!(refused(&rig.refresh(&client, &copied.refresh_token).await));
        } else {
            assert!(!rig.accepts(&copied.access_token).await.unwrap());
        }
        assert_eq!(status(&rig), Status::Revoked);
        assert!(!rig.accepts(&further.access_token).await.unwrap());
        assert!(refused(&rig.refresh(&client, &further.refresh_token).await));
        assert!(rig.upstream_tokens.all().is_empty());
    }
}

#[tokio::test]
async fn access_tokens_of_older_generations_that_were_not_superseded_stay_good() {
    let rig = Rig::new().unwrap();
    let SignedIn { client_id, tokens: first } = rig.sign_in().await.unwrap();
    rig.refresh(&client_id, &first.refresh_token).await.unwrap();
    rig.clock.advance(Duration::seconds(61));
    let third = rig.refresh(&client_id, &first.refresh_token).await.unwrap();
    let fourth = rig.refresh(&client_id, &third.refresh_token).await.unwrap();
    for tokens in [&first, &third, &fourth] {
        assert!(rig.accepts(&tokens.access_token).await.unwrap());
    }
    assert_eq!(status(&rig), Status::Active);
}

#[tokio::test]
async fn an_answer_that_was_used_may_be_asked_for_again_for_60_seconds() {
    let (rig, client, first) = signed_in().await;
    let second = rig.refresh(&client, &first).await.unwrap();
    assert!(rig.accepts(&second.access_token).await.unwrap());
    rig.clock.advance(Duration::seconds(60));
    let again = rig.refresh(&client, &first).await.unwrap();
    assert!(same(&again.refresh_token, &second.refresh_token));
}

#[tokio::test]
async fn the_one_before_ends_the_family_once_its_successor_is_used_and_60_seconds_are_over() {
    let (rig, client, first) = signed_in().await;
    let second = rig.refresh(&client, &first).await.unwrap();
    assert!(rig.accepts(&second.access_token).await.unwrap());
    rig.clock.advance(Duration::seconds(61));
    assert!(refused(&rig.refresh(&client, &first).await));
    assert_eq!(status(&rig), Status::Revoked);
    assert!(refused(&rig.refresh(&client, &second.refresh_token).await));
    assert!(!rig.accepts(&second.access_token).await.unwrap());
    assert!(rig.upstream_tokens.all().is_empty());
}

#[tokio::test]
async fn an_answer_after_the_first_use_does_not_start_the_60_seconds_anew() {
    let (rig, client, first) = signed_in().await;
    let second = rig.refresh(&client, &first).await.unwrap();
    assert!(rig.accepts(&second.access_token).await.unwrap());
    rig.clock.advance(Duration::seconds(50));
    rig.refresh(&client, &first).await.unwrap();
    rig.clock.advance(Duration::seconds(11));
    assert!(refused(&rig.refresh(&client, &first).await));
    assert_eq!(status(&rig), Status::Revoked);
}

#[tokio::test]
async fn one_two_generations_old_ends_the_family_at_once() {
    let (rig, client, first) = signed_in().await;
    let second = rig.refresh(&client, &first).await.unwrap();
    let third = rig.refresh(&client, &second.refresh_token).await.unwrap();
    assert!(refused(&rig.refresh(&client, &first).await));
    assert_eq!(status(&rig), Status::Revoked);
    assert!(refused(&rig.refresh(&client, &third.refresh_token).await));
}

/// Of a store that was restored to an earlier time, or is read where it is behind.
#[tokio::test]
async fn one_that_the_store_has_forgotten_is_refused_and_ends_nothing() {
    let (rig, client, first) = signed_in().await;
    let before = rig.only_grant().unwrap();
    let second = rig.refresh(&client, &first).await.unwrap();
    rig.grants.change(&before.key, |_| before.clone());
    assert!(refused(&rig.refresh(&client, &second.refresh_token).await));
    assert_eq!(status(&rig), Status::Active);
    assert!(same(&rig.refresh(&client, &first).await.unwrap().refresh_token, &second.refresh_token));
}

#[tokio::test]
async fn an_old_access_token_does_not_prove_that_the_newest_arrived() {
    let rig = Rig::new().unwrap();
    let SignedIn { client_id, tokens: first } = rig.sign_in().await.unwrap();
    rig.refresh(&client_id, &first.refresh_token).await.unwrap();
    assert!(rig.accepts(&first.access_token).await.unwrap());
    rig.clock.advance(Duration::minutes(5));
    assert!(rig.refresh(&client_id, &first.refresh_token).await.is_ok());
}

#[tokio::test]
async fn twenty_refreshes_at_once_agree_on_one_successor() {
    let (rig, client, first) = signed_in().await;
    let mut refreshes = tokio::task::JoinSet::new();
    let other = std::sync::Arc::new(rig.second_process());
    for round in 0..20 {
        let server = std::sync::Arc::clone(if round % 2 == 0 { &rig.server } else { &other });
        let (client_id, token) = (client.clone(), SecretString::from(first.expose_secret()));
        refreshes.spawn(async move { server.refresh(&refreshing(&client_id, &token), Network::UNKNOWN).await });
    }
    let answers = refreshes.join_all().await;
    let tokens: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(tokens.iter().all(|answer| same(&answer.refresh_token, &tokens[0].refresh_token)));
    for answer in &tokens {
        assert!(rig.accepts(&answer.access_token).await.unwrap());
    }
    assert_eq!(rig.only_grant().unwrap().family.generation, 2);
    assert!(rig.refresh(&client, &tokens[0].refresh_token).await.is_ok());
}

#[tokio::test]
async fn many_refreshes_at_once_are_all_answered_though_the_store_takes_a_second_for_each_write() {
    let (rig, client_id, first) = signed_in().await;
    let refreshed = rig.refresh(&client_id, &first).await.unwrap();
    rig.clock.advance(Duration::seconds(10));
    let clock = Arc::clone(&rig.clock);
    rig.grants.interleave(5, move |grant| {
        let mut answered_again = grant.clone();
        answered_again.family.answered_at = clock.now();
        clock.advance(Duration::SECOND);
        answered_again
    });
    let again = rig.refresh(&client_id, &first).await.unwrap();
    assert!(same(&again.refresh_token, &refreshed.refresh_token));
}

#[tokio::test]
async fn a_refresh_that_does_not_match_the_grant_is_refused_before_rotation() {
    let (rig, client, first) = signed_in().await;
    let other = rig.register().await.unwrap();
    let wider = Scope::parse("mail.send user.read").unwrap();
    let key = rig.only_grant().unwrap().key;
    rig.grants.change(&key, |grant| Grant { scope: Scope::parse("other").unwrap(), ..grant.clone() });
    let (writes, asked) = (rig.store.writes(), rig.upstream.asked().len());
    let ask = async |client_id: &str, scope: Option<&Scope>, resource: &[&str]| {
        let (scope, resource) = (scope.cloned(), resource.iter().map(|value| (*value).to_owned()).collect());
        rig.server
            .refresh(&RefreshTokenRequest { scope, resource, ..refreshing(client_id, &first) }, Network::UNKNOWN)
            .await
    };
    assert!(refused(&ask(&other, None, &[]).await));
    assert!(matches!(ask(&client, Some(&wider), &[]).await, Err(TokenError::InvalidScope)));
    assert!(matches!(ask(&client, None, &["https://other.example"]).await, Err(TokenError::InvalidTarget)));
    assert!(matches!(ask("AAAAAAAAAAAAAAAAAAAAAA", None, &[]).await, Err(TokenError::UnknownClient)));
    assert_eq!((rig.store.writes(), rig.upstream.asked().len()), (writes, asked));
    assert!(rig.refresh(&client, &first).await.is_ok());
}

#[tokio::test]
async fn a_replay_ends_the_family_whatever_else_the_request_says() {
    let (rig, client_id, first) = signed_in().await;
    let second = rig.refresh(&client_id, &first).await.unwrap();
    rig.refresh(&client_id, &second.refresh_token).await.unwrap();
    let wider = Scope::parse("mail.send").unwrap();
    let refresh = RefreshTokenRequest { scope: Some(wider), ..refreshing(&client_id, &first) };
    assert!(refused(&rig.server.refresh(&refresh, Network::UNKNOWN).await));
    assert_eq!(status(&rig), Status::Revoked);
}

#[tokio::test]
async fn a_foreign_client_with_an_old_token_does_not_end_the_family() {
    let (rig, client, first) = signed_in().await;
    let second = rig.refresh(&client, &first).await.unwrap();
    rig.refresh(&client, &second.refresh_token).await.unwrap();
    let other = rig.register().await.unwrap();
    assert!(refused(&rig.refresh(&other, &first).await));
    assert_eq!(status(&rig), Status::Active);
}

#[tokio::test]
async fn the_granted_scope_and_every_name_of_ours_may_be_repeated() {
    let (rig, client_id, refresh_token) = signed_in().await;
    let scope = Scope::parse("offline_access user.read mail.send").unwrap();
    let resource = ["https://mcp.example.com", "https://mcp.example.com/mcp/message?sessionId=1"];
    let (scope, resource) = (Some(scope), resource.map(str::to_owned).to_vec());
    let refresh = RefreshTokenRequest { scope, resource, ..refreshing(&client_id, &refresh_token) };
    assert_eq!(rig.server.refresh(&refresh, Network::UNKNOWN).await.unwrap().scope.to_string(), "user.read");
}

/// RFC 6749 §6: what a refresh leaves out, its access token lacks; the grant keeps it.
#[tokio::test]
async fn an_access_token_has_the_scope_that_its_refresh_asked_for_and_the_grant_keeps_its_own() {
    let (rig, client_id, refresh_token) = signed_in().await;
    let [wide, narrow] = ["user.read mail.read", "user.read"].map(|text| Scope::parse(text).unwrap());
    let key = rig.only_grant().unwrap().key;
    rig.grants.change(&key, |grant| Grant { scope: wide.clone(), ..grant.clone() });
    let refresh = RefreshTokenRequest { scope: Some(narrow.clone()), ..refreshing(&client_id, &refresh_token) };
    let narrowed = rig.server.refresh(&refresh, Network::UNKNOWN).await.unwrap();
    let all = rig.refresh(&client_id, &narrowed.refresh_token).await.unwrap();
    for (answer, scope) in [(narrowed, narrow), (all, wide)] {
        let principal = rig.server.authenticate(answer.access_token.expose_secret()).await.unwrap().unwrap();
        assert_eq!((&answer.scope, &principal.scope), (&scope, &scope));
    }
}

/// So that no data key is needed for longer than a grant lives without a refresh.
#[tokio::test]
async fn each_new_generation_seals_the_key_of_the_family_again_and_each_write_is_a_version() {
    let (rig, client, first) = signed_in().await;
    let mut before = rig.only_grant().unwrap();
    // Two answers are lost: the second is answered with a further successor.
    for late in [Duration::ZERO, Duration::seconds(61)] {
        rig.clock.advance(late);
        rig.refresh(&client, &first).await.unwrap();
        let after = rig.only_grant().unwrap();
        assert_ne!(after.family.sealed_key.as_str(), before.family.sealed_key.as_str(), "{late}");
        assert_eq!(after.version, before.version + 1);
        before = after;
    }
    assert_eq!(before.with_status(Status::Marked).version, before.version + 1);
}

#[tokio::test]
async fn a_grant_can_be_used_and_is_held_until_the_second_in_which_it_expires() {
    let (rig, ..) = signed_in().await;
    let grant = rig.only_grant().unwrap();
    for (now, stands) in [(grant.expires_at - Duration::SECOND, true), (grant.expires_at, false)] {
        assert_eq!((grant.usable(now), grant.is_held(now)), (stands, stands));
    }
}

#[tokio::test]
async fn a_refresh_for_unknown_scopes_only_gets_all_that_was_granted() {
    let (rig, client_id, refresh_token) = signed_in().await;
    let scope = Scope::parse("openid mail.send").unwrap();
    let refresh = RefreshTokenRequest { scope: Some(scope), ..refreshing(&client_id, &refresh_token) };
    let response = rig.server.refresh(&refresh, Network::UNKNOWN).await.unwrap();
    assert_eq!(response.scope, rig.only_grant().unwrap().scope);
}

#[tokio::test]
async fn a_secret_that_was_never_issued_is_refused_and_ends_nothing() {
    let (rig, client, first) = signed_in().await;
    let writes = rig.store.writes();
    let other = rig.sign_in().await.unwrap().tokens;
    let mut forged = first.expose_secret().to_owned();
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    for text in ["", "x", forged.as_str(), other.access_token.expose_secret()] {
        assert!(refused(&rig.refresh(&client, &text.into()).await), "{text}");
    }
    assert!(rig.store.writes() > writes, "the other sign-in");
    assert!(rig.refresh(&client, &first).await.is_ok());
}

#[tokio::test]
async fn a_marked_grant_refuses_its_newest_generation_and_a_replay_ends_it() {
    let (rig, client, first) = signed_in().await;
    let second = rig.refresh(&client, &first).await.unwrap();
    let third = rig.refresh(&client, &second.refresh_token).await.unwrap();
    let key = rig.only_grant().unwrap().key;
    rig.grants.change(&key, |grant| grant.with_status(Status::Marked));
    let writes = rig.store.writes();
    for token in [&second.refresh_token, &third.refresh_token] {
        assert!(refused(&rig.refresh(&client, token).await));
    }
    assert_eq!(rig.store.writes(), writes);
    assert_eq!((status(&rig), rig.only_grant().unwrap().family.generation), (Status::Marked, 3));
    assert!(refused(&rig.refresh(&client, &first).await));
    assert_eq!(status(&rig), Status::Revoked);
}

#[tokio::test]
async fn a_lost_write_decides_again_from_what_stands_now() {
    let (rig, client, first) = signed_in().await;
    rig.grants.interleave(1, |grant| grant.rotated(grant.family.answered_at, grant.family.sealed_key.clone()));
    let tokens = rig.refresh(&client, &first).await.unwrap();
    assert_eq!(rig.only_grant().unwrap().family.generation, 2, "the rival's successor is ours too");
    assert!(rig.refresh(&client, &tokens.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_write_that_is_lost_to_a_revocation_is_refused() {
    let (rig, client, first) = signed_in().await;
    rig.grants.interleave(1, |grant| grant.with_status(Status::Revoked));
    assert!(refused(&rig.refresh(&client, &first).await));
    assert_eq!(rig.only_grant().unwrap().family.generation, 1);
}

#[tokio::test]
async fn five_conflicts_answer_503() {
    let (rig, client, first) = signed_in().await;
    rig.grants.interleave(4, Grant::seen);
    let second = rig.refresh(&client, &first).await.unwrap();
    rig.grants.interleave(5, Grant::seen);
    let refreshed = rig.refresh(&client, &second.refresh_token).await;
    assert!(matches!(refreshed, Err(TokenError::Unavailable(_))));
    assert_eq!(rig.only_grant().unwrap().family.generation, 2);
    assert!(rig.refresh(&client, &second.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_rotation_whose_answer_was_lost_in_the_store_is_retried_cleanly() {
    let (rig, client, first) = signed_in().await;
    // Client, grant, upstream tokens; then the rotation.
    rig.store.fail_after(3, Fault::After);
    assert!(matches!(rig.refresh(&client, &first).await, Err(TokenError::Unavailable(_))));
    assert_eq!(rig.only_grant().unwrap().family.generation, 2);
    let tokens = rig.refresh(&client, &first).await.unwrap();
    assert_eq!(rig.only_grant().unwrap().family.generation, 2);
    assert!(rig.refresh(&client, &tokens.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_store_or_keyring_that_is_down_rotates_nothing() {
    let (rig, client, first) = signed_in().await;
    for dependency in [&rig.store, &rig.keyring] {
        dependency.set_down(true);
        assert!(matches!(rig.refresh(&client, &first).await, Err(TokenError::Unavailable(_))));
        dependency.set_down(false);
    }
    assert_eq!(rig.only_grant().unwrap().family.generation, 1);
    assert!(rig.refresh(&client, &first).await.is_ok());
}

#[tokio::test]
async fn a_replay_that_cannot_be_written_down_is_still_refused_and_ends_the_family_next_time() {
    let (rig, client, first) = signed_in().await;
    let second = rig.refresh(&client, &first).await.unwrap();
    rig.refresh(&client, &second.refresh_token).await.unwrap();
    // Client, grant, the grant again; then the revocation.
    rig.store.fail_after(3, Fault::Before);
    assert!(matches!(rig.refresh(&client, &first).await, Err(TokenError::Unavailable(_))));
    assert!(refused(&rig.refresh(&client, &first).await));
    assert_eq!(status(&rig), Status::Revoked);
}

#[tokio::test]
async fn a_family_whose_sealing_key_is_gone_is_an_invalid_grant() {
    let (rig, client, first) = signed_in().await;
    rig.sealer.lose_keys();
    assert!(refused(&rig.refresh(&client, &first).await));
}
