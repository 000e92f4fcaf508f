//! The recorded cases, as their file has them.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use tempfile::TempDir;

use crate::message::{Received, bytes, compare, fill};
use crate::recorder::Step;

#[derive(Deserialize)]
pub(crate) struct Recording {
    functions: BTreeMap<String, String>,
    host_json: serde_json::Value,
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    sent: String,
    handler_answers: Vec<RecordedStep>,
    pub(crate) client_received: String,
    connection_closed: serde_json::Value,
    handler_received: Vec<RecordedRequest>,
    #[serde(default)]
    arrivals: Vec<(f64, String)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RecordedStep {
    Send(String),
    Wait { wait: f64 },
    Close { close: u8 },
    Eof { eof: u8 },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RecordedRequest {
    Request { head: String, body: String },
    Gone { gone: bool },
}

/// The state of the client's connection after the answer.
#[derive(PartialEq)]
pub(crate) enum After {
    StaysOpen,
    Closed,
    Reset,
    TheClientLeaves,
}

impl Recording {
    /// A function app with the recording's functions.
    pub(crate) fn write_root(&self) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("host.json"), self.host_json.to_string()).unwrap();
        for (name, route) in &self.functions {
            fs::create_dir(root.path().join(name)).unwrap();
            let trigger = serde_json::json!({ "type": "httpTrigger", "direction": "in", "name": "req",
                "authLevel": "anonymous", "route": route });
            let output = serde_json::json!({ "type": "http", "direction": "out", "name": "res" });
            let function = serde_json::json!({ "bindings": [trigger, output] });
            fs::write(root.path().join(name).join("function.json"), function.to_string()).unwrap();
        }
        root
    }
}

impl Case {
    /// The recording abbreviates a long run of one character: `xxx... (40052 bytes)`.
    pub(crate) fn sent(&self) -> Vec<u8> {
        let Some((shown, length)) = self.sent.rsplit_once("... (") else { return bytes(&fill(&self.sent)) };
        let length: usize = length.strip_suffix(" bytes)").unwrap().parse().unwrap();
        let end = if shown.contains("\r\nHost") { "\r\n\r\n" } else { " HTTP/1.1\r\nHost: 127.0.0.1:7071\r\n\r\n" };
        let run = shown.chars().last().unwrap().to_string();
        bytes(&format!("{shown}{}{end}", run.repeat(length - shown.len() - end.len())))
    }

    /// The recorded pauses become a wait for the client to have everything sent before them, or, where nothing comes
    /// after them in the recording, a wait for the host to give up.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let steps = self.handler_answers.iter().map(|step| match step {
            RecordedStep::Send(text) => Step::Send(bytes(&fill(text))),
            RecordedStep::Wait { wait } if self.arrivals.is_empty() => {
                assert!(*wait > 0.0);
                Step::AwaitGone
            }
            RecordedStep::Wait { .. } => Step::AwaitClient,
            RecordedStep::Close { close } => {
                assert_eq!(*close, 1);
                Step::Close
            }
            RecordedStep::Eof { eof } => {
                assert_eq!(*eof, 1);
                Step::AwaitGone
            }
        });
        steps.collect()
    }

    /// The head that the handler got first; empty if it got nothing.
    pub(crate) fn first_received(&self) -> &str {
        match self.handler_received.first() {
            Some(RecordedRequest::Request { head, .. }) => head,
            Some(RecordedRequest::Gone { .. }) | None => "",
        }
    }

    /// The parts in which the client gets its answer.
    pub(crate) fn arrivals(&self) -> Vec<&str> {
        match self.arrivals.as_slice() {
            [] => vec![&self.client_received],
            arrivals => arrivals.iter().map(|(_, text)| text.as_str()).collect(),
        }
    }

    pub(crate) fn after(&self) -> After {
        if self.handler_received.iter().any(|received| matches!(received, RecordedRequest::Gone { gone: true })) {
            return After::TheClientLeaves;
        }
        match &self.connection_closed {
            serde_json::Value::Bool(true) => After::Closed,
            serde_json::Value::Bool(false) => After::StaysOpen,
            reset => {
                assert_eq!(reset, "reset");
                After::Reset
            }
        }
    }

    pub(crate) fn compare_received(&self, received: &[Received], handler_port: u16) -> Result<(), String> {
        let expected = self.handler_received.iter().filter_map(|expected| match expected {
            RecordedRequest::Request { head, body } => Some((head, body)),
            RecordedRequest::Gone { .. } => None,
        });
        let expected: Vec<_> = expected.collect();
        if expected.len() != received.len() {
            return Err(format!("the handler got {} requests instead of {}", received.len(), expected.len()));
        }
        for ((head, body), received) in expected.into_iter().zip(received) {
            compare(&fill(head), &received.head, handler_port)?;
            if bytes(body) != received.body {
                return Err(format!("the handler got the body {:?}", String::from_utf8_lossy(&received.body)));
            }
        }
        Ok(())
    }
}
