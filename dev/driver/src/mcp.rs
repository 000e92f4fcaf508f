//! MCP's messages, as far as the tests need them.

use serde_json::{Value, json};

/// Accepted by Streamable HTTP.
pub const ACCEPT: &str = "application/json, text/event-stream";
/// The revision of Streamable HTTP.
pub const PROTOCOL_VERSION: &str = "2025-06-18";

/// The first message of HTTP+SSE, with id 0, in its revision.
#[must_use]
pub fn initialize() -> Value {
    let parameters = json!({
        "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": { "name": "driver", "version": "1" },
    });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": parameters })
}

/// The answer to the answer to [`initialize`].
#[must_use]
pub fn initialized() -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })
}

/// Calls `get_graph_user_details`.
#[must_use]
pub fn tool_call(id: u64) -> Value {
    let parameters = json!({ "name": "get_graph_user_details", "arguments": {} });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": parameters })
}

/// The words of a tool error; `None` if the answer is none. A tool error has no structured content, because a client would hold
/// it against the tool's output schema.
#[must_use]
pub fn tool_error(answer: &Value) -> Option<String> {
    let result = answer.get("result").filter(|result| result.get("isError") == Some(&Value::Bool(true)))?;
    let said: Value = serde_json::from_str(result.pointer("/content/0/text")?.as_str()?).ok()?;
    let error = said.get("error")?.as_str()?.to_owned();
    let is_failure = said.get("success") == Some(&Value::Bool(false));
    (is_failure && result.get("structuredContent").is_none()).then_some(error)
}
