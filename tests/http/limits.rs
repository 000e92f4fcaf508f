//! One caller who takes too much leaves enough to others.

use futures_util::future::join_all;
use local_tenant::{Endpoint, Fault};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Tokens, redemption, refresh_target},
    deployment::{Deployment, body, tool_call},
};

/// The tokens of a user's client.
async fn tokens_of(server: &Deployment, user: &'static str) -> Tokens {
    let client_id = server.register().await;
    let mut browser = Browser { user, ..Browser::default() };
    let code = browser.sign_in(server, &client_id).await.get("code").unwrap();
    let (_, answer) = server.token(&redemption(&client_id, &code)).await;
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    Tokens { access_token: text("access_token"), refresh_token: text("refresh_token"), client_id }
}

/// So many of the same message at once.
async fn flood(server: &Deployment, token: &str, message: &Value, times: usize) -> Vec<Response> {
    let sent = (0..times).map(|_| server.mcp(token, message).send());
    join_all(sent).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn one_user_floods_and_another_at_the_same_address_goes_on() {
    let server = Deployment::start_behind_gateway(|_| {}).await;
    let alice = tokens_of(&server, "alice@contoso.example").await;
    let bob = tokens_of(&server, "bob@contoso.example").await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let mut refused = Vec::new();
    for _ in 0..13 {
        let answers = flood(&server, &alice.access_token, &list, 100).await;
        assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status().as_u16())));
        refused.extend(answers.into_iter().filter(|answer| answer.status() == 429));
    }
    assert!(refused.len() >= 100, "{} were refused", refused.len());
    for answer in &refused {
        let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    assert_eq!(server.mcp(&bob.access_token, &list).send().await.unwrap().status(), 200);
    assert_eq!(server.refresh(&bob.client_id, &bob.refresh_token).await.0, 200);
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/mcp"] {
        assert_eq!(server.get(path).send().await.unwrap().status(), 200, "{path}");
    }
    assert_eq!(server.refresh(&alice.client_id, &alice.refresh_token).await.0, 200, "she stays signed in");
}

#[tokio::test]
async fn of_many_calls_at_once_a_few_reach_graph_and_the_others_are_told_to_wait() {
    const CALLS_OF_ONE_CLIENT: usize = 12;
    let server = Deployment::start().await;
    let tenant = server.tenant.as_ref().unwrap();
    let tokens = tokens_of(&server, "bob@contoso.example").await;
    server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap();
    tenant.forget_requests();
    tenant.fail_next(Endpoint::GraphMe, 400, Fault::Held).unwrap();
    let calls = async {
        let answers = flood(&server, &tokens.access_token, &tool_call(), 400).await;
        let mut outcomes = (0, 0, 0);
        for answer in answers {
            if answer.status() == 429 {
                outcomes.2 += 1;
            } else if body(answer).await["result"]["isError"] == true {
                outcomes.1 += 1;
            } else {
                outcomes.0 += 1;
            }
        }
        outcomes
    };
    let others = async {
        tenant.until_held(CALLS_OF_ONE_CLIENT).await;
        let told = loop {
            let answer = server.mcp(&tokens.access_token, &tool_call()).send().await.unwrap();
            if answer.status() == 429 {
                break answer;
            }
            let answer = body(answer).await;
            let text = driver::mcp::tool_error(&answer).unwrap();
            assert!(text.contains("Too many of your tool calls"), "{text}");
        };
        assert!(told.headers().contains_key("retry-after"));
        tenant.clear_faults();
    };
    let ((served, told_to_wait, refused), ()) = tokio::join!(calls, others);
    assert_eq!(served + told_to_wait + refused, 400);
    assert!(served >= CALLS_OF_ONE_CLIENT && told_to_wait > 0 && refused > 0, "{served} {told_to_wait} {refused}");
    let asked = tenant.requests().iter().filter(|request| request.path == "/v1.0/me").count();
    assert_eq!(asked, served);
    assert!(asked < 100, "{asked} reached Graph");
    let log = server.whole_log().await;
    let event = log.lines().find(|line| line.contains("\"reason\":\"tool-calls-at-once\"")).expect("an event");
    assert!(event.contains("\"event\":\"limit_reached\"") && event.contains("\"owner\":"), "{event}");
}

#[tokio::test]
async fn a_sign_in_to_connections_is_redeemed_once_however_often_it_comes_back() {
    let server = Deployment::start().await;
    let tenant = server.tenant.as_ref().unwrap();
    let mut browser = Browser::default();
    let page = browser.post(&server, "/connections", &[("action", "sign-in")]).await.text().await.unwrap();
    let callback = browser.choose_account(&server, &refresh_target(&page)).await;
    let (before, code) = callback.split_once("code=").unwrap();
    let after = code.split_once('&').map_or("", |(_, rest)| rest);
    tenant.forget_requests();
    let junk = (0..200)
        .map(|number| browser.navigation(&server, &format!("{before}code=junk{number}&{after}"), "cross-site").send());
    for answer in join_all(junk).await {
        let status = answer.unwrap().status().as_u16();
        assert!([302, 403].contains(&status), "{status}");
    }
    let asked = tenant.requests().iter().filter(|request| request.path.ends_with("/oauth2/v2.0/token")).count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn an_address_that_comes_back_too_often_waits_and_its_sign_in_is_not_lost() {
    let server = Deployment::start_with(&[("MCP_LIMITS", "callbacks-per-minute=1")]).await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    browser.sign_in(&server, &client_id).await;
    // Another comes back for each minute that passes meanwhile.
    let mut taken = 0;
    let answer = loop {
        let form = browser.authorize(&server, &client_id).await;
        let callback = browser.allow(&server, &form).await;
        let answer = browser.get(&server, &callback).await;
        if answer.status() == 429 {
            break answer;
        }
        taken += 1;
        assert!(taken < 100, "{} at last", answer.status());
    };
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(answer.text().await.unwrap().contains("Too many requests"));
    assert!(browser.cookies.keys().any(|name| name.contains("ENTRA_STATE")), "{:?}", browser.cookies.keys());
}

#[tokio::test]
async fn a_flood_of_refused_requests_is_one_log_line_a_second_for_each_endpoint_and_status() {
    const FLOOD: u64 = 200;
    let server = Deployment::start().await;
    for _ in 0..FLOOD / 50 {
        join_all((0..50).map(|_| server.post("/mcp").json(&tool_call()).send())).await;
    }
    assert_eq!(server.post("/token").form(&[("a", "b")]).send().await.unwrap().status(), 400);
    let log = server.whole_log().await;
    let lines: Vec<Value> =
        log.lines().filter_map(|line| serde_json::from_str(line.get(line.find('{')?..)?).ok()).collect();
    let of = |member: &str, value: &str, endpoint: &str| -> Vec<u64> {
        let refused = lines.iter().filter(|line| line[member] == value && line["endpoint"] == endpoint);
        refused.map(|line| line["requests"].as_u64().unwrap()).collect()
    };
    let requests = of("message", "request", "mcp");
    assert!(!requests.is_empty() && requests.len() < 100, "{} lines", requests.len());
    assert!(requests.iter().sum::<u64>() <= FLOOD, "{requests:?}");
    assert_eq!(of("message", "request", "token"), [1], "another endpoint has a line of its own");
}
