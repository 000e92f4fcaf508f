//! The audit log: who got what, how it ended, and what was refused.

use authorization_server::ground::{EventName, Severity};
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Tokens, authorize_url, between, redemption, refresh_target, tokens},
    deployment::{Deployment, tool_call},
    step_up::sent,
    stream::{Stream, initialize, post},
};

/// The audit events so far.
async fn events(server: &Deployment) -> Vec<Value> {
    let log = server.whole_log().await;
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["target"] == "audit").collect()
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

/// The reasons of all events of this name.
async fn reasons(server: &Deployment, name: &str) -> Vec<String> {
    let events = events(server).await;
    let named = events.iter().filter(|event| event["event"] == name);
    named.map(|event| event["reason"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn streamable_http(server: &Deployment, tokens: &Tokens) {
    assert_eq!(server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap().status(), 200);
}

async fn http_and_sse(server: &Deployment, tokens: &Tokens) {
    let token = &tokens.access_token;
    let mut stream = Stream::open(server, token).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(server, &endpoint, token, &initialize()).await, 202);
    stream.message().await;
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(post(server, &endpoint, token, &initialized).await, 202);
    assert_eq!(post(server, &endpoint, token, &tool_call()).await, 202);
    assert!(stream.message().await["result"]["structuredContent"]["success"].as_bool().unwrap());
}

async fn revoke(server: &Deployment, tokens: &Tokens) {
    let form = [("client_id", tokens.client_id.as_str()), ("token", &tokens.refresh_token)];
    assert_eq!(server.post("/revoke").form(&form).send().await.unwrap().status(), 200);
}

/// The events of a flow from the registration to the revocation, with this call of a tool in it.
async fn flow(server: &Deployment, call: impl AsyncFnOnce(&Deployment, &Tokens)) -> Vec<Value> {
    let tokens = tokens(server).await;
    call(server, &tokens).await;
    let (status, _) = server.refresh(&tokens.client_id, &tokens.refresh_token).await;
    assert_eq!(status, 200);
    revoke(server, &tokens).await;
    let events = events(server).await;
    assert!(
        !events.is_empty() && events.iter().all(|event| event["client"] == tokens.client_id.as_str()),
        "{events:?}"
    );
    events
}

const FLOW: [&str; 6] =
    ["client_registered", "consent_allowed", "signed_in", "grant_made", "grant_refreshed", "grant_ended"];

fn is_one_flow(events: &[Value]) {
    assert_eq!(names(events), FLOW);
    let [_, allowed, signed_in, made, refreshed, ended] = events else { panic!("{events:?}") };
    assert_eq!(signed_in["authorization"], allowed["authorization"]);
    for of_grant in [made, refreshed, ended] {
        assert_eq!((&of_grant["grant"], &of_grant["owner"]), (&allowed["authorization"], &signed_in["owner"]));
        assert_eq!((&of_grant["target"], of_grant["trace_id"].is_string()), (&"audit".into(), true));
    }
    assert_eq!((&ended["reason"], &refreshed["level"]), (&"revoked by the client".into(), &"DEBUG".into()));
}

#[tokio::test]
async fn a_flow_with_streamable_http_is_exactly_its_six_events() {
    is_one_flow(&flow(&Deployment::start().await, streamable_http).await);
}

#[tokio::test]
async fn a_flow_with_http_and_sse_is_exactly_its_six_events() {
    is_one_flow(&flow(&Deployment::start().await, http_and_sse).await);
}

#[tokio::test]
async fn an_audit_event_names_nobody() {
    let server = Deployment::start().await;
    let events = flow(&server, streamable_http).await;
    is_one_flow(&events);
    let log = events.iter().map(ToString::to_string).collect::<String>();
    for name in ["bob", "Bob", "contoso.example", "Test client", "127.0.0.1", "callback"] {
        assert!(!log.contains(name), "{name} in {log}");
    }
}

#[tokio::test]
async fn a_denial_and_its_undoing_are_events() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let page = browser.decide(&server, &form, "deny").await.text().await.unwrap();
    let undo = crate::browser::consent_form(&page);
    assert_eq!(browser.decide(&server, &undo, "undo").await.status(), 200);
    assert_eq!(names(&events(&server).await), ["client_registered", "consent_denied", "denial_undone"]);
}

#[tokio::test]
async fn clicks_that_undo_a_denial_again_and_again_are_counted() {
    const CLICKS: usize = 50;
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let page = browser.decide(&server, &form, "deny").await.text().await.unwrap();
    let undo = crate::browser::consent_form(&page);
    let cookies = browser.cookies.clone();
    for _ in 0..CLICKS {
        browser.cookies.clone_from(&cookies);
        assert_eq!(browser.decide(&server, &undo, "undo").await.status(), 200);
    }
    let events = events(&server).await;
    let undone: Vec<_> = events.iter().filter(|event| event["event"] == "denial_undone").collect();
    assert!(!undone.is_empty() && undone.len() < CLICKS, "{} lines", undone.len());
    assert_eq!(undone[0]["requests"], 1);
}

#[tokio::test]
async fn a_withdrawal_at_connections_names_its_owner_and_ends_the_grant() {
    let server = Deployment::start().await;
    let mut browser = Browser::default();
    let client_id = server.register().await;
    let code = browser.sign_in(&server, &client_id).await.get("code").unwrap();
    assert_eq!(server.token(&redemption(&client_id, &code)).await.0, 200);
    let page = browser.post(&server, "/connections", &[("action", "sign-in")]).await.text().await.unwrap();
    let callback = browser.choose_account(&server, &refresh_target(&page)).await;
    browser.get(&server, &callback).await;
    let page = browser.get(&server, &format!("{}/connections", server.url)).await.text().await.unwrap();
    let csrf = between(&page, "name=\"csrf\" value=\"", "\"");
    let before = events(&server).await.len();
    for action in ["revoke-all", "undo-denials", "sign-out"] {
        let fields = [("csrf", csrf.as_str()), ("action", action)];
        assert_eq!(browser.post(&server, "/connections", &fields).await.status(), 302);
    }
    let events = events(&server).await;
    assert_eq!(
        names(&events[before - 1..]),
        ["signed_in", "consent_withdrawn", "grant_ended", "denial_undone", "signed_out"]
    );
    assert!(events[before..].iter().all(|event| event["owner"] == events[before - 1]["owner"]), "{events:?}");
    assert_eq!(events[before + 1]["reason"], "withdrawn by the owner");
}

#[tokio::test]
async fn a_refused_sign_in_is_an_event_with_the_error_that_the_client_hears() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let callback = browser.allow(&server, &form).await;
    let code = between(&callback, "code=", "&");
    let refused = callback.replace(&format!("code={code}"), "error=access_denied");
    assert_eq!(browser.get(&server, &refused).await.status(), 302);
    assert_eq!(reasons(&server, "sign_in_failed").await, ["access_denied"]);
}

#[tokio::test]
async fn each_kind_of_refusal_is_an_event_with_its_reason() {
    let server = Deployment::start().await;
    let tokens = tokens(&server).await;
    let url = |path: &str| format!("{}{path}", server.url);
    let mut stream = Stream::open(&server, &tokens.access_token).await;
    let foreign = stream.endpoint().await.replace("sessionId=", "sessionId=A");
    let post_form = async |path: &str, form: &[(&str, &str)]| {
        server.post(path).form(form).send().await.unwrap();
    };
    server.get("/mcp").header("origin", "https://evil.example").send().await.unwrap();
    server.post("/register").json(&json!({ "redirect_uris": [] })).send().await.unwrap();
    server.http.get(authorize_url(&server, "AAAAAAAAAAAAAAAAAAAAAA", &[])).send().await.unwrap();
    server.http.get(authorize_url(&server, &tokens.client_id, &[("code_challenge", "")])).send().await.unwrap();
    post_form("/consent", &[("decision", "allow")]).await;
    server.http.get(url("/oauth-callback?state=x&code=y")).send().await.unwrap();
    server.http.get(url("/oauth-callback?code=y")).send().await.unwrap();
    post_form("/connections", &[("action", "revoke-all")]).await;
    post_form("/operator", &[("action", "block")]).await;
    let unknown_code = [("grant_type", "authorization_code"), ("client_id", tokens.client_id.as_str()), ("code", "x")];
    post_form("/token", &unknown_code).await;
    post_form("/token", &[("grant_type", "password")]).await;
    post_form("/revoke", &[("client_id", "AAAAAAAAAAAAAAAAAAAAAA"), ("token", "x")]).await;
    server.mcp("not-a-token", &tool_call()).send().await.unwrap();
    server.post("/mcp").json(&tool_call()).send().await.unwrap();
    assert_eq!(post(&server, &foreign, &tokens.access_token, &initialize()).await, 404);
    let params = json!({ "name": "search_mail", "arguments": { "query": "budget" } });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    assert_eq!(sent(&server, &tokens.access_token, &call, Some("2025-11-25")).await.status(), 403);
    let events = events(&server).await;
    let refused = |name: &str| {
        let of_name = events.iter().filter(|event| event["event"] == name);
        of_name.map(|event| event["reason"].as_str().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(refused("request_refused"), ["this origin may not call this server"]);
    let kinds = EventName::ALL.iter().filter(|name| name.severity() == Severity::Refusal);
    for name in kinds.map(|name| name.as_str()).filter(|name| name.ends_with("_refused")) {
        assert!(!refused(name).is_empty(), "this test refuses nothing that is {name}");
    }
    for (name, reasons) in [
        ("registration_refused", 1),
        ("authorization_refused", 2),
        ("consent_refused", 1),
        ("callback_refused", 1),
        ("connections_refused", 2),
        ("token_refused", 2),
        ("revocation_refused", 1),
        ("access_refused", 2),
        ("session_refused", 1),
    ] {
        assert_eq!(refused(name).len(), reasons, "{name}: {events:?}");
    }
    let client = |reason: &str| &events.iter().find(|event| event["reason"] == reason).unwrap()["client"];
    assert_eq!(client("the code is unknown"), tokens.client_id.as_str());
    assert_eq!(client("the client is not registered"), &Value::Null, "an unknown client's id is not proved");
}

#[tokio::test]
async fn a_flood_of_refusals_is_counted_and_not_written_line_by_line() {
    const FLOOD: usize = 300;
    let server = Deployment::start().await;
    for _ in 0..FLOOD {
        server.mcp("not-a-token", &tool_call()).send().await.unwrap();
    }
    let events = events(&server).await;
    let requests: u64 = events.iter().map(|event| event["requests"].as_u64().unwrap()).sum();
    assert!(!events.is_empty() && events.len() < FLOOD && requests <= FLOOD as u64, "{events:?}");
}
