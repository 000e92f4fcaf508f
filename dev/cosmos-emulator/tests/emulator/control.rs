//! The fault API as another process uses it.

use cosmos_emulator::{Operation, Verb};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Rig, item, value};

fn control(rig: &Rig, method: Method, path: &str) -> RequestBuilder {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.request(method, format!("{}{path}", rig.emulator.control_url()));
    request.bearer_auth(rig.emulator.control_token())
}

#[tokio::test]
async fn without_the_token_there_is_no_control() {
    let rig = Rig::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (method, path) in [(Method::GET, "/items"), (Method::POST, "/down"), (Method::POST, "/faults")] {
        let url = format!("{}{path}", rig.emulator.control_url());
        assert_eq!(client.request(method.clone(), &url).send().await.unwrap().status(), 401);
        assert_eq!(client.request(method, &url).bearer_auth("guess").send().await.unwrap().status(), 401);
    }
    assert_eq!(rig.bare(Method::GET, "/").send().await.unwrap().status(), 200);
    let path = "/_control/items";
    let through_the_account = rig.bare(Method::GET, path).bearer_auth(rig.emulator.control_token()).send().await;
    assert_eq!(through_the_account.unwrap().status(), 401, "the account's port has no control");
}

#[tokio::test]
async fn faults_are_injected_and_cleared() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    let fault = json!({ "effect": { "kind": "stale_not_found" }, "verbs": ["read"], "container": "owners" });
    let injected = control(&rig, Method::POST, "/faults").json(&fault).send().await.unwrap();
    assert_eq!(injected.status(), 204);
    assert_eq!(value(&container, "a").await, Err(404));
    assert_eq!(control(&rig, Method::DELETE, "/faults").send().await.unwrap().status(), 204);
    assert_eq!(value(&container, "a").await, Ok(1));
}

#[tokio::test]
async fn a_fault_that_cannot_be_is_400() {
    let rig = Rig::start().await;
    for fault in
        [json!({}), json!({ "effect": { "kind": "explode" } }), json!({ "effect": { "kind": "dropped" }, "n": 1 })]
    {
        let refused = control(&rig, Method::POST, "/faults").json(&fault).send().await.unwrap();
        assert_eq!(refused.status(), 400, "{fault}");
        assert!(refused.json::<Value>().await.unwrap()["error"].is_string());
    }
    assert_eq!(control(&rig, Method::GET, "/nothing").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn operations_and_items_are_read_over_http() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    let operations = control(&rig, Method::GET, "/operations").send().await.unwrap();
    let operations: Vec<Operation> = operations.json().await.unwrap();
    assert_eq!(operations, rig.emulator.operations());
    assert_eq!(operations[0].verb, Verb::Create);
    let items: Value = control(&rig, Method::GET, "/items").send().await.unwrap().json().await.unwrap();
    assert_eq!(items[0]["value"], 1);
    let metadata: Value = control(&rig, Method::GET, "/metadata").send().await.unwrap().json().await.unwrap();
    assert!(!metadata.as_array().unwrap().is_empty());
    assert_eq!(control(&rig, Method::DELETE, "/operations").send().await.unwrap().status(), 204);
    assert_eq!(rig.emulator.operations(), []);
}

#[tokio::test]
async fn down_and_up_work_from_outside() {
    let rig = Rig::start().await;
    assert_eq!(control(&rig, Method::POST, "/down").send().await.unwrap().status(), 204);
    rig.bare(Method::GET, "/").send().await.unwrap_err();
    assert_eq!(control(&rig, Method::POST, "/up").send().await.unwrap().status(), 204);
    assert_eq!(rig.bare(Method::GET, "/").send().await.unwrap().status(), 200);
}
