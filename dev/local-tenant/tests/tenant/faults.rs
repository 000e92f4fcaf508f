//! The fault API in process: what was asked for befalls exactly the next requests to one endpoint.

use local_tenant::{Endpoint, Fault, FaultError, Member};
use serde_json::{Value, json};

use crate::support::{CAPABILITIES, Local, assert_refused, claims, redirected, set};

const CHALLENGE: &str = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
const GRAPH: &str = "https://graph.microsoft.com/User.Read";

async fn refresh(local: &Local, refresh_token: &Value) -> (reqwest::StatusCode, Value) {
    let (token, scope) = (refresh_token.as_str().unwrap(), local.middle_tier());
    local.token(&[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", &scope)]).await
}

async fn me(local: &Local, token: &Value) -> reqwest::Response {
    let url = format!("{}/v1.0/me", local.tenant.base_url());
    local.http.get(url).bearer_auth(token.as_str().unwrap()).send().await.unwrap()
}

fn fail(local: &Local, endpoint: Endpoint, fault: Fault) {
    local.tenant.fail_next(endpoint, 1, fault).unwrap();
}

fn aadsts(number: u32, claims: Option<&str>) -> Fault {
    Fault::Aadsts { number, suberror: None, claims: claims.map(str::to_owned) }
}

#[tokio::test]
async fn the_next_requests_to_the_endpoint_fail_and_no_others() {
    let local = Local::silent().await;
    let answer = local.sign_in().await;
    let fault = Fault::Status { status: 503, body: "<html>".into() };
    local.tenant.fail_next(Endpoint::RefreshToken, 2, fault).unwrap();
    assert_eq!(local.exchange(answer["access_token"].as_str().unwrap(), GRAPH).await.0, 200, "another grant type");
    for _ in 0..2 {
        let form = local.form(&[("grant_type", "refresh_token"), ("refresh_token", "any")]).await;
        let response = local.http.post(local.url("oauth2/v2.0/token")).form(&form).send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (503, "<html>"));
    }
    assert_eq!(refresh(&local, &answer["refresh_token"]).await.0, 200);
}

#[tokio::test]
async fn faults_of_one_endpoint_queue_up_and_are_forgotten_when_told() {
    let local = Local::silent().await;
    let answer = local.sign_in().await;
    for number in [90033, 70000, 7_000_215] {
        fail(&local, Endpoint::RefreshToken, aadsts(number, None));
    }
    assert_refused(&refresh(&local, &answer["refresh_token"]).await, (503, "temporarily_unavailable", 90033));
    assert_refused(&refresh(&local, &answer["refresh_token"]).await, (400, "invalid_grant", 70000));
    local.tenant.clear_faults();
    assert_eq!(refresh(&local, &answer["refresh_token"]).await.0, 200);
}

/// Each number with its status, its word and its sub-error, in exactly the members that Entra sends.
#[tokio::test]
async fn every_number_has_entras_shape() {
    let local = Local::silent().await;
    let refresh_token = local.sign_in().await["refresh_token"].clone();
    let rows: [(u32, u16, &str, Option<&str>); 14] = [
        (9_010_010, 400, "invalid_target", None),
        (50011, 400, "invalid_request", None),
        (70008, 400, "invalid_grant", None),
        (54005, 400, "invalid_grant", None),
        (50013, 400, "invalid_grant", None),
        (65001, 400, "invalid_grant", Some("consent_required")),
        (50076, 400, "invalid_grant", Some("basic_action")),
        (50079, 400, "interaction_required", Some("basic_action")),
        (7_000_215, 401, "invalid_client", None),
        (700_027, 401, "invalid_client", None),
        (90014, 400, "invalid_request", None),
        (90009, 400, "invalid_request", None),
        (90033, 503, "temporarily_unavailable", None),
        (90055, 429, "temporarily_unavailable", None),
    ];
    let always = ["correlation_id", "error", "error_codes", "error_description", "error_uri", "timestamp", "trace_id"];
    for (number, status, error, suberror) in rows {
        fail(&local, Endpoint::RefreshToken, aadsts(number, None));
        let answer = refresh(&local, &refresh_token).await;
        assert_refused(&answer, (status, error, number));
        let mut body = answer.1.as_object().unwrap().clone();
        assert_eq!(body.remove("suberror").as_ref().and_then(Value::as_str), suberror, "{number}");
        assert!(body.keys().eq(always), "{number}: {body:?}");
    }
}

#[tokio::test]
async fn a_suberror_may_be_chosen() {
    let local = Local::silent().await;
    let refresh_token = local.sign_in().await["refresh_token"].clone();
    let fault = Fault::Aadsts { number: 70000, suberror: Some("bad_token".into()), claims: None };
    fail(&local, Endpoint::RefreshToken, fault);
    assert_eq!(refresh(&local, &refresh_token).await.1["suberror"], "bad_token");
}

#[tokio::test]
async fn demanded_claims_are_honoured_from_then_on() {
    let local = Local::silent().await;
    let merged = r#"{"access_token":{"xms_cc":{"values":["cp1"]},"acrs":{"essential":true,"value":"c1"}}}"#;
    let asking = set(local.authorization(), "claims", Some(merged));
    assert_eq!(redirected(&local.authorize(&asking).await)["error"], "invalid_request", "nobody demanded it");
    let answer = local.sign_in().await;
    fail(&local, Endpoint::RefreshToken, aadsts(50076, Some(CHALLENGE)));
    let refused = refresh(&local, &answer["refresh_token"]).await;
    assert_refused(&refused, (400, "invalid_grant", 50076));
    assert_eq!((&refused.1["claims"], &refused.1["suberror"]), (&json!(CHALLENGE), &json!("basic_action")));
    let code = redirected(&local.authorize(&asking).await)["code"].clone();
    let form = set(local.redemption(&code).await, "claims", Some(merged));
    let (status, body) = local.post(&form).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(claims(&body["access_token"])["xms_cc"], json!(["cp1"]));
}

#[tokio::test]
async fn an_exchange_may_demand_interaction() {
    let local = Local::silent().await;
    let answer = local.sign_in().await;
    fail(&local, Endpoint::OnBehalfOf, Fault::Claims { claims: CHALLENGE.into() });
    let refused = local.exchange(answer["access_token"].as_str().unwrap(), GRAPH).await;
    assert_refused(&refused, (400, "interaction_required", 50079));
    assert_eq!(refused.1["claims"], CHALLENGE);
}

#[tokio::test]
async fn graph_may_demand_claims() {
    let local = Local::silent().await;
    let answer = local.sign_in().await;
    let token = local.exchange(answer["access_token"].as_str().unwrap(), GRAPH).await.1["access_token"].clone();
    fail(&local, Endpoint::GraphMe, Fault::Claims { claims: r#"{"access_token":{}}"#.into() });
    let response = me(&local, &token).await;
    assert_eq!(response.status(), 401);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.starts_with(r#"Bearer realm="", authorization_uri=""#), "{challenge}");
    let end = r#", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ==""#;
    assert!(challenge.ends_with(end), "{challenge}");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
    assert_eq!(me(&local, &token).await.status(), 200);
}

#[tokio::test]
async fn everybody_can_be_throttled_in_their_own_words() {
    let local = Local::silent().await;
    let answer = local.sign_in().await;
    let throttled = |retry_after| Fault::Throttled { retry_after };
    fail(&local, Endpoint::GraphMe, throttled(Some(7)));
    let graph = me(&local, &answer["access_token"]).await;
    assert_eq!((graph.status().as_u16(), graph.headers()["retry-after"].as_bytes()), (429, &b"7"[..]));
    assert_eq!(graph.json::<Value>().await.unwrap()["error"]["code"], "TooManyRequests");
    fail(&local, Endpoint::Identity, throttled(Some(1)));
    let identity = local.http.get(local.setting("IDENTITY_ENDPOINT")).send().await.unwrap();
    assert_eq!((identity.status().as_u16(), identity.headers()["retry-after"].as_bytes()), (429, &b"1"[..]));
    assert_eq!(identity.json::<Value>().await.unwrap()["statusCode"], 429);
    fail(&local, Endpoint::Keys, throttled(None));
    let keys = local.http.get(local.url("discovery/v2.0/keys")).send().await.unwrap();
    assert_eq!((keys.status().as_u16(), keys.headers().get("retry-after")), (429, None));
}

#[tokio::test]
async fn a_connection_is_dropped_before_anything_happened() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    fail(&local, Endpoint::AuthorizationCode, Fault::Dropped);
    assert!(local.http.post(local.url("oauth2/v2.0/token")).form(&form).send().await.is_err());
    assert_eq!(local.post(&form).await.0, 200, "the code was not redeemed");
}

#[tokio::test]
async fn an_answer_is_lost_after_everything_happened() {
    let local = Local::silent().await;
    let form = local.redemption(&local.code().await).await;
    fail(&local, Endpoint::AuthorizationCode, Fault::AnswerLost);
    assert!(local.http.post(local.url("oauth2/v2.0/token")).form(&form).send().await.is_err());
    assert_refused(&local.post(&form).await, (400, "invalid_grant", 54005));
}

#[tokio::test]
async fn a_held_request_waits_until_it_is_released() {
    let local = Local::silent().await;
    fail(&local, Endpoint::Keys, Fault::Held);
    let request = tokio::spawn(local.http.get(local.url("discovery/v2.0/keys")).send());
    local.tenant.until_held(1).await;
    assert!(!request.is_finished());
    local.tenant.release();
    assert_eq!(request.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_slow_answer_is_late_and_right() {
    let local = Local::silent().await;
    fail(&local, Endpoint::Keys, Fault::Slow { milliseconds: 60_000 });
    tokio::time::pause();
    let asked = tokio::time::Instant::now();
    assert_eq!(local.http.get(local.url("discovery/v2.0/keys")).send().await.unwrap().status(), 200);
    assert!(asked.elapsed() >= std::time::Duration::from_mins(1));
}

#[tokio::test]
async fn a_fault_that_could_not_happen_is_refused() {
    let local = Local::start().await;
    let claims = |claims: &str| Fault::Claims { claims: claims.into() };
    let cases = [
        (Endpoint::Keys, aadsts(1, None), FaultError::UnknownNumber(1)),
        (Endpoint::GraphMe, aadsts(65001, None), FaultError::Endpoint(Endpoint::GraphMe)),
        (Endpoint::Keys, claims(CHALLENGE), FaultError::Endpoint(Endpoint::Keys)),
        (Endpoint::Keys, aadsts(50076, Some(CHALLENGE)), FaultError::Endpoint(Endpoint::Keys)),
        (Endpoint::GraphMe, claims("{}"), FaultError::Claims),
        (Endpoint::Keys, Fault::Status { status: 199, body: String::new() }, FaultError::Status(199)),
    ];
    for (endpoint, fault, expected) in cases {
        assert_eq!(local.tenant.fail_next(endpoint, 1, fault), Err(expected));
    }
}

#[tokio::test]
async fn requests_are_recorded_without_secrets() {
    let local = Local::silent().await;
    let answer = local.sign_in().await;
    local.exchange(answer["access_token"].as_str().unwrap(), GRAPH).await;
    let requests = local.tenant.requests();
    let exchange = requests.last().unwrap();
    assert_eq!((exchange.method.as_str(), exchange.path.ends_with("/oauth2/v2.0/token")), ("POST", true));
    let names: Vec<&str> = exchange.form.iter().map(|member| member.name.as_str()).collect();
    let client = ["client_id", "client_assertion_type", "client_assertion"];
    assert_eq!(names, [&client[..], &["grant_type", "requested_token_use", "assertion", "scope", "claims"]].concat());
    assert_eq!(exchange.form_value("claims"), Some(CAPABILITIES));
    let unknown = local.http.post(local.url("oauth2/v2.0/token?code=c1")).form(&[("unknown", "u1")]);
    assert_eq!(unknown.send().await.unwrap().status(), 400);
    let requests = local.tenant.requests();
    let is_secret = |members: &[Member], name: &str| members.iter().any(|m| m.name == name && m.value.is_none());
    let last = requests.last().unwrap();
    assert!(is_secret(&last.query, "code") && is_secret(&last.form, "unknown"), "{last:?}");
    let text = serde_json::to_string(&requests).unwrap();
    for secret in [answer["access_token"].as_str().unwrap(), local.setting("IDENTITY_HEADER"), &local.assertion().await]
    {
        assert!(!text.contains(secret));
    }
    local.tenant.forget_requests();
    assert!(local.tenant.requests().is_empty());
}

#[tokio::test]
async fn a_test_can_sign_what_a_forger_would() {
    let local = Local::silent().await;
    let token = Value::from(local.tenant.sign(&json!({ "sub": "anybody" })));
    assert_eq!(claims(&token)["sub"], "anybody");
    assert_eq!(me(&local, &token).await.status(), 401, "signed rightly, and still not for Graph");
}
