//! Redemption: creating the grant is the single use of the code.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::token_error::TokenError,
    ground::{
        Network,
        lifetimes::{CODE_LIFETIME, UPSTREAM_TOKENS_LIFETIME},
    },
    state::grant::Status,
};
use oauth_protocol::{pkce::CodeVerifier, token_request::AuthorizationCodeRequest, token_response::TokenResponse};
use secrecy::{ExposeSecret as _, SecretString};
use testkit::{Fault, Rig, parameter, redemption};
use time::Duration;

/// A client and its code.
async fn with_code() -> (Rig, String, SecretString) {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let code = rig.code(&client_id).await.unwrap();
    (rig, client_id, code)
}

fn refused(redeemed: &Result<TokenResponse, TokenError>) -> bool {
    matches!(redeemed, Err(TokenError::InvalidGrant(_)))
}

#[tokio::test]
async fn a_code_becomes_a_grant_with_the_upstreams_tokens_beside_it() {
    let (rig, client_id, code) = with_code().await;
    let tokens = rig.redeem(&client_id, &code).await.unwrap();
    let grant = rig.only_grant().unwrap();
    assert_eq!((grant.client.to_string(), grant.status), (client_id, Status::Active));
    assert!(code.expose_secret().starts_with(&grant.key.grant.to_string()));
    let upstream_tokens = rig.upstream_tokens.peek(&grant.key).unwrap();
    assert_eq!(upstream_tokens.kept_until, rig.server.now() + UPSTREAM_TOKENS_LIFETIME);
    assert_eq!(tokens.scope.to_string(), "user.read");
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
}

#[tokio::test]
async fn a_grant_lives_90_days() {
    let (rig, client_id, code) = with_code().await;
    let tokens = rig.redeem(&client_id, &code).await.unwrap();
    rig.clock.advance(Duration::days(90) - Duration::SECOND);
    let tokens = rig.refresh(&client_id, &tokens.refresh_token).await.unwrap();
    rig.clock.advance(Duration::days(90));
    assert!(refused(&rig.refresh(&client_id, &tokens.refresh_token).await));
}

#[tokio::test]
async fn a_code_lives_60_seconds() {
    let (rig, client_id, code) = with_code().await;
    rig.clock.advance(Duration::seconds(60));
    assert!(refused(&rig.redeem(&client_id, &code).await));
    assert!(rig.grants.all().is_empty() && rig.upstream_tokens.all().is_empty());

    let (rig, client_id, code) = with_code().await;
    rig.clock.advance(Duration::seconds(59));
    assert!(rig.redeem(&client_id, &code).await.is_ok());
}

#[tokio::test]
async fn an_access_token_lives_an_hour_or_until_a_minute_before_the_upstreams() {
    for (upstream_minutes, seconds) in [(75, 3600), (61, 3600), (60, 3540), (30, 1740), (2, 60)] {
        let rig = Rig::new().unwrap();
        rig.upstream.set_lifetime(Duration::minutes(upstream_minutes));
        let tokens = rig.sign_in().await.unwrap().tokens;
        assert_eq!(tokens.expires_in, seconds);
        rig.clock.advance(Duration::seconds(seconds.cast_signed() - 1));
        assert!(rig.accepts(&tokens.access_token).await.unwrap());
        rig.clock.advance(Duration::SECOND);
        assert!(!rig.accepts(&tokens.access_token).await.unwrap());
    }
}

#[tokio::test]
async fn a_second_redemption_within_20_seconds_is_refused_and_the_first_stands() {
    let (rig, client_id, code) = with_code().await;
    let tokens = rig.redeem(&client_id, &code).await.unwrap();
    rig.clock.advance(Duration::seconds(20));
    assert!(refused(&rig.redeem(&client_id, &code).await));
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
    assert!(rig.refresh(&client_id, &tokens.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_second_redemption_after_more_than_20_seconds_revokes_the_first() {
    // Before the code expires, after it, and at the end of the authorization.
    for seconds in [21, 59, 61, 15 * 60 - 1] {
        let (rig, client_id, code) = with_code().await;
        let tokens = rig.redeem(&client_id, &code).await.unwrap();
        rig.clock.advance(Duration::seconds(seconds));
        assert!(refused(&rig.redeem(&client_id, &code).await));
        assert_eq!(rig.only_grant().unwrap().status, Status::Revoked, "{seconds}");
        assert!(!rig.accepts(&tokens.access_token).await.unwrap());
        assert!(refused(&rig.refresh(&client_id, &tokens.refresh_token).await));
        assert!(rig.upstream_tokens.all().is_empty());
    }
}

#[tokio::test]
async fn a_replay_counts_from_the_redemption_and_not_from_the_code() {
    let (rig, client_id, code) = with_code().await;
    rig.clock.advance(Duration::seconds(59));
    rig.redeem(&client_id, &code).await.unwrap();
    rig.clock.advance(Duration::seconds(20));
    assert!(refused(&rig.redeem(&client_id, &code).await));
    assert_eq!(rig.only_grant().unwrap().status, Status::Active);
}

#[tokio::test]
async fn a_replay_of_a_revoked_grant_does_not_bring_the_upstreams_tokens_back() {
    let (rig, client_id, code) = with_code().await;
    let tokens = rig.redeem(&client_id, &code).await.unwrap();
    rig.revoke(&client_id, &tokens.refresh_token).await.unwrap();
    rig.clock.advance(Duration::seconds(10));
    assert!(refused(&rig.redeem(&client_id, &code).await));
    assert_eq!(rig.only_grant().unwrap().status, Status::Revoked);
    assert!(rig.upstream_tokens.all().is_empty());
}

#[tokio::test]
async fn of_twenty_redemptions_in_two_processes_one_succeeds_and_its_tokens_work() {
    let (rig, client_id, code) = with_code().await;
    let rig = std::sync::Arc::new(rig);
    let other = std::sync::Arc::new(rig.second_process());
    let mut redemptions = tokio::task::JoinSet::new();
    for round in 0..20 {
        let server = std::sync::Arc::clone(if round % 2 == 0 { &rig.server } else { &other });
        let (client_id, code) = (client_id.clone(), SecretString::from(code.expose_secret()));
        redemptions.spawn(async move { server.redeem(&redemption(&client_id, &code), Network::UNKNOWN).await });
    }
    let (good, bad): (Vec<_>, Vec<_>) = redemptions.join_all().await.into_iter().partition(Result::is_ok);
    assert!(bad.iter().all(refused));
    let [Ok(tokens)] = good.as_slice() else { panic!("{} redemptions succeeded", good.len()) };
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
    assert!(rig.refresh(&client_id, &tokens.refresh_token).await.is_ok());
}

/// A redemption with one thing wrong.
async fn redeem_with(rig: &Rig, client_id: &str, code: &SecretString, wrong: &str, value: &str) -> TokenError {
    let mut request = redemption(client_id, code);
    match wrong {
        "verifier" => request.code_verifier = CodeVerifier::parse(value),
        "resource" => request.resource = vec![value.to_owned()],
        "redirect_uri" => request.redirect_uri = Some(value.to_owned()),
        other => assert_eq!(other, "client"),
    }
    rig.server.redeem(&request, Network::UNKNOWN).await.err().unwrap()
}

#[tokio::test]
async fn whatever_does_not_fit_the_code_is_refused_and_touches_nothing() {
    let (rig, client_id, code) = with_code().await;
    let other = rig.register().await.unwrap();
    let writes = rig.store.writes();
    let (long, wrong) = ("a".repeat(129), "a".repeat(43));
    for (client_id, parameter, value) in [
        (&other, "client", ""),
        (&client_id, "redirect_uri", "https://client.example/callback/"),
        (&client_id, "redirect_uri", ""),
        (&client_id, "verifier", ""),
        (&client_id, "verifier", "too-short"),
        (&client_id, "verifier", &long),
        (&client_id, "verifier", &wrong),
    ] {
        let error = redeem_with(&rig, client_id, &code, parameter, value).await;
        assert!(matches!(error, TokenError::InvalidGrant(_)), "{parameter} {value}: {error}");
    }
    let error = redeem_with(&rig, &client_id, &code, "resource", "https://other.example").await;
    assert!(matches!(error, TokenError::InvalidTarget));
    assert_eq!(rig.store.writes(), writes);
    assert!(rig.redeem(&client_id, &code).await.is_ok(), "the code must still be good");
}

#[tokio::test]
async fn a_replay_that_does_not_fit_the_code_revokes_nothing() {
    let (rig, client_id, code) = with_code().await;
    let other = rig.register().await.unwrap();
    rig.redeem(&client_id, &code).await.unwrap();
    rig.clock.advance(Duration::seconds(21));
    for (client_id, parameter, value) in [
        (&other, "client", ""),
        (&client_id, "redirect_uri", "https://evil.example/"),
        (&client_id, "verifier", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        (&client_id, "resource", "https://other.example"),
    ] {
        redeem_with(&rig, client_id, &code, parameter, value).await;
    }
    assert_eq!(rig.only_grant().unwrap().status, Status::Active);
}

#[tokio::test]
async fn the_redirect_uri_may_be_absent_and_the_resource_any_name_of_ours() {
    for resource in ["https://mcp.example.com", "https://mcp.example.com/mcp/message?sessionId=1"] {
        let (rig, client_id, code) = with_code().await;
        let resource = vec![resource.to_owned()];
        let request = AuthorizationCodeRequest { redirect_uri: None, resource, ..redemption(&client_id, &code) };
        assert!(rig.server.redeem(&request, Network::UNKNOWN).await.is_ok());
    }
}

#[tokio::test]
async fn text_that_is_not_a_code_is_refused() {
    let (rig, client_id, code) = with_code().await;
    let tokens = rig.redeem(&client_id, &code).await.unwrap();
    let (id, secret) = code.expose_secret().split_once('.').unwrap();
    let other_secret = format!("{id}.{}", "A".repeat(43));
    let other_id = format!("{}.{secret}", "A".repeat(22));
    let (access, refresh) = (tokens.access_token.expose_secret(), tokens.refresh_token.expose_secret());
    for text in ["", "code", id, &other_secret, &other_id, access, refresh] {
        assert!(refused(&rig.redeem(&client_id, &text.into()).await), "{text}");
    }
    assert_eq!(rig.only_grant().unwrap().status, Status::Active);
}

#[tokio::test]
async fn our_own_state_is_no_code_before_the_callback_nor_after() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let allowed = rig.allow(&rig.open_page(&client_id).await.unwrap()).await.unwrap();
    let state = parameter(&allowed.sign_in_url, "state").unwrap().into();
    assert!(refused(&rig.redeem(&client_id, &state).await));
    rig.come_back(&allowed).await.unwrap();
    assert!(refused(&rig.redeem(&client_id, &state).await));
}

#[tokio::test]
async fn an_unknown_client_is_told_to_register_again() {
    let (rig, _, code) = with_code().await;
    for client_id in ["", "nobody", "AAAAAAAAAAAAAAAAAAAAAA"] {
        assert!(matches!(rig.redeem(client_id, &code).await, Err(TokenError::UnknownClient)));
    }
}

#[tokio::test]
async fn a_store_or_keyring_that_is_down_grants_nothing_and_the_code_stays_good() {
    let (rig, client_id, code) = with_code().await;
    for dependency in [&rig.store, &rig.keyring] {
        dependency.set_down(true);
        assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::Unavailable(_))));
        dependency.set_down(false);
        assert!(rig.grants.all().is_empty());
    }
    assert!(rig.redeem(&client_id, &code).await.is_ok());
}

#[tokio::test]
async fn upstream_tokens_without_a_grant_do_not_stand_in_the_way() {
    let (rig, client_id, code) = with_code().await;
    // Client, authorization, upstream tokens; then the grant.
    rig.store.fail_after(3, Fault::Before);
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::Unavailable(_))));
    assert!(rig.grants.all().is_empty() && !rig.upstream_tokens.all().is_empty());
    assert!(rig.redeem(&client_id, &code).await.is_ok());
}

#[tokio::test]
async fn a_redemption_that_cannot_read_the_owner_unissues_its_grant_and_the_code_stays_good() {
    let (rig, client_id, code) = with_code().await;
    // Client, authorization, upstream tokens, grant; then the owner.
    rig.store.fail_after(4, Fault::Before);
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::Unavailable(_))));
    let tokens = rig.redeem(&client_id, &code).await.unwrap();
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::InvalidGrant(_))));
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
}

/// The window of duplicates restarts with the redemption that issued the tokens.
#[tokio::test]
async fn a_duplicate_of_a_late_second_attempt_is_refused_and_no_replay() {
    let (rig, client_id, code) = with_code().await;
    rig.store.fail_after(4, Fault::Before);
    rig.redeem(&client_id, &code).await.unwrap_err();
    rig.clock.advance(Duration::seconds(25));
    let tokens = rig.redeem(&client_id, &code).await.unwrap();
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::InvalidGrant(_))));
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
}

#[tokio::test]
async fn an_unissued_grant_is_no_replay_when_its_code_has_expired() {
    let (rig, client_id, code) = with_code().await;
    rig.store.fail_after(4, Fault::Before);
    rig.redeem(&client_id, &code).await.unwrap_err();
    rig.clock.advance(Duration::seconds(61));
    rig.audit.take();
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::InvalidGrant(_))));
    assert_eq!((rig.audit.names(), rig.only_grant().unwrap().status), (Vec::new(), Status::Unissued));
}

/// A process believes what it remembers of a grant only for tokens of that version or an earlier one.
#[tokio::test]
async fn a_grant_that_is_unissued_and_one_that_is_issued_again_are_the_next_versions() {
    let (rig, client_id, code) = with_code().await;
    let version = || rig.only_grant().unwrap().version;
    rig.store.fail_after(4, Fault::Before);
    rig.redeem(&client_id, &code).await.unwrap_err();
    assert_eq!(version(), 2);
    let unissued = rig.only_grant().unwrap();
    assert_eq!(unissued.expires_at, unissued.redeemed_at + CODE_LIFETIME, "its record lapses with its code");
    rig.redeem(&client_id, &code).await.unwrap();
    assert_eq!(version(), 3);
}

#[tokio::test]
async fn an_unissued_grant_that_was_revoked_is_not_issued_again() {
    let (rig, client_id, code) = with_code().await;
    rig.store.fail_after(4, Fault::Before);
    rig.redeem(&client_id, &code).await.unwrap_err();
    let key = rig.grants.all()[0].key;
    rig.grants.change(&key, |grant| grant.with_status(Status::Revoked));
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::InvalidGrant(_))));
}

#[tokio::test]
async fn one_client_on_two_devices_has_two_grants() {
    let (rig, client_id, code) = with_code().await;
    rig.redeem(&client_id, &code).await.unwrap();
    let second = rig.code(&client_id).await.unwrap();
    rig.redeem(&client_id, &second).await.unwrap();
    let grants = rig.grants.all();
    assert_eq!(grants.len(), 2);
    assert_eq!(grants[0].key.owner, grants[1].key.owner);
}
