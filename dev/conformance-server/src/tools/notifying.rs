//! Tools that notify the client while they run.

use std::time::Duration;

use futures_util::FutureExt as _;
use rmcp::{ErrorData, model::ServerNotification};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Call, Fixture, Outcome, no_arguments, text};
use crate::json::from_json;

/// The suite asks for such pauses, so that a client can receive each notification while the tool still runs.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) const TOOLS: &[Fixture] = &[
    Fixture {
        name: "test_tool_with_logging",
        description: "Logs three messages.",
        input_schema: no_arguments,
        call: |call| with_logging(call).boxed(),
    },
    Fixture {
        name: "test_tool_with_progress",
        description: "Reports its progress three times.",
        input_schema: no_arguments,
        call: |call| with_progress(call).boxed(),
    },
];

async fn with_logging(call: Call) -> Outcome {
    for message in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        log(&call, message).await?;
        sleep(PAUSE).await;
    }
    text("Three messages were logged.")
}

async fn with_progress(call: Call) -> Outcome {
    let token = call.context.meta.get_progress_token();
    for progress in [0, 50, 100] {
        if let Some(token) = &token {
            let params = json!({ "progressToken": token, "progress": progress, "total": 100 });
            notify(&call, json!({ "method": "notifications/progress", "params": params })).await?;
        }
        sleep(PAUSE).await;
    }
    text("All of it is done.")
}

/// Logs a message at the level `info`. From 2026-07-28 on a request has to ask for messages.
pub(super) async fn log(call: &Call, message: &str) -> Result<(), ErrorData> {
    let has_handshake = call.context.protocol_version().is_some_and(|revision| revision.has_initialize());
    if !has_handshake && call.context.meta.log_level().is_none() {
        return Ok(());
    }
    notify(call, json!({ "method": "notifications/message", "params": { "level": "info", "data": message } })).await
}

async fn notify(call: &Call, notification: Value) -> Result<(), ErrorData> {
    let notification: ServerNotification = from_json(notification)?;
    let sent = call.context.peer.send_notification(notification).await;
    sent.map_err(|error| ErrorData::internal_error(error.to_string(), None))
}
