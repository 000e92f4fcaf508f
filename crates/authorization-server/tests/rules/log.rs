//! The log: no secret at any level. Audit events have tests of their own.

use secrecy::ExposeSecret as _;
use testkit::{Asked, EventLog, Rig, VERIFIER, answered, parameter};
use time::Duration;

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

    let audit = rig.audit.take().into_iter().map(|event| format!("{event:?}"));
    let events: Vec<String> = log.events().into_iter().chain(audit).collect();
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
