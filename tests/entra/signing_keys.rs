//! When Entra's signing keys are fetched, seen through the tokens that they verify.

use authorization_server::upstream::Upstream as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use local_tenant::{Endpoint, Fault};
use remote_auth_mcp::entra::GatewayTokenVerifier;
use serde_json::json;
use time::Duration;

use crate::signed::{Rig, Verdict, verdict};

/// How often an unknown key id, or a failed refresh of stale keys, leads to another fetch.
const INTERVAL: Duration = Duration::minutes(5);
const STALE_AFTER: Duration = Duration::hours(24);
const RETRY_AFTER: Duration = Duration::seconds(10);

/// Verifies a token of the published key. Each `number` makes another token, so the verifier cannot know it already.
async fn known(rig: &Rig, gateway: &GatewayTokenVerifier, number: u32) -> Verdict {
    verdict(gateway, rig.gateway_token_with("jti", json!(number))).await
}

/// Verifies a token of a key that the tenant does not publish.
async fn unknown(gateway: &GatewayTokenVerifier, kid: &str) -> Verdict {
    let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "RS256", "kid": kid }).to_string());
    verdict(gateway, format!("{header}.e30.c2lnbmF0dXJl")).await
}

fn unpublished() -> Verdict {
    Verdict::Refused("invalid: signed by a key that is not published".to_owned())
}

fn status(status: u16) -> Fault {
    Fault::Status { status, body: String::new() }
}

#[tokio::test]
async fn known_keys_are_fetched_once() {
    let rig = Rig::start().await;
    let gateway = rig.gateway();
    for number in 0..3 {
        assert_eq!(known(&rig, &gateway, number).await, Verdict::Accepted);
    }
    assert_eq!(rig.keys_fetched(), 1);
}

/// Nothing of a sign-in is spent before the keys are there that verify its ID token.
#[tokio::test]
async fn a_sign_in_waits_for_the_first_keys_and_those_at_once_for_one_fetch() {
    let rig = Rig::start().await;
    let entra = rig.entra(rig.tenant.base_url());
    rig.tenant.fail_next(Endpoint::Keys, 1, status(503)).unwrap();
    assert!(entra.ready().await.is_err());
    rig.clock.advance(Duration::SECOND);
    let ready = tokio::join!(entra.ready(), entra.ready(), entra.ready());
    assert!(matches!(ready, (Ok(()), Ok(()), Ok(()))), "{ready:?}");
    assert_eq!(rig.keys_fetched(), 2);
    rig.clock.advance(STALE_AFTER);
    rig.tenant.fail_next(Endpoint::Keys, 1, status(503)).unwrap();
    assert!(entra.ready().await.is_ok(), "old keys serve while no others can be fetched");
}

#[tokio::test]
async fn a_flood_of_unknown_key_ids_causes_one_fetch_per_interval() {
    let rig = Rig::start().await;
    let gateway = rig.gateway();
    for interval in 1..=3 {
        for number in 0..20 {
            assert_eq!(unknown(&gateway, &format!("unknown-{number}")).await, unpublished());
        }
        assert_eq!(rig.keys_fetched(), interval);
        rig.clock.advance(INTERVAL);
    }
}

#[tokio::test]
async fn concurrent_tokens_cause_one_fetch() {
    let rig = Rig::start().await;
    let gateway = rig.gateway();
    let verdicts = tokio::join!(known(&rig, &gateway, 1), unknown(&gateway, "unknown"), known(&rig, &gateway, 2));
    assert_eq!(verdicts, (Verdict::Accepted, unpublished(), Verdict::Accepted));
    assert_eq!(rig.keys_fetched(), 1);
}

#[tokio::test]
async fn tokens_that_wait_for_a_fetch_that_fails_do_not_cause_another() {
    let rig = Rig::start().await;
    let gateway = rig.gateway();
    rig.tenant.fail_next(Endpoint::Keys, 2, Fault::Dropped).unwrap();
    let verdicts = tokio::join!(known(&rig, &gateway, 1), unknown(&gateway, "unknown"), known(&rig, &gateway, 2));
    assert_eq!(verdicts, (Verdict::Unavailable, Verdict::Unavailable, Verdict::Unavailable));
    assert_eq!(rig.keys_fetched(), 1);
}

#[tokio::test]
async fn stale_keys_are_used_while_the_endpoint_is_down() {
    let rig = Rig::start().await;
    let gateway = rig.gateway();
    assert_eq!(known(&rig, &gateway, 0).await, Verdict::Accepted);
    rig.clock.advance(STALE_AFTER);
    rig.tenant.fail_next(Endpoint::Keys, 1, status(503)).unwrap();
    for number in 1..=5 {
        assert_eq!(known(&rig, &gateway, number).await, Verdict::Accepted);
    }
    assert_eq!(rig.keys_fetched(), 2, "the keys are fetched once more, not for every token");
    rig.clock.advance(INTERVAL);
    assert_eq!(known(&rig, &gateway, 6).await, Verdict::Accepted);
    assert_eq!(rig.keys_fetched(), 3);
}

#[tokio::test]
async fn without_cached_keys_a_failing_endpoint_is_an_outage_until_it_answers() {
    let rig = Rig::start().await;
    let gateway = rig.gateway();
    let aadsts = Fault::Aadsts { number: 90033, suberror: None, claims: None };
    for fault in [status(500), aadsts, Fault::Throttled { retry_after: Some(1) }, Fault::Dropped] {
        rig.tenant.fail_next(Endpoint::Keys, 1, fault).unwrap();
        for number in 0..5 {
            assert_eq!(known(&rig, &gateway, number).await, Verdict::Unavailable);
        }
        rig.clock.advance(Duration::SECOND);
    }
    assert_eq!(rig.keys_fetched(), 4, "the keys are fetched once a second, not for every token");
    assert_eq!(known(&rig, &gateway, 1).await, Verdict::Accepted);
}

/// It may be Entra's next key.
#[tokio::test]
async fn an_unknown_key_id_is_not_refused_while_the_endpoint_is_down() {
    let rig = Rig::start().await;
    let gateway = rig.gateway();
    assert_eq!(known(&rig, &gateway, 0).await, Verdict::Accepted);
    rig.clock.advance(INTERVAL);
    rig.tenant.fail_next(Endpoint::Keys, 1, status(503)).unwrap();
    for _ in 0..5 {
        assert_eq!(unknown(&gateway, "rolled over").await, Verdict::Unavailable);
    }
    assert_eq!(rig.keys_fetched(), 2, "the keys are fetched once more, not for every token");
    rig.clock.advance(RETRY_AFTER);
    assert_eq!(unknown(&gateway, "rolled over").await, unpublished());
}

#[tokio::test]
async fn a_cached_key_does_not_wait_for_the_fetch_of_an_unknown_one() {
    let rig = Rig::start().await;
    let gateway = rig.gateway();
    assert_eq!(known(&rig, &gateway, 0).await, Verdict::Accepted);
    rig.clock.advance(INTERVAL);
    rig.tenant.fail_next(Endpoint::Keys, 1, Fault::Held).unwrap();
    tokio::select! {
        biased;
        held = unknown(&gateway, "unknown") => panic!("{held:?}"),
        accepted = known(&rig, &gateway, 1) => assert_eq!(accepted, Verdict::Accepted),
    }
}
