//! The fault API over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Local, claims};

async fn control(local: &Local, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let url = format!("{}/_control/{path}", local.tenant.base_url());
    let mut request = local.http.request(method, url).bearer_auth(local.tenant.control_token());
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

async fn plan(local: &Local, plan: Value) -> (StatusCode, Value) {
    control(local, Method::POST, "faults", Some(plan)).await
}

async fn keys(local: &Local) -> StatusCode {
    local.http.get(local.url("discovery/v2.0/keys")).send().await.unwrap().status()
}

#[tokio::test]
async fn faults_are_planned() {
    let local = Local::start().await;
    let failing = json!({ "endpoint": "keys", "times": 2, "fault": { "kind": "status", "status": 500 } });
    assert_eq!(plan(&local, failing).await.0, 204);
    assert_eq!([keys(&local).await, keys(&local).await, keys(&local).await], [500, 500, 200]);
}

#[tokio::test]
async fn every_kind_is_understood() {
    let local = Local::start().await;
    for fault in [
        json!({ "kind": "status", "status": 502, "body": "{}" }),
        json!({ "kind": "aadsts", "number": 50076, "suberror": "basic_action", "claims": "{\"access_token\":{}}" }),
        json!({ "kind": "claims", "claims": "{\"access_token\":{}}" }),
        json!({ "kind": "throttled", "retry_after": 3 }),
        json!({ "kind": "throttled" }),
        json!({ "kind": "slow", "milliseconds": 100 }),
        json!({ "kind": "held" }),
        json!({ "kind": "dropped" }),
        json!({ "kind": "answer_lost" }),
    ] {
        let (status, body) = plan(&local, json!({ "endpoint": "on_behalf_of", "fault": fault })).await;
        assert_eq!(status, 204, "{body}");
    }
    for endpoint in ["authorization_code", "refresh_token", "keys", "identity", "graph_me"] {
        assert_eq!(plan(&local, json!({ "endpoint": endpoint, "fault": { "kind": "dropped" } })).await.0, 204);
    }
}

#[tokio::test]
async fn a_malformed_fault_is_refused_with_the_reason() {
    let local = Local::start().await;
    for (wrong, reason) in [
        (json!({ "endpoint": "keys" }), "fault"),
        (json!({ "endpoint": "logout", "fault": { "kind": "held" } }), "logout"),
        (json!({ "endpoint": "keys", "fault": { "kind": "explode" } }), "explode"),
        (json!({ "endpoint": "keys", "time": 2, "fault": { "kind": "held" } }), "time"),
        (json!({ "endpoint": "keys", "fault": { "kind": "status", "status": 503, "bode": "" } }), "bode"),
        (json!({ "endpoint": "keys", "fault": { "kind": "aadsts", "number": 1 } }), "AADSTS1"),
    ] {
        let (status, body) = plan(&local, wrong).await;
        assert_eq!(status, 400);
        assert!(body["error"].as_str().unwrap().contains(reason), "{body}");
    }
}

#[tokio::test]
async fn without_the_token_nothing_is_told_or_done() {
    let local = Local::start().await;
    for (method, path) in [(Method::POST, "faults"), (Method::GET, "requests")] {
        let url = format!("{}/_control/{path}", local.tenant.base_url());
        let plan = json!({ "endpoint": "keys", "fault": { "kind": "status", "status": 500 } });
        let request = local.http.request(method, url).json(&plan);
        assert_eq!(request.try_clone().unwrap().send().await.unwrap().status(), 401, "{path}");
        assert_eq!(request.bearer_auth("guessed").send().await.unwrap().status(), 401, "{path}");
    }
    assert_eq!(keys(&local).await, 200);
}

#[tokio::test]
async fn requests_are_read_over_http() {
    let local = Local::start().await;
    assert_eq!(keys(&local).await, 200);
    let (_, requests) = control(&local, Method::GET, "requests", None).await;
    assert!(requests[0]["path"].as_str().unwrap().ends_with("/keys"), "{requests}");
    assert_eq!(requests.as_array().unwrap().len(), 1, "control itself is not recorded");
}

#[tokio::test]
async fn the_clock_is_moved_on_and_back() {
    let local = Local::start().await;
    let issued = || claims(&local.tenant.gateway_token().into())["iat"].as_i64().unwrap();
    let before = issued();
    let moved =
        async |seconds: i64| control(&local, Method::POST, "clock", Some(json!({ "seconds": seconds }))).await.0;
    assert_eq!(moved(3600).await, 204);
    assert!(issued() >= before + 3600);
    assert_eq!(moved(-7200).await, 204);
    assert!(issued() < before);
    assert_eq!(moved(i64::MAX).await, 400);
}

#[tokio::test]
async fn the_lifetime_of_access_tokens_for_the_app_is_set_and_put_back() {
    let local = Local::silent().await;
    let call = async |path: &str, body: Value| control(&local, Method::POST, path, Some(body)).await.0;
    let lifetime = async || {
        let answer = local.sign_in().await;
        let claims = claims(&answer["access_token"]);
        let seconds = answer["expires_in"].as_i64().unwrap();
        assert_eq!(answer["ext_expires_in"], seconds);
        let dated_back = 300;
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap(), seconds + dated_back);
        (seconds, answer["access_token"].as_str().unwrap().to_owned())
    };
    for (path, back) in [("token-lifetime", json!({})), ("reset", json!({}))] {
        assert_eq!(call("token-lifetime", json!({ "seconds": 75 })).await, 204);
        let (seconds, token) = lifetime().await;
        assert_eq!(seconds, 75);
        let (_, graph) = local.exchange(&token, "https://graph.microsoft.com/User.Read").await;
        assert_eq!(graph["expires_in"], 4500, "a token for Graph");
        assert_eq!(call(path, back).await, 204);
        assert_eq!(lifetime().await.0, 4500);
    }
    for wrong in [json!({ "seconds": -1 }), json!({ "minutes": 1 })] {
        assert_eq!(call("token-lifetime", wrong).await, 400);
    }
}
