//! One user's calls take all the places or all the memory that one user may take; what becomes of another's, on both
//! transports.

use local_tenant::{Endpoint, Fault, Tenant};
use remote_auth_mcp::{json_cost::tree_cost, mcp::sse::MAX_IN_FLIGHT};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    browser::{Browser, redemption, tokens},
    deployment::{Deployment, body, tool_call},
    stream::{Stream, initialize, post},
};

const CALLS: usize = 64;
/// The most that the messages of one user may take.
const OF_OWNER: usize = 8 * 1024 * 1024;

/// More than the head of a request takes.
const HEAD: usize = 2048;

/// A tool call that takes nearly as much memory as one message may, in a part that is not cut out.
fn large_call(id: usize) -> Value {
    let mut call = tool_call();
    call["id"] = json!(id);
    call["params"]["_meta"] = json!({ "padding": vec![json!({ "a": 0 }); 450] });
    call
}

/// The number of such calls that one user may have.
fn most() -> usize {
    OF_OWNER / cost(&large_call(0))
}

fn cost(call: &Value) -> usize {
    tree_cost(call.to_string().as_bytes())
}

/// A tool call that takes nearly a 64th of the memory of one user.
fn long_call(id: usize) -> Value {
    let mut call = tool_call();
    call["id"] = json!(id);
    call["params"]["_meta"] = json!({ "padding": "x".repeat(28_000) });
    call
}

/// A server where [`CALLS`] calls of one client of one user may run.
async fn wide() -> Deployment {
    let limits = format!("tool-calls-at-once={}", 2 * CALLS);
    let server = Deployment::start_with(&[("MCP_LIMITS", &limits)]).await;
    let share = OF_OWNER / CALLS;
    assert!(
        (share - share / 8..share - HEAD).contains(&cost(&long_call(0))),
        "the share of memory must not come first"
    );
    server
}

async fn token_of(server: &Deployment, user: &'static str) -> String {
    let client_id = server.register().await;
    let mut browser = Browser { user, ..Browser::default() };
    let code = browser.sign_in(server, &client_id).await.get("code").unwrap();
    let (_, answer) = server.token(&redemption(&client_id, &code)).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

fn reached(tenant: &Tenant) -> usize {
    tenant.requests().iter().filter(|request| request.path == "/v1.0/me").count()
}

async fn succeeds(server: &Deployment, token: &str) {
    let answered = server.mcp(token, &tool_call()).send().await.unwrap();
    assert_eq!(answered.status(), 200);
    let answer = body(answered).await;
    assert_eq!(answer["result"]["structuredContent"]["success"], true, "{answer}");
}

#[tokio::test]
async fn large_calls_of_one_user_end_at_its_share_of_memory_and_hold_up_no_other_user() {
    let server = Deployment::start().await;
    let (one, other) = (tokens(&server).await.access_token, token_of(&server, "alice@contoso.example").await);
    let (tenant, most) = (server.tenant.as_ref().unwrap(), most());
    assert!((5..12).contains(&most), "{most}: the limit of calls at once must not come first");
    tenant.forget_requests();
    tenant.fail_next(Endpoint::GraphMe, most, Fault::Held).unwrap();
    let mut held = JoinSet::new();
    for id in 0..most {
        held.spawn(server.mcp(&one, &large_call(id)).send());
        tenant.until_held(id + 1).await;
    }
    for id in most..CALLS {
        let refused = server.mcp(&one, &large_call(id)).send().await.unwrap();
        assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (503, true));
    }
    assert_eq!(reached(tenant), most);
    succeeds(&server, &other).await;
    tenant.release();
    for answered in held.join_all().await {
        let answer = body(answered.unwrap()).await;
        assert_eq!(answer["result"]["structuredContent"]["success"], true, "{answer}");
    }
    succeeds(&server, &one).await;
}

#[tokio::test]
async fn while_64_large_calls_of_one_user_run_another_users_call_finishes() {
    let server = wide().await;
    let (one, other) = (tokens(&server).await.access_token, token_of(&server, "alice@contoso.example").await);
    let tenant = server.tenant.as_ref().unwrap();
    tenant.forget_requests();
    tenant.fail_next(Endpoint::GraphMe, CALLS, Fault::Held).unwrap();
    let mut held = JoinSet::new();
    for id in 0..CALLS {
        held.spawn(server.mcp(&one, &long_call(id)).send());
    }
    tenant.until_held(CALLS).await;
    succeeds(&server, &other).await;
    assert_eq!((reached(tenant), held.try_join_next().is_none()), (CALLS + 1, true), "they are all still held");
    tenant.release();
    for answered in held.join_all().await {
        let answer = body(answered.unwrap()).await;
        assert_eq!(answer["result"]["structuredContent"]["success"], true, "{answer}");
    }
}

#[tokio::test]
async fn while_64_large_calls_on_one_users_streams_run_another_users_call_finishes() {
    let server = wide().await;
    let (one, other) = (tokens(&server).await.access_token, token_of(&server, "alice@contoso.example").await);
    let tenant = server.tenant.as_ref().unwrap();
    tenant.forget_requests();
    tenant.fail_next(Endpoint::GraphMe, CALLS, Fault::Held).unwrap();
    let mut streams = Vec::new();
    for _ in 0..CALLS / MAX_IN_FLIGHT {
        let mut stream = Stream::open(&server, &one).await;
        let endpoint = stream.endpoint().await;
        assert_eq!(post(&server, &endpoint, &one, &initialize()).await, 202);
        stream.message().await;
        for id in 0..MAX_IN_FLIGHT {
            assert_eq!(post(&server, &endpoint, &one, &long_call(100 + id)).await, 202);
        }
        streams.push(stream);
    }
    tenant.until_held(CALLS).await;
    succeeds(&server, &other).await;
    assert_eq!(reached(tenant), CALLS + 1);
    tenant.release();
    for mut stream in streams {
        for _ in 0..MAX_IN_FLIGHT {
            let answer = stream.message().await;
            assert_eq!(answer["result"]["structuredContent"]["success"], true, "{answer}");
        }
    }
}

#[tokio::test]
async fn large_calls_on_one_users_stream_end_at_its_share_of_memory_and_hold_up_no_other_user() {
    let server = Deployment::start().await;
    let (one, other) = (tokens(&server).await.access_token, token_of(&server, "alice@contoso.example").await);
    let (tenant, most) = (server.tenant.as_ref().unwrap(), most());
    let mut stream = Stream::open(&server, &one).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(&server, &endpoint, &one, &initialize()).await, 202);
    stream.message().await;
    tenant.forget_requests();
    tenant.fail_next(Endpoint::GraphMe, most, Fault::Held).unwrap();
    for id in 0..most {
        assert_eq!(post(&server, &endpoint, &one, &large_call(100 + id)).await, 202);
        tenant.until_held(id + 1).await;
    }
    for id in most..CALLS {
        assert_eq!(post(&server, &endpoint, &one, &large_call(100 + id)).await, 503);
    }
    assert_eq!(reached(tenant), most);
    succeeds(&server, &other).await;
    tenant.release();
    for _ in 0..most {
        let answer = stream.message().await;
        assert_eq!(answer["result"]["structuredContent"]["success"], true, "{answer}");
    }
}
