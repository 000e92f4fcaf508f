//! The memory for what APIs answer, while a tool works with it and while nobody reads its result.

use std::sync::Arc;

use authorization_server::{
    ground::{EventName, Subject},
    state::scopes::{Permission, USER_READ},
};
use axum::{Json, Router, routing::get};
use http::Method;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use remote_auth_mcp::{
    graph::Request,
    mcp::{Caller, Tool, ToolError, Tools},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stand_in::{Servers, Site};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{
    costs::{self, graph_with},
    rig::{Edge, json as json_body, request},
};

/// Calls that have their answer.
static READ: Semaphore = Semaphore::const_new(0);
/// Calls that may end.
static MAY_END: Semaphore = Semaphore::const_new(0);

#[derive(Deserialize, JsonSchema)]
struct NoArguments {}

#[derive(Serialize, JsonSchema)]
struct Length {
    length: usize,
}

/// It has an answer, and works on.
struct ReadAndWait;

impl Tool for ReadAndWait {
    const NAME: &'static str = "read_and_wait";
    const TITLE: &'static str = "Read";
    const DESCRIPTION: &'static str = "Read something large.";
    const PERMISSIONS: &'static [&'static Permission] = &[&USER_READ];
    type Arguments = NoArguments;
    type Output = Length;

    async fn call(caller: Caller<'_>, NoArguments {}: NoArguments) -> Result<Length, ToolError> {
        let answer = caller.get(&Request::of("/v1.0/large")).await?;
        READ.add_permits(1);
        MAY_END.acquire().await.unwrap().forget();
        Ok(Length { length: answer.as_array().map_or(0, Vec::len) })
    }
}

/// A Graph whose answer takes nearly 1 MiB once it is parsed.
async fn graph() -> (Servers, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, mut servers) = (format!("http://{}", listener.local_addr().unwrap()), Servers::default());
    let large = async || Json(vec![json!({ "b": 0 }); 480]);
    servers.serve(vec![listener], &Site::new(Router::new().route("/v1.0/large", get(large))));
    (servers, url)
}

async fn call(edge: Arc<Edge>, token: String) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": ReadAndWait::NAME } });
    let call = request(Method::POST, "/mcp").header("authorization", format!("Bearer {token}"));
    edge.send(json_body(call, &message)).await.json()["result"].clone()
}

#[tokio::test]
async fn an_answer_counts_until_the_call_of_its_tool_is_over_and_leaves_memory_for_other_owners() {
    let (_servers, url) = graph().await;
    let edge = Arc::new(Edge::serving_with(Tools::all().and::<ReadAndWait>(), &url));
    let token = edge.access_token().await;
    edge.upstream.set_subject(Subject { tid: "tenant".into(), oid: "other".into() });
    let other = edge.access_token().await;
    let begin = |token: &str| tokio::spawn(call(Arc::clone(&edge), token.to_owned()));
    let mut calls = Vec::new();
    for _ in 0..4 {
        calls.push(begin(&token));
        READ.acquire().await.unwrap().forget();
    }
    let refused = tokio::select! {
        refused = call(Arc::clone(&edge), token.clone()) => refused,
        _ = READ.acquire() => panic!("the owner has more than its share"),
    };
    assert_eq!(refused["isError"], true, "{refused}");
    let event = edge.audit.take().pop().unwrap();
    assert_eq!((event.name, event.reason), (EventName::LimitReached, Some("memory for answers of APIs")));
    calls.push(begin(&other));
    READ.acquire().await.unwrap().forget();
    MAY_END.add_permits(calls.len() + 1);
    for ended in calls {
        assert_eq!(ended.await.unwrap()["structuredContent"]["length"], 480);
    }
    assert_eq!(call(edge, token).await["structuredContent"]["length"], 480);
}

/// What an owner may have of the memory for known callers, and of the reserve.
const OWNER_BYTES: u64 = 9 * 1024 * 1024;

#[tokio::test]
async fn results_that_nobody_reads_take_no_more_than_their_owner_may_have_and_the_next_is_503() {
    let edge = Edge::calling(&graph_with("x".repeat(100_000)));
    let mut held = Vec::new();
    for (oid, most) in [("one", OWNER_BYTES), ("other", OWNER_BYTES * 3 / 4)] {
        edge.upstream.set_subject(Subject { tid: "tenant".into(), oid: oid.into() });
        let token = edge.access_token().await;
        let mut bytes = 0;
        let refused = loop {
            let post = request(Method::POST, "/mcp").header("authorization", format!("Bearer {token}"));
            let answer = edge.head(json_body(post, &costs::call())).await;
            if answer.status() != 200 {
                break answer;
            }
            bytes += answer.body().size_hint().exact().unwrap();
            assert!(bytes <= most, "{bytes} bytes of {oid}");
            held.push(answer);
        };
        assert!(bytes > most / 2, "{bytes} bytes of {oid}");
        assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"5".parse().unwrap()));
        let text = refused.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&text).contains("the request may have been carried out"), "{text:?}");
        let event = edge.audit.take().pop().unwrap();
        assert_eq!((event.name, event.reason), (EventName::LimitReached, Some("memory for requests")));
    }
}
