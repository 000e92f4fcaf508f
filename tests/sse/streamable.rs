//! Streamable HTTP: what ends a call.

use http::HeaderMap;
use remote_auth_mcp::mcp::{Call, StreamableHttp};
use tokio::task::JoinHandle;

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
    async fn until_waiting(&self, tools: usize) {
        while self.waiting() != tools {
            tokio::task::yield_now().await;
        }
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
        let params = json!({ "requestId": id, "reason": "x" });
        let message = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        let answer = http.call(posted(principal, "2025-11-25", message.to_string().as_bytes())).await.unwrap();
        assert_eq!(answer.status(), 202);
    }
    deployment.asked.until_waiting(1).await;
    assert!(!kept.is_finished(), "another grant's request has the same id");
}
