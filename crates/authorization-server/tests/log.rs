//! The log: each attack once, honest repetitions never, and no secret at any level.

use secrecy::ExposeSecret as _;
use testkit::{Asked, EventLog, Rig, VERIFIER, answered, parameter};
use time::Duration;

#[tokio::test]
async fn a_callback_in_another_browser_is_audited() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let allowed = rig.allow(&page).await.unwrap();
    let (log, _guard) = EventLog::start();
    rig.call_back(&allowed, &[("code", "x")], None).await.map(drop).unwrap_err();
    assert_eq!(log.audited(), 1);
}

#[tokio::test]
async fn a_repeated_callback_in_the_same_browser_is_no_alarm() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let allowed = rig.allow(&page).await.unwrap();
    let (log, _guard) = EventLog::start();
    rig.come_back(&allowed).await.unwrap();
    rig.come_back(&allowed).await.map(drop).unwrap_err();
    assert_eq!(log.audited(), 0);
}

#[tokio::test]
async fn a_code_replay_is_audited_and_a_duplicate_is_not() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let code = rig.code(&client_id).await.unwrap();
    let (log, _guard) = EventLog::start();
    rig.redeem(&client_id, &code).await.unwrap();
    rig.redeem(&client_id, &code).await.unwrap_err();
    assert_eq!(log.audited(), 0);
    rig.clock.advance(Duration::seconds(21));
    rig.redeem(&client_id, &code).await.unwrap_err();
    assert_eq!(log.audited(), 1);
}

#[tokio::test]
async fn a_duplicate_redemption_after_the_client_revoked_its_grant_is_no_alarm() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let code = rig.code(&client_id).await.unwrap();
    let tokens = rig.redeem(&client_id, &code).await.unwrap();
    rig.server.revoke_token(&client_id, &tokens.refresh_token).await.unwrap();
    let (log, _guard) = EventLog::start();
    rig.redeem(&client_id, &code).await.unwrap_err();
    assert_eq!(log.audited(), 0);
}

#[tokio::test]
async fn a_refresh_replay_is_audited_and_a_retry_is_not() {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    let (log, _guard) = EventLog::start();
    let second = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!(log.audited(), 0);
    rig.refresh(&owner.client_id, &second.refresh_token).await.unwrap();
    rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap_err();
    assert_eq!(log.audited(), 1);
}

#[tokio::test]
async fn no_secret_is_logged_at_any_level() {
    let rig = Rig::new().unwrap();
    let (log, _guard) = EventLog::start();
    let client_id = rig.register().await.unwrap();
    let page = rig.open_page(&client_id).await.unwrap();
    let allowed = rig.allow(&page).await.unwrap();
    let completed = answered(rig.come_back(&allowed).await.unwrap()).unwrap();
    let code = parameter(&completed.location, "code").unwrap();
    let first = rig.redeem(&client_id, &code.as_str().into()).await.unwrap();
    rig.clock.advance(Duration::minutes(30));
    let second = rig.refresh(&client_id, &first.refresh_token).await.unwrap();
    rig.refresh(&client_id, &second.refresh_token).await.unwrap();
    rig.refresh(&client_id, &first.refresh_token).await.unwrap_err();
    rig.redeem(&client_id, &code.as_str().into()).await.unwrap_err();

    let events = log.events();
    assert!(!events.is_empty());
    let Asked::Redeem { verifier, nonce, .. } = rig.upstream.asked().remove(0) else { panic!("no redemption") };
    let (binding, csrf) = (page.form.secrets.binding.encode(), page.form.secrets.csrf.encode());
    let state = parameter(&allowed.sign_in_url, "state").unwrap();
    for secret in [
        code.as_str(),
        &state,
        VERIFIER,
        &verifier,
        &nonce,
        binding.expose_secret(),
        csrf.expose_secret(),
        allowed.cookie.expose_secret(),
        first.access_token.expose_secret(),
        first.refresh_token.expose_secret(),
        second.refresh_token.expose_secret(),
        "upstream-code",
        "assertion-1",
        "upstream-refresh-1",
    ] {
        assert!(events.iter().all(|event| !event.contains(secret)), "{secret}");
    }
}
