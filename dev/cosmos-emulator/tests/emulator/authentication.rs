//! Tokens: the tenant's, for Cosmos, of the workload, in time; nothing else.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Rig, TENANT_ID, authorization, cosmos_claims, forge, sign, status, utc_now};

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
    read_account(rig, Some(&authorization(&sign(&claims)))).await
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
        ("aud", json!("https://cosmos.azure.com//")),
        ("iss", json!(format!("{}/{TENANT_ID}/v2.0", rig.tenant.url()))),
        ("iss", json!(format!("https://sts.windows.net/{TENANT_ID}/"))),
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
    let forged = forge(&claims);
    let good = sign(&claims);
    let (signed, _) = good.rsplit_once('.').unwrap();
    let mut longer = claims.clone();
    longer["exp"] = json!(9_999_999_999_i64);
    let other = sign(&longer);
    let (_, signature) = other.rsplit_once('.').unwrap();
    for token in [forged, format!("{signed}.{signature}"), format!("{signed}."), "a.b.c".to_owned()] {
        assert_eq!(read_account(&rig, Some(&authorization(&token))).await.0, 401);
    }
}

#[tokio::test]
async fn clocks_may_differ_by_five_minutes() {
    let rig = Rig::start().await;
    let now = utc_now().unix_timestamp();
    for (claim, time, status) in
        [("exp", now - 200, 200), ("exp", now - 301, 401), ("nbf", now + 300, 200), ("nbf", now + 400, 401)]
    {
        assert_eq!(with_claim(&rig, claim, json!(time)).await.0, status, "{claim} {time}, now {now}");
    }
}

#[tokio::test]
async fn a_header_of_another_form_is_401() {
    let rig = Rig::start().await;
    let token = rig.token();
    assert_eq!(read_account(&rig, None).await.0, 401);
    for value in [
        String::new(),
        format!("Bearer {token}"),
        format!("type%3Daad%26sig%3D{token}"),
        format!("type%3Daad%26ver%3D2.0%26sig%3D{token}"),
        "%ff".to_owned(),
    ] {
        let (status, substatus, _) = read_account(&rig, Some(&value)).await;
        assert_eq!((status.as_u16(), substatus.as_str()), (401, ""), "{value}");
    }
    let twice = rig.bare(reqwest::Method::GET, "/").header("authorization", authorization(&token));
    assert_eq!(twice.send().await.unwrap().status(), 401, "two headers");
}

#[tokio::test]
async fn account_keys_are_disabled() {
    let rig = Rig::start().await;
    let (status, substatus, _) = read_account(&rig, Some("type%3Dmaster%26ver%3D1.0%26sig%3Da2V5")).await;
    assert_eq!((status.as_u16(), substatus.as_str()), (401, "5202"));
}

#[tokio::test]
async fn the_tenants_keys_are_read_again_when_a_token_names_another_one() {
    let rig = Rig::start().await;
    for _ in 0..3 {
        assert_eq!(read_account(&rig, Some(&authorization(&rig.token()))).await.0, 200);
    }
    assert_eq!(rig.tenant.readings(), 1);
    let forged = forge(&cosmos_claims(rig.tenant.url()));
    assert_eq!(read_account(&rig, Some(&authorization(&forged))).await.0, 401);
    assert_eq!(rig.tenant.readings(), 2);
}

#[tokio::test]
async fn without_the_tenants_keys_every_token_is_503() {
    let reserved = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = format!("http://{}", reserved.local_addr().unwrap());
    drop(reserved);
    let emulator = cosmos_emulator::start(cosmos_emulator::Options::new(&authority, TENANT_ID)).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let token = authorization(&sign(&cosmos_claims(&authority)));
    let answer = client.get(emulator.url()).header("authorization", token).send().await.unwrap();
    assert_eq!(answer.status(), 503);
}

#[tokio::test]
async fn the_sdk_with_a_forged_token_gets_no_client() {
    let rig = Rig::start().await;
    let forged = forge(&cosmos_claims(rig.tenant.url()));
    let refused = rig.container_with("owners", forged).await.err().unwrap();
    assert_eq!(status(&refused), 401);
    assert_eq!(rig.emulator.operations(), []);
}

#[tokio::test]
async fn nothing_recorded_holds_a_token() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", crate::support::item("a", 1), None).await.unwrap();
    let recorded = format!("{:?}", rig.emulator.operations());
    assert!(recorded.contains("Create") && !recorded.contains("eyJ") && !recorded.contains("sig"), "{recorded}");
}
