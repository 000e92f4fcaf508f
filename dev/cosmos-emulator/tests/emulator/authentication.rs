//! Tokens: the tenant's, for Cosmos, of the workload, in time; nothing else.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Rig, TENANT_ID, authorization, cosmos_claims, status};

/// Reads the account with this `Authorization` header.
async fn read_account(rig: &Rig, authorization: Option<&str>) -> (StatusCode, String, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.get(format!("{}/", rig.emulator.url()));
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let response = request.send().await.unwrap();
    let substatus = response.headers().get("x-ms-substatus").map(|value| value.to_str().unwrap().to_owned());
    (response.status(), substatus.unwrap_or_default(), response.json().await.unwrap())
}

async fn with_claim(rig: &Rig, claim: &str, value: Value) -> (StatusCode, String, Value) {
    let mut claims = cosmos_claims(rig.tenant.url());
    claims[claim] = value;
    read_account(rig, Some(&authorization(&rig.tenant.sign(&claims)))).await
}

#[tokio::test]
async fn a_good_token_is_taken() {
    let rig = Rig::start().await;
    for audience in ["https://cosmos.azure.com", "https://cosmos.azure.com/"] {
        assert_eq!(with_claim(&rig, "aud", json!(audience)).await.0, 200);
    }
}

#[tokio::test]
async fn each_bad_claim_is_401_in_cosmos_words() {
    let rig = Rig::start().await;
    let other_tenant = TENANT_ID.replace('c', "d");
    for (claim, value) in [
        ("aud", json!("https://vault.azure.net")),
        ("iss", json!(format!("{}/{TENANT_ID}/v2.0", rig.tenant.url()))),
        ("tid", json!(other_tenant)),
        ("exp", json!(1_000)),
        ("nbf", json!(9_999_999_999_i64)),
        ("exp", Value::Null),
    ] {
        let (status, _, body) = with_claim(&rig, claim, value).await;
        assert_eq!((status.as_u16(), &body["code"]), (401, &json!("Unauthorized")), "{claim}: {body}");
        assert!(body["message"].is_string());
    }
}

#[tokio::test]
async fn another_identity_has_no_role() {
    let rig = Rig::start().await;
    let (status, substatus, body) = with_claim(&rig, "oid", json!("d2f4e0b7-3c19-4f7e-8a5d-9e61b47c20f3")).await;
    assert_eq!((status.as_u16(), substatus.as_str(), &body["code"]), (403, "5301", &json!("Forbidden")));
}

#[tokio::test]
async fn a_forged_or_changed_token_is_401() {
    let rig = Rig::start().await;
    let claims = cosmos_claims(rig.tenant.url());
    let forged = rig.tenant.impostor().sign(&claims);
    let good = rig.tenant.sign(&claims);
    let (signed, _) = good.rsplit_once('.').unwrap();
    let mut longer = claims.clone();
    longer["exp"] = json!(9_999_999_999_i64);
    let other = rig.tenant.sign(&longer);
    let (_, signature) = other.rsplit_once('.').unwrap();
    for token in [forged, format!("{signed}.{signature}"), format!("{signed}."), "a.b.c".to_owned()] {
        assert_eq!(read_account(&rig, Some(&authorization(&token))).await.0, 401);
    }
}

#[tokio::test]
async fn a_header_of_another_form_is_401() {
    let rig = Rig::start().await;
    let token = rig.tenant.sign(&cosmos_claims(rig.tenant.url()));
    assert_eq!(read_account(&rig, None).await.0, 401);
    assert_eq!(read_account(&rig, Some(&format!("Bearer {token}"))).await.0, 401);
    let (status, substatus, _) = read_account(&rig, Some("type%3Dmaster%26ver%3D1.0%26sig%3Da2V5")).await;
    assert_eq!((status.as_u16(), substatus.as_str()), (401, "5202"), "account keys are disabled");
}

#[tokio::test]
async fn the_sdk_with_a_forged_token_gets_no_client() {
    let rig = Rig::start().await;
    let impostor = Arc::new(rig.tenant.impostor());
    let refused = rig.container_at(rig.emulator.url(), "owners", &impostor).await.err().unwrap();
    assert_eq!(status(&refused), 401);
    assert_eq!(rig.emulator.operations(), []);
}

#[tokio::test]
async fn nothing_recorded_holds_a_token() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", crate::support::item("a", 1), None).await.unwrap();
    let recorded = format!("{:?}{:?}", rig.emulator.operations(), rig.emulator.metadata_requests());
    assert!(!recorded.contains("eyJ") && !recorded.contains("sig"), "{recorded}");
}
