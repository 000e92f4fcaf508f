//! Faults of a vault, through the fault API of the tenant.

use local_tenant::{Endpoint, Fault, FaultError};

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
async fn a_connection_is_closed_before_or_after_the_operation() {
    let rig = Rig::start().await;
    for fault in [Fault::Dropped, Fault::AnswerLost] {
        fail(&rig, Endpoint::KeyWrap, fault);
        assert!(rig.request(reqwest::Method::POST, "//wrapkey").send().await.is_err());
    }
    rig.wrap().await;
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
async fn requests_are_recorded_without_their_secrets() {
    let rig = Rig::start().await;
    rig.local.tenant.forget_requests();
    rig.operate("//wrapkey", DATA_KEY).await;
    let requests = rig.local.tenant.requests();
    assert_eq!((requests.len(), requests[0].path.as_str()), (1, "/keys/data-key-wrap//wrapkey"));
    let text = serde_json::to_string(&requests).unwrap();
    assert!(requests[0].form.is_empty() && !text.contains("alg") && !text.contains(&rig.token), "{text}");
}
