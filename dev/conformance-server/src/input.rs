//! `InputRequiredResult` of 2026-07-28: the requests to a client, and its responses.

use rmcp::{
    ErrorData,
    model::{InputRequiredResult, InputResponses},
};
use serde_json::{Value, json};

use crate::json::from_json;

/// A result that asks the client these requests. The state comes back with the responses.
pub(crate) fn required(requests: Value, state: Option<String>) -> Result<InputRequiredResult, ErrorData> {
    Ok(InputRequiredResult::new(Some(from_json(requests)?), state))
}

/// `elicitation/create`, for a form of one member.
pub(crate) fn form(message: &str, member: &str, kind: &str) -> Value {
    let schema = json!({ "type": "object", "properties": { member: { "type": kind } }, "required": [member] });
    json!({ "method": "elicitation/create", "params": { "message": message, "requestedSchema": schema } })
}

/// `sampling/createMessage`, of one text.
pub(crate) fn sampling(text: &str, max_tokens: u32) -> Value {
    let message = json!({ "role": "user", "content": { "type": "text", "text": text } });
    json!({ "method": "sampling/createMessage", "params": { "messages": [message], "maxTokens": max_tokens } })
}

/// `roots/list`.
pub(crate) fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

/// The member of a form that was accepted. Whatever else the client responded is no answer.
pub(crate) fn accepted(responses: Option<&InputResponses>, request: &str, member: &str) -> Option<Value> {
    let response = responses?.get(request)?;
    let action = response.get("action")?;
    (action == "accept").then(|| response.get("content")?.get(member).cloned()).flatten()
}

/// The text that was sampled.
pub(crate) fn sampled(responses: Option<&InputResponses>, request: &str) -> Option<String> {
    responses?.get(request)?.pointer("/content/text")?.as_str().map(str::to_owned)
}

/// The names or, without one, the URIs of the roots.
pub(crate) fn listed_roots(responses: Option<&InputResponses>, request: &str) -> Option<Vec<String>> {
    let roots = responses?.get(request)?.get("roots")?.as_array()?;
    let name = |root: &Value| root.get("name").or_else(|| root.get("uri"))?.as_str().map(str::to_owned);
    roots.iter().map(name).collect()
}
