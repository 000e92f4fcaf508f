//! The vault over the control API.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{DATA_KEY, Rig, refused};
use crate::support::Local;

async fn control(local: &Local, method: Method, path: &str) -> (StatusCode, Value) {
    let url = format!("{}/_control/vault/{path}", local.tenant.base_url());
    let request = local.http.request(method, url).bearer_auth(local.tenant.control_token());
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

#[tokio::test]
async fn another_process_rotates_disables_enables_and_expires() {
    let rig = Rig::start().await;
    let (status, body) = control(&rig.local, Method::POST, "rotate").await;
    let version = body["version"].as_str().unwrap();
    assert_eq!((status.as_u16(), rig.vault().versions()[1].version.as_str()), (200, version));
    for (change, refusal) in [("disable", Some("KeyDisabled")), ("enable", None), ("expire", Some("KeyExpired"))] {
        let changed = control(&rig.local, Method::POST, &format!("versions/{version}/{change}")).await;
        assert_eq!(changed.0, 204, "{change}");
        let outcome = rig.operate("//wrapkey", DATA_KEY).await;
        match refusal {
            Some(inner) => assert_eq!(refused(&outcome), (403, "Forbidden", Some(inner))),
            None => assert_eq!(outcome.0, 200),
        }
    }
    let (_, versions) = control(&rig.local, Method::GET, "versions").await;
    assert_eq!((&versions[1]["version"], &versions[1]["enabled"]), (&json!(version), &json!(true)));
    assert!(versions[1]["expires"].is_i64() && versions[0]["expires"].is_null(), "{versions}");
}

#[tokio::test]
async fn another_process_sees_the_operations_and_forgets_them() {
    let rig = Rig::start().await;
    let (version, _) = rig.wrap().await;
    let expected = json!([{ "operation": "KeyWrap", "version": version, "status": 200 }]);
    assert_eq!(control(&rig.local, Method::GET, "operations").await.1, expected);
    assert_eq!(control(&rig.local, Method::DELETE, "operations").await.0, 204);
    assert_eq!(control(&rig.local, Method::GET, "operations").await.1, json!([]));
}

#[tokio::test]
async fn another_process_pauses_and_resumes() {
    let rig = Rig::start().await;
    assert_eq!(control(&rig.local, Method::POST, "pause").await.0, 204);
    assert!(rig.request(Method::GET, "").send().await.is_err());
    assert_eq!(control(&rig.local, Method::POST, "resume").await.0, 204);
    assert_eq!(rig.get("").await.0, 200);
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let rig = Rig::start().await;
    for path in ["versions/unknown/disable", "versions/unknown/explode", "explode"] {
        let (status, body) = control(&rig.local, Method::POST, path).await;
        assert!(status == 404 && body["error"].is_string(), "{path}: {body}");
    }
    let without = Local::start().await;
    let (status, body) = control(&without, Method::POST, "rotate").await;
    assert!(status == 404 && body["error"].as_str().unwrap().contains("--vault"), "{body}");
    let url = format!("{}/_control/vault/rotate", rig.local.tenant.base_url());
    assert_eq!(rig.local.http.post(url).send().await.unwrap().status(), 401);
}
