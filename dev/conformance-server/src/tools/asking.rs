//! Tools of the revisions before 2026-07-28 that ask the client something. That needs a session: over HTTP+SSE they get an
//! answer, and over Streamable HTTP, which has no sessions here, the transport ends the call with an error.

use futures_util::FutureExt as _;
use rmcp::{ErrorData, model::ServerRequest};
use serde_json::{Value, json};

use super::{Call, Fixture, Outcome, no_arguments, one_text, text};
use crate::{input::sampling, json::from_json};

pub(super) const TOOLS: &[Fixture] = &[
    Fixture {
        name: "test_sampling",
        description: "Lets the client's model answer a prompt.",
        input_schema: || one_text("prompt", "The prompt to send to the LLM"),
        call: |call| sample(call).boxed(),
    },
    Fixture {
        name: "test_elicitation",
        description: "Asks the user for a name and an address.",
        input_schema: || one_text("message", "The message to show the user"),
        call: |call| elicit(call).boxed(),
    },
    Fixture {
        name: "test_elicitation_sep1034_defaults",
        description: "Asks the user for values that all have defaults.",
        input_schema: no_arguments,
        call: |call| complete(call, "Please confirm these values", defaults()).boxed(),
    },
    Fixture {
        name: "test_elicitation_sep1330_enums",
        description: "Lets the user choose among values.",
        input_schema: no_arguments,
        call: |call| complete(call, "Please choose", enums()).boxed(),
    },
];

async fn sample(call: Call) -> Outcome {
    let answer = ask(&call, sampling(&call.text("prompt")?, 100)).await?;
    let answer = answer.pointer("/content/text").and_then(Value::as_str).unwrap_or_default();
    text(format!("LLM response: {answer}"))
}

async fn elicit(call: Call) -> Outcome {
    let schema = json!({
        "type": "object",
        "properties": {
            "username": { "type": "string", "description": "User's response" },
            "email": { "type": "string", "description": "User's email address" },
        },
        "required": ["username", "email"],
    });
    let answer = ask(&call, elicitation(&call.text("message")?, &schema)).await?;
    text(format!("User response: action: {}, content: {}", member(&answer, "action"), member(&answer, "content")))
}

async fn complete(call: Call, message: &'static str, properties: Value) -> Outcome {
    let answer = ask(&call, elicitation(message, &json!({ "type": "object", "properties": properties }))).await?;
    text(format!("Elicitation completed: action={}, content={}", member(&answer, "action"), member(&answer, "content")))
}

fn member<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer.get(name).unwrap_or(&Value::Null)
}

fn elicitation(message: &str, schema: &Value) -> Value {
    json!({ "method": "elicitation/create", "params": { "message": message, "requestedSchema": schema } })
}

async fn ask(call: &Call, request: Value) -> Result<Value, ErrorData> {
    let request: ServerRequest = from_json(request)?;
    let failed = |error: String| ErrorData::internal_error(error, None);
    let answer = call.context.peer.send_request(request).await.map_err(|error| failed(error.to_string()))?;
    serde_json::to_value(answer).map_err(|error| failed(error.to_string()))
}

fn defaults() -> Value {
    json!({
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "default": true },
    })
}

fn enums() -> Value {
    let (first, second, third) = ("First Option", "Second Option", "Third Option");
    let titled = json!([
        { "const": "value1", "title": first },
        { "const": "value2", "title": second },
        { "const": "value3", "title": third },
    ]);
    let untitled = json!(["option1", "option2", "option3"]);
    json!({
        "untitledSingle": { "type": "string", "enum": untitled },
        "titledSingle": { "type": "string", "oneOf": titled },
        "legacyEnum": { "type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": [first, second, third] },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": untitled } },
        "titledMulti": { "type": "array", "items": { "anyOf": titled } },
    })
}
