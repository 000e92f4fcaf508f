//! What a vault can suffer, by the fault API of the tenant.

use local_tenant::{Endpoint, Fault, FaultError, Operation};

use super::{DATA_KEY, Rig, refused};

fn fail(rig: &Rig, endpoint: Endpoint, fault: Fault) {
    rig.local.tenant.fail_next(endpoint, 1, fault).unwrap();
}

#[tokio::test]
async fn a_fault_befalls_one_operation_once() {
    let rig = Rig::start().await;
    fail(
        &rig,
        Endpoint::KeyUnwrap,
        Fault::Status { status: 503, body: r#"{"error":{"code":"x","message":""}}"#.into() },
    );
    let (version, wrapped) = rig.wrap().await;
    assert_eq!(refused(&rig.unwrap(&version, &wrapped).await), (503, "x", None));
    assert_eq!(rig.unwrap(&version, &wrapped).await.0, 200);
}

#[tokio::test]
async fn the_vault_throttles_in_its_own_words() {
    let rig = Rig::start().await;
    fail(&rig, Endpoint::KeyGet, Fault::Throttled { retry_after: Some(3) });
    let response = rig.request(reqwest::Method::GET, "").send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"3".parse().unwrap()));
    assert_eq!(response.json::<serde_json::Value>().await.unwrap()["error"]["code"], "Throttled");
}

#[tokio::test]
async fn a_lost_answer_was_given_and_a_dropped_request_was_not() {
    let rig = Rig::start().await;
    let request = || rig.request(reqwest::Method::POST, "//wrapkey");
    rig.wrap().await;
    rig.vault().forget_operations();
    fail(&rig, Endpoint::KeyWrap, Fault::Dropped);
    assert!(request().send().await.is_err());
    fail(&rig, Endpoint::KeyGet, Fault::AnswerLost);
    assert!(rig.request(reqwest::Method::GET, "").send().await.is_err());
    let version = rig.vault().versions()[0].version.clone();
    let lost = |operation, version| Operation { operation, version, status: None };
    assert_eq!(rig.vault().operations(), [lost("KeyWrap", None), lost("KeyGet", Some(version))]);
}

#[tokio::test]
async fn a_held_operation_goes_on_when_released() {
    let rig = Rig::start().await;
    fail(&rig, Endpoint::KeyWrap, Fault::Held);
    let wrapped = tokio::join!(rig.operate("//wrapkey", DATA_KEY), async {
        rig.local.tenant.until_held(1).await;
        rig.local.tenant.release();
    });
    assert_eq!(wrapped.0.0, 200);
}

#[tokio::test]
async fn entras_errors_are_not_the_vaults() {
    let rig = Rig::start().await;
    let fault = Fault::Aadsts { number: 50076, suberror: None, claims: None };
    let refusal = rig.local.tenant.fail_next(Endpoint::KeyWrap, 1, fault);
    assert_eq!(refusal, Err(FaultError::Endpoint(Endpoint::KeyWrap)));
}

#[tokio::test]
async fn operations_are_remembered_with_version_and_status_and_nothing_secret() {
    let rig = Rig::start().await;
    let (version, wrapped) = rig.wrap().await;
    rig.unwrap(&version, &wrapped).await;
    rig.get("/unknown").await;
    let of = |operation, version: &str, status| Operation { operation, version: Some(version.into()), status };
    let expected =
        [of("KeyWrap", &version, Some(200)), of("KeyUnwrap", &version, Some(200)), of("KeyGet", "unknown", Some(404))];
    assert_eq!(rig.vault().operations(), expected);
    let requests = serde_json::to_string(&rig.local.tenant.requests()).unwrap();
    assert!(!requests.contains("wrapkey"), "{requests}");
}
