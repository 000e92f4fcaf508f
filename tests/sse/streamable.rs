//! Streamable HTTP: what ends a call.

use authorization_server::state::{entra_token::EntraToken, preauthorized::ApplicationId};
use http_body_util::BodyExt as _;
use remote_auth_mcp::{
    json_cost::tree_cost,
    mcp::{Call, CallError, McpService, StreamableHttp},
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, JsonObject, ProgressNotificationParam,
    },
    service::RequestContext,
};
use tokio::{
    task::{JoinHandle, yield_now},
    time::timeout,
};

use super::*;

const STATELESS: &str = "2026-07-28";

fn headers(revision: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json"),
        ("mcp-protocol-version", revision),
        ("mcp-method", "tools/call"),
        ("mcp-name", "get_graph_user_details"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    headers
}

fn posted(principal: &Principal, revision: &str, message: &[u8]) -> Call {
    Call { headers: headers(revision), body: kept(message), principal: principal.clone() }
}

/// A call whose client waits; aborting it is a disconnect.
fn calling(http: &Arc<StreamableHttp>, principal: &Principal, revision: &'static str, id: u64) -> JoinHandle<u16> {
    let mut message: Value = serde_json::from_slice(&tool_call(id)).unwrap();
    if revision == STATELESS {
        message["params"]["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": revision,
            "io.modelcontextprotocol/clientCapabilities": {},
        });
    }
    let (http, call) = (Arc::clone(http), posted(principal, revision, message.to_string().as_bytes()));
    tokio::spawn(async move { http.call(call).await.unwrap().status().as_u16() })
}

impl Asked {
    pub(crate) async fn until_waiting(&self, tools: usize) {
        let reached = async {
            while self.waiting() != tools {
                yield_now().await;
            }
        };
        let reached = timeout(HANG_LIMIT, reached).await;
        assert!(reached.is_ok(), "{} tools wait, not {tools}", self.waiting());
    }
}

#[tokio::test]
async fn twenty_calls_of_the_stateless_revision_end_when_their_clients_disconnect() {
    let deployment = Deployment::new();
    let http = deployment.streamable_http();
    let _slow = deployment.asked.slow.write().await;
    // Calls under one grant would wait for one token.
    let calls: Vec<_> = (0..20).map(|id| calling(&http, &principal(), STATELESS, id)).collect();
    deployment.asked.until_waiting(20).await;
    calls.iter().for_each(JoinHandle::abort);
    deployment.asked.until_waiting(0).await;
}

fn cancellation(id: u64) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id, "reason": "x" } })
}

/// Its client got its token from Entra, and can be challenged. So a call is checked first: the token for Graph is asked for.
pub(crate) fn challengeable() -> Principal {
    let token = EntraToken {
        text: "a token".into(),
        application: ApplicationId::parse("5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5").unwrap(),
        issued_at: OffsetDateTime::UNIX_EPOCH,
        takes_claims_challenges: true,
        roles: Roles::until([], OffsetDateTime::UNIX_EPOCH),
    };
    Principal { credential: Credential::Entra(token), ..principal() }
}

#[tokio::test]
async fn a_cancellation_ends_a_request_that_is_being_checked() {
    let deployment = Deployment::new();
    let http = deployment.streamable_http();
    let _slow = deployment.asked.slow.write().await;
    let mine = challengeable();
    for revision in ["2025-06-18", "2025-11-25", STATELESS] {
        let checked = calling(&http, &mine, revision, 7);
        deployment.asked.until_waiting(1).await;
        http.call(posted(&mine, revision, cancellation(7).to_string().as_bytes())).await.unwrap();
        deployment.asked.until_waiting(0).await;
        assert_eq!(checked.await.unwrap(), 202, "{revision}");
    }
}

/// The call itself asks for the token once more.
#[tokio::test]
async fn a_disconnect_ends_the_check_of_a_stateless_request_and_of_no_earlier_one() {
    let deployment = Deployment::new();
    let http = deployment.streamable_http();
    let slow = deployment.asked.slow.write().await;
    let batch = json!([serde_json::from_slice::<Value>(&tool_call(7)).unwrap()]).to_string();
    let batch = posted(&challengeable(), "2025-03-26", batch.as_bytes());
    let serving = Arc::clone(&http);
    let earlier = [
        calling(&http, &challengeable(), "2025-11-25", 7),
        tokio::spawn(async move { serving.call(batch).await.unwrap().status().as_u16() }),
    ];
    deployment.asked.until_waiting(2).await;
    let stateless = calling(&http, &challengeable(), STATELESS, 7);
    deployment.asked.until_waiting(3).await;
    earlier.iter().chain([&stateless]).for_each(JoinHandle::abort);
    deployment.asked.until_waiting(2).await;
    drop(slow);
    let called = async {
        while deployment.asked.by.lock().unwrap().len() < 3 + earlier.len() {
            yield_now().await;
        }
    };
    assert!(timeout(HANG_LIMIT, called).await.is_ok(), "the tools of the earlier requests are not called");
}

/// Two processes of one client share a grant, and count their requests from one. ADR 24.
#[tokio::test]
async fn of_two_requests_with_one_id_each_gets_its_own_answer_and_a_cancellation_ends_neither() {
    let deployment = Deployment::new();
    let http = deployment.streamable_http();
    let slow = deployment.asked.slow.write().await;
    // Calls with one scope would wait for one token.
    let mine = Principal { scope: Scope::parse("user.read mail.read").unwrap(), ..principal() };
    let params = json!({ "name": "search_mail", "arguments": { "query": "x" } });
    let search = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params });
    let calls = [tool_call(7), search.to_string().into_bytes()].map(|message| {
        let (http, call) = (Arc::clone(&http), posted(&mine, "2025-11-25", &message));
        tokio::spawn(async move { http.call(call).await.unwrap().into_body().collect().await.unwrap().to_bytes() })
    });
    deployment.asked.until_waiting(2).await;
    http.call(posted(&mine, "2025-11-25", cancellation(7).to_string().as_bytes())).await.unwrap();
    drop(slow);
    for call in calls {
        let answer: Value = serde_json::from_slice(&call.await.unwrap()).unwrap();
        assert!(answer["id"] == 7 && answer["result"]["content"].is_array(), "{answer}");
    }
}

/// Four are served at a time, so one that is cancelled may not have begun.
#[tokio::test]
async fn a_cancellation_ends_a_request_of_a_batch_that_waits() {
    let deployment = Deployment::new();
    let http = deployment.streamable_http();
    let slow = deployment.asked.slow.write().await;
    let mine = principal();
    let mut messages: Vec<Value> = (1..=6).map(|id| serde_json::from_slice(&tool_call(id)).unwrap()).collect();
    messages.push(cancellation(5));
    let batch = json!(messages).to_string();
    let (serving, call) = (Arc::clone(&http), posted(&mine, "2025-03-26", batch.as_bytes()));
    let serving = tokio::spawn(async move { serving.call(call).await.unwrap() });
    deployment.asked.until_waiting(1).await;
    http.call(posted(&mine, "2025-03-26", cancellation(6).to_string().as_bytes())).await.unwrap();
    drop(slow);
    let answers = serving.await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let answers: Vec<Value> = serde_json::from_slice(&answers).unwrap();
    assert_eq!(answers.iter().map(|answer| answer["id"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

/// 202 would say that there will be no answer because the client wants none.
#[tokio::test]
async fn a_request_that_the_end_of_the_server_ends_may_be_sent_again() {
    let deployment = Deployment::new();
    let stop = CancellationToken::new();
    let http = Arc::new(deployment.mcp(None, &stop).streamable_http);
    let _slow = deployment.asked.slow.write().await;
    let batch = json!([serde_json::from_slice::<Value>(&tool_call(2)).unwrap()]).to_string();
    let calls = [("2025-11-25", tool_call(1)), ("2025-03-26", batch.into_bytes())].map(|(revision, message)| {
        let (http, call) = (Arc::clone(&http), posted(&principal(), revision, &message));
        tokio::spawn(async move { http.call(call).await.map(|response| response.status()) })
    });
    deployment.asked.until_waiting(2).await;
    stop.cancel();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap_err(), CallError::Stopping);
    }
}

#[tokio::test]
async fn an_earlier_call_outlives_its_client_and_ends_by_its_cancellation() {
    let deployment = Deployment::new();
    let http = deployment.streamable_http();
    let _slow = deployment.asked.slow.write().await;
    let (mine, another) = (principal(), principal());
    let (left, kept) = (calling(&http, &mine, "2025-11-25", 7), calling(&http, &another, "2025-11-25", 7));
    deployment.asked.until_waiting(2).await;
    left.abort();
    assert!(left.await.unwrap_err().is_cancelled());
    let stateless = calling(&http, &principal(), STATELESS, 7);
    deployment.asked.until_waiting(3).await;
    stateless.abort();
    deployment.asked.until_waiting(2).await;
    for (principal, id) in [(&mine, 8), (&principal(), 7), (&mine, 7)] {
        let message = cancellation(id).to_string();
        let answer = http.call(posted(principal, "2025-11-25", message.as_bytes())).await.unwrap();
        assert_eq!(answer.status(), 202);
        let ended = usize::from(principal.holder() == mine.holder() && id == 7);
        deployment.asked.until_waiting(2 - ended).await;
    }
    assert!(!kept.is_finished(), "another grant's request has the same id");
}

/// The length of an id that its answer repeats.
const LONG: usize = 15_000;

/// A batch of pings with long ids, whose answers are as long, then a call.
fn batch_with_long_ids() -> String {
    let ping = |id: &str| json!({ "jsonrpc": "2.0", "id": id.repeat(LONG), "method": "ping" });
    let call: Value = serde_json::from_slice(&tool_call(1)).unwrap();
    json!([ping("a"), ping("b"), ping("c"), call]).to_string()
}

/// A batch of this principal, whose memory counts in this budget.
fn posted_within(memory: &SharedBudget<Id>, principal: &Principal, batch: &str) -> Call {
    let mut body = Kept::new(memory.permit(principal.owner));
    body.extend(batch.as_bytes()).unwrap();
    Call { body, ..posted(principal, "2025-03-26", b"") }
}

#[tokio::test]
async fn an_answer_counts_while_it_waits_for_the_rest_of_its_batch_and_until_it_is_written() {
    let deployment = Deployment::new();
    let (http, memory, batch) =
        (deployment.streamable_http(), SharedBudget::new(MEMORY, MEMORY), batch_with_long_ids());
    let slow = deployment.asked.slow.write().await;
    let (serving, call) = (Arc::clone(&http), posted_within(&memory, &principal(), &batch));
    let serving = tokio::spawn(async move { serving.call(call).await.unwrap() });
    deployment.asked.until_waiting(1).await;
    let counted = async {
        while memory.available() > MEMORY - tree_cost(batch.as_bytes()) - 3 * LONG {
            yield_now().await;
        }
    };
    timeout(HANG_LIMIT, counted).await.expect("the answers count beside their batch");
    drop(slow);
    let answer = serving.await.unwrap();
    let counted = MEMORY - memory.available();
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    let answers: Vec<Value> = serde_json::from_slice(&text).unwrap();
    assert_eq!(answers.len(), 4);
    assert!((text.len() - 5..=text.len()).contains(&counted), "{counted} bytes of {}", text.len());
    drop(text);
    assert_eq!(memory.available(), MEMORY);
}

#[tokio::test]
async fn a_batch_whose_answers_have_no_memory_is_refused_and_another_owners_is_answered() {
    let deployment = Deployment::new();
    let (http, batch) = (deployment.streamable_http(), batch_with_long_ids());
    let share = tree_cost(batch.as_bytes()) + 2 * LONG + LONG / 2;
    let memory = SharedBudget::new(6 * share, share);
    let slow = deployment.asked.slow.write().await;
    let refused = timeout(HANG_LIMIT, http.call(posted_within(&memory, &principal(), &batch))).await.unwrap();
    assert_eq!(refused.unwrap_err(), CallError::Exhausted);
    assert_eq!(memory.available(), 6 * share);
    drop(slow);
    let answered = http
        .call(posted_within(
            &memory,
            &principal(),
            &format!(
                "[{}]",
                json!({
                    "jsonrpc": "2.0", "id": 1, "method": "ping",
                })
            ),
        ))
        .await;
    assert_eq!(answered.unwrap().status(), 200);
}

/// Its one tool reports progress, and then gives a long answer.
struct Reporting;

impl McpService for Reporting {
    fn input_schema(&self, _: &str) -> Option<Arc<JsonObject>> {
        None
    }
}

impl ServerHandler for Reporting {
    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let token = context.meta.get_progress_token().expect("a token");
        context.peer.notify_progress(ProgressNotificationParam::new(token, 0.5)).await.unwrap();
        Ok(CallToolResult::success(vec![ContentBlock::text("x".repeat(LONG))]).into())
    }
}

#[tokio::test]
async fn a_stream_that_ends_without_its_answer_is_an_event_that_names_whose_it_was() {
    let (deployment, caller, stop) = (Deployment::new(), principal(), CancellationToken::new());
    let http = Mcp::serving(Reporting, &deployment.limits, deployment.ports(None), &stop).streamable_http;
    let mut call: Value = serde_json::from_slice(&tool_call(1)).unwrap();
    call["params"]["_meta"] = json!({ "progressToken": 1 });
    let memory = SharedBudget::new(6 * LONG, LONG);
    let answer = http.call(posted_within(&memory, &caller, &call.to_string())).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(!String::from_utf8_lossy(&text).contains("result"));
    assert_eq!(limits_of(&deployment), [(Some("mcp"), Some(caller.holder()), Some("memory for requests"))]);
}
