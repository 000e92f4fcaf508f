//! Which tokens show that a request came through API Management.

use local_tenant::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::signed::{OTHER_ID, Rig, Verdict, verdict};

fn is_refused(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Refused(_))
}

#[tokio::test]
async fn the_gateways_token_is_accepted() {
    let rig = Rig::start().await;
    assert_eq!(verdict(&rig.gateway(), rig.tenant.sign(&rig.gateway_claims())).await, Verdict::Accepted);
}

#[tokio::test]
async fn a_v1_token_is_accepted_after_the_same_checks() {
    let rig = Rig::start().await;
    let v1 = |claim: &str, value: Value| {
        let mut claims = rig.gateway_claims();
        claims["iss"] = format!("https://sts.windows.net/{}/", rig.ids.tenant).into();
        claims[claim] = value;
        rig.tenant.sign(&claims)
    };
    assert_eq!(verdict(&rig.gateway(), v1("ver", json!("1.0"))).await, Verdict::Accepted);
    for (claim, value) in
        [("aud", json!(OTHER_ID)), ("tid", json!(OTHER_ID)), ("oid", json!(OTHER_ID)), ("exp", json!(1))]
    {
        assert!(is_refused(&verdict(&rig.gateway(), v1(claim, value)).await), "{claim}");
    }
}

#[tokio::test]
async fn another_issuer_is_named() {
    let rig = Rig::start().await;
    let outcome = verdict(&rig.gateway(), rig.gateway_token_with("iss", json!("https://issuer.example/t/"))).await;
    assert_eq!(outcome, Verdict::Refused("of another issuer: https://issuer.example/t/".to_owned()));
}

#[tokio::test]
async fn one_wrong_claim_refuses_the_token() {
    let rig = Rig::start().await;
    let gateway = rig.gateway();
    let now = rig.now().unix_timestamp();
    for (claim, value) in [
        ("aud", json!(OTHER_ID)),
        ("aud", json!([rig.ids.client, OTHER_ID])),
        ("iss", json!(format!("{}/{OTHER_ID}/v2.0", rig.tenant.base_url()))),
        ("iss", json!(format!("https://sts.windows.net/{OTHER_ID}/"))),
        ("iss", json!(format!("https://sts.windows.net/{}", rig.ids.tenant))),
        ("iss", json!(format!("https://sts.chinacloudapi.cn/{}/", rig.ids.tenant))),
        ("tid", json!(OTHER_ID)),
        ("oid", json!(OTHER_ID)),
        ("oid", json!("")),
        ("oid", Value::Null),
        ("exp", Value::Null),
        ("exp", json!(now - 300)),
        ("nbf", json!(now + 301)),
        ("scp", json!("access_as_user")),
        ("idtyp", json!("user")),
    ] {
        let outcome = verdict(&gateway, rig.gateway_token_with(claim, value.clone())).await;
        assert!(is_refused(&outcome), "{claim} {value}: {outcome:?}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_five_minutes() {
    let rig = Rig::start().await;
    let now = rig.now().unix_timestamp();
    let tokens = [rig.gateway_token_with("exp", json!(now - 299)), rig.gateway_token_with("nbf", json!(now + 300))];
    for token in tokens {
        assert_eq!(verdict(&rig.gateway(), token).await, Verdict::Accepted);
    }
}

#[tokio::test]
async fn a_token_of_another_signer_or_no_token_at_all_is_refused() {
    let (rig, other) = (Rig::start().await, Rig::start().await);
    for token in [other.tenant.sign(&rig.gateway_claims()), String::new(), "a.b.c".into(), "e30.e30.e30".into()] {
        assert!(is_refused(&verdict(&rig.gateway(), token).await));
    }
}

#[tokio::test]
async fn a_verified_token_is_accepted_without_its_key_until_it_expires() {
    let rig = Rig::start().await;
    let (gateway, token) = (rig.gateway(), rig.tenant.sign(&rig.gateway_claims()));
    assert_eq!(verdict(&gateway, token.clone()).await, Verdict::Accepted);
    rig.clock.advance(time::Duration::hours(24) - time::Duration::SECOND);
    assert_eq!(verdict(&gateway, token.clone()).await, Verdict::Accepted);
    assert_eq!(rig.keys_fetched(), 1);
    rig.clock.advance(time::Duration::minutes(5) + time::Duration::SECOND);
    assert!(is_refused(&verdict(&gateway, token).await));
}

#[tokio::test]
async fn a_token_cannot_be_verified_while_the_keys_cannot_be_fetched() {
    let rig = Rig::start().await;
    let (gateway, token) = (rig.gateway(), rig.tenant.sign(&rig.gateway_claims()));
    rig.tenant.fail_next(Endpoint::Keys, 1, Fault::Dropped).unwrap();
    assert_eq!(verdict(&gateway, token.clone()).await, Verdict::Unavailable);
    rig.clock.advance(time::Duration::SECOND);
    assert_eq!(verdict(&gateway, token).await, Verdict::Accepted);
}

#[tokio::test]
async fn the_reason_of_a_refusal_quotes_no_part_of_the_token() {
    let rig = Rig::start().await;
    let token = rig.gateway_token_with("oid", json!("someone"));
    let Verdict::Refused(reason) = verdict(&rig.gateway(), token.clone()).await else { panic!("accepted") };
    assert!(!reason.contains("someone") && token.split('.').all(|part| !reason.contains(part)), "{reason}");
}
