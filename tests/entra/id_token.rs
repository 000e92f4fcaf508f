//! Which ID tokens a sign-in accepts (OpenID Connect Core §3.1.3.7).

use authorization_server::upstream::UpstreamRefusal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use local_tenant::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    requests::try_redeem,
    signed::{OTHER_ID, Rig, SignIns},
    support::Local,
};

#[tokio::test]
async fn a_valid_token_names_the_user() {
    let sign_ins = SignIns::start().await;
    let claims = sign_ins.claims();
    let subject = sign_ins.redeem(&sign_ins.rig.tenant.sign(&claims)).await.unwrap();
    assert_eq!((json!(subject.tid), json!(subject.oid)), (claims["tid"].clone(), claims["oid"].clone()));
}

#[tokio::test]
async fn one_wrong_or_missing_claim_refuses_the_token() {
    let sign_ins = SignIns::start().await;
    let other_tenant = format!("{}/{OTHER_ID}/v2.0", sign_ins.rig.tenant.base_url());
    for (claim, value) in [
        ("nonce", json!("another")),
        ("aud", json!(OTHER_ID)),
        ("aud", json!([sign_ins.rig.ids.client, OTHER_ID])),
        ("iss", json!(other_tenant)),
        ("tid", json!(OTHER_ID)),
        ("oid", json!("")),
    ] {
        sign_ins.refused(&sign_ins.with(claim, value)).await;
        sign_ins.refused(&sign_ins.with(claim, Value::Null)).await;
    }
    sign_ins.refused(&sign_ins.with("exp", Value::Null)).await;
}

#[tokio::test]
async fn clocks_may_differ_by_five_minutes_and_no_more() {
    let sign_ins = SignIns::start().await;
    let now = sign_ins.rig.now().unix_timestamp();
    assert!(sign_ins.redeem(&sign_ins.with("exp", json!(now - 299))).await.is_ok());
    sign_ins.refused(&sign_ins.with("exp", json!(now - 300))).await;
    assert!(sign_ins.redeem(&sign_ins.with("nbf", json!(now + 300))).await.is_ok());
    sign_ins.refused(&sign_ins.with("nbf", json!(now + 301))).await;
}

#[tokio::test]
async fn a_token_expires_by_our_clock() {
    let sign_ins = SignIns::start().await;
    let token = sign_ins.rig.tenant.sign(&sign_ins.claims());
    sign_ins.rig.clock.advance(time::Duration::minutes(64));
    assert!(sign_ins.redeem(&token).await.is_ok());
    sign_ins.rig.clock.advance(time::Duration::minutes(1));
    sign_ins.refused(&token).await;
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    let sign_ins = SignIns::start().await;
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "alg": "none", "kid": sign_ins.key["kid"] });
    sign_ins.refused(&format!("{}.{}.", part(&header), part(&sign_ins.claims()))).await;
    let signed = sign_ins.rig.tenant.sign(&sign_ins.claims());
    sign_ins.refused(&(signed.rsplit_once('.').unwrap().0.to_owned() + ".")).await;
}

/// If the header chose the algorithm, anybody could sign with the published key as the secret of an HMAC.
#[tokio::test]
async fn the_token_does_not_choose_its_algorithm() {
    let sign_ins = SignIns::start().await;
    let kid = sign_ins.key["kid"].as_str().unwrap().to_owned();
    let header = Header { kid: Some(kid), ..Header::new(Algorithm::HS256) };
    let secret = URL_SAFE_NO_PAD.decode(sign_ins.key["n"].as_str().unwrap()).unwrap();
    let token = encode(&header, &sign_ins.claims(), &EncodingKey::from_secret(&secret)).unwrap();
    sign_ins.refused(&token).await;
}

#[tokio::test]
async fn a_token_signed_by_an_unpublished_key_is_refused() {
    let (sign_ins, other) = (SignIns::start().await, Rig::start().await);
    sign_ins.refused(&other.tenant.sign(&sign_ins.claims())).await;
}

#[tokio::test]
async fn changed_claims_under_a_valid_signature_are_refused() {
    let sign_ins = SignIns::start().await;
    let (valid, other) =
        (sign_ins.rig.tenant.sign(&sign_ins.claims()), sign_ins.with("email", json!("other@contoso.example")));
    let (header, signature) = (valid.split('.').next().unwrap(), valid.rsplit('.').next().unwrap());
    sign_ins.refused(&format!("{header}.{}.{signature}", other.split('.').nth(1).unwrap())).await;
}

#[tokio::test]
async fn text_that_is_no_token_is_refused() {
    let sign_ins = SignIns::start().await;
    for text in ["", "x.y", "a.b.c", "e30.e30.e30"] {
        sign_ins.refused(text).await;
    }
}

#[tokio::test]
async fn a_sign_in_is_unavailable_while_no_key_can_be_fetched() {
    let local = Local::start().await;
    let fail = || local.tenant.fail_next(Endpoint::Keys, 1, Fault::Dropped).unwrap();
    let outcome = try_redeem(&local, fail).await;
    assert!(matches!(outcome, Err(UpstreamRefusal::Unavailable(_))), "{:?}", outcome.err());
}
