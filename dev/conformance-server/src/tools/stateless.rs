//! Tools that the scenario `server-stateless` calls.

use std::future::ready;

use futures_util::FutureExt as _;
use rmcp::{ErrorData, model::ClientCapabilities};
use serde_json::json;

use super::{Call, Fixture, Outcome, no_arguments, notifying::log, text};
use crate::{
    input::{form, required},
    json::from_json,
};

pub(super) const TOOLS: &[Fixture] = &[
    Fixture {
        name: "test_missing_capability",
        description: "Is refused unless the client can sample.",
        input_schema: no_arguments,
        call: |call| ready(needs_sampling(&call)).boxed(),
    },
    Fixture {
        name: "test_streaming_elicitation",
        description: "Asks the user in its result, and sends no request of its own.",
        input_schema: no_arguments,
        call: |_| ready(elicits()).boxed(),
    },
    Fixture {
        name: "test_logging_tool",
        description: "Logs a message if the request asks for messages.",
        input_schema: no_arguments,
        call: |call| logs(call).boxed(),
    },
];

fn needs_sampling(call: &Call) -> Outcome {
    let sampling: ClientCapabilities = from_json(json!({ "sampling": {} }))?;
    match call.context.client_capabilities().and_then(|declared| declared.sampling) {
        Some(_) => text("The client can sample."),
        None => Err(ErrorData::missing_required_client_capability(sampling)),
    }
}

fn elicits() -> Outcome {
    Ok(required(json!({ "user_name": form("What is your name?", "name", "string") }), None)?.into())
}

async fn logs(call: Call) -> Outcome {
    log(&call, "A message that was asked for").await?;
    text("The tool has run.")
}
