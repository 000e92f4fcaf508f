//! Which access tokens, that Entra issued to clients themselves, are verified.

use authorization_server::{
    entra_tokens::{EntraClaims, EntraTokenRefusal, EntraTokenVerifier as _},
    ground::Subject,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::signed::{NONCE, OTHER_ID, Rig};

const APPLICATION: &str = "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5";

/// The claims of an access token of the application for Alice.
fn claims(rig: &Rig) -> Value {
    let now = rig.now().unix_timestamp();
    json!({
        "aud": rig.ids.client,
        "iss": format!("{}/{}/v2.0", rig.tenant.base_url(), rig.ids.tenant),
        "tid": rig.ids.tenant,
        "oid": rig.tenant.users()[0].oid,
        "azp": APPLICATION,
        "azpacr": "1",
        "scp": "access_as_user",
        "ver": "2.0",
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
    })
}

fn with(rig: &Rig, claim: &str, value: Value) -> String {
    let mut claims = claims(rig);
    claims[claim] = value;
    rig.tenant.sign(&claims)
}

async fn verified(rig: &Rig, token: &str) -> Result<EntraClaims, EntraTokenRefusal> {
    rig.entra(rig.tenant.base_url()).client_tokens().verify(&token.into()).await
}

async fn is_refused(rig: &Rig, token: &str) -> bool {
    matches!(verified(rig, token).await, Err(EntraTokenRefusal::Invalid(_)))
}

#[tokio::test]
async fn the_claims_of_an_access_token_are_read() {
    let rig = Rig::start().await;
    let mut sent = claims(&rig);
    sent["xms_cc"] = json!(["cp1"]);
    let read = verified(&rig, &rig.tenant.sign(&sent)).await.unwrap();
    let oid = rig.tenant.users()[0].oid.to_owned();
    assert_eq!(read.subject, Subject { tid: rig.ids.tenant.clone(), oid });
    assert_eq!((read.azp.as_deref(), read.is_confidential), (Some(APPLICATION), true));
    assert_eq!((read.scp.as_deref(), read.idtyp), (Some("access_as_user"), None));
    assert_eq!((read.issued_at, read.expires_at - read.issued_at), (rig.now(), time::Duration::HOUR));
    assert_eq!(read.capabilities, ["cp1"]);
}

#[tokio::test]
async fn only_a_secret_or_a_certificate_makes_a_confidential_client() {
    let rig = Rig::start().await;
    for (azpacr, expected) in
        [(json!("0"), false), (json!("1"), true), (json!("2"), true), (json!("3"), false), (Value::Null, false)]
    {
        let read = verified(&rig, &with(&rig, "azpacr", azpacr.clone())).await.unwrap();
        assert_eq!(read.is_confidential, expected, "{azpacr}");
    }
}

#[tokio::test]
async fn one_wrong_claim_refuses_the_token() {
    let rig = Rig::start().await;
    let now = rig.now().unix_timestamp();
    for (claim, value) in [
        ("aud", json!(OTHER_ID)),
        ("aud", json!(format!("api://{}", rig.ids.client))),
        ("aud", json!("00000003-0000-0000-c000-000000000000")),
        ("aud", Value::Null),
        ("aud", json!([rig.ids.client])),
        ("aud", json!([rig.ids.client, OTHER_ID])),
        ("iss", json!(format!("{}/{OTHER_ID}/v2.0", rig.tenant.base_url()))),
        ("iss", json!([claims(&rig)["iss"]])),
        ("iss", json!(format!("https://sts.windows.net/{}/", rig.ids.tenant))),
        ("iss", Value::Null),
        ("tid", json!(OTHER_ID)),
        ("tid", Value::Null),
        ("ver", json!("1.0")),
        ("ver", Value::Null),
        ("oid", json!("")),
        ("oid", Value::Null),
        ("nonce", json!(NONCE)),
        ("cnf", json!({ "kid": "a key of the client" })),
        ("cnf", json!({ "x5t#S256": "a certificate of the client" })),
        ("exp", json!(now)),
        ("exp", Value::Null),
        ("nbf", json!(now + 301)),
        ("iat", json!(now + 301)),
        ("iat", Value::Null),
    ] {
        let token = with(&rig, claim, value.clone());
        assert!(is_refused(&rig, &token).await, "{claim} {value}");
    }
}

#[tokio::test]
async fn a_token_of_another_signer_or_algorithm_is_refused() {
    let (rig, other) = (Rig::start().await, Rig::start().await);
    let signed = rig.tenant.sign(&claims(&rig));
    assert!(verified(&rig, &signed).await.is_ok());
    let payload = signed.split('.').nth(1).unwrap();
    let kid = {
        let header = URL_SAFE_NO_PAD.decode(signed.split('.').next().unwrap()).unwrap();
        serde_json::from_slice::<Value>(&header).unwrap()["kid"].clone()
    };
    let header = |alg: &str| URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "kid": kid, "typ": "JWT" }).to_string());
    let signature = signed.rsplit('.').next().unwrap();
    for token in [
        other.tenant.sign(&claims(&rig)),
        format!("{}.{payload}.", header("none")),
        format!("{}.{payload}.{signature}", header("none")),
        format!("{}.{payload}.{signature}", header("HS256")),
        format!("{}.{payload}.{signature}", header("RS512")),
        format!("{}.{payload}.c2ln", header("RS256")),
        String::new(),
        "a.b.c".to_owned(),
    ] {
        assert!(is_refused(&rig, &token).await, "{token}");
    }
}

#[tokio::test]
async fn the_gateways_token_is_of_its_own_application_and_without_scp() {
    let rig = Rig::start().await;
    let mut claims = rig.gateway_claims();
    (claims["ver"], claims["azp"]) = (json!("2.0"), json!(local_tenant::GATEWAY_CLIENT_ID));
    claims["iat"] = claims["nbf"].clone();
    let read = verified(&rig, &rig.tenant.sign(&claims)).await.unwrap();
    assert_eq!((read.azp.as_deref(), read.scp), (Some(local_tenant::GATEWAY_CLIENT_ID), None));
}
