//! Replays every recorded case: what a client sends, what the handler then gets, what it answers, what the client gets.
//!
//! Header names are compared without letter case (RFC 9110 section 5.1), headers without their order, and `Server` not
//! at all. That a connection stays open is shown by a second request on it, which the host answers itself.
#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/client.rs"]
mod client;
#[path = "support/message.rs"]
mod message;
#[path = "support/recorder.rs"]
mod recorder;

use std::net::TcpListener;
use std::time::Duration;

use functions_host::{Limits, start_in_front_of};
use tokio::task::JoinSet;
use tokio::time::timeout;

use cases::{After, Case, Recording};
use recorder::Recorder;

/// Longer than any case takes.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn every_recorded_case_is_reproduced() {
    let recording: Recording = serde_json::from_str(include_str!("golden/functions-host.json")).unwrap();
    assert_eq!(recording.cases.len(), 80);
    let root = recording.write_root();
    let mut replays = JoinSet::new();
    for case in recording.cases {
        let root = root.path().to_owned();
        replays.spawn(async move { (case.name.clone(), replay(&case, &root).await) });
    }
    let mut wrong = Vec::new();
    while let Some(outcome) = replays.join_next().await {
        if let (name, Err(disagreement)) = outcome.unwrap() {
            wrong.push(format!("{name}: {disagreement}"));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} cases\n{}", wrong.len(), wrong.join("\n\n"));
}

async fn replay(case: &Case, root: &std::path::Path) -> Result<(), String> {
    let recorder = Recorder::start(case.steps()).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let host = start_in_front_of(recorder.address, root, listener, limits(case)).map_err(|fault| fault.to_string())?;
    let talk = client::talk(case, address, &recorder);
    timeout(PATIENCE, talk).await.map_err(|_| "the client waits for ever")??;
    if case.after() == After::TheClientLeaves {
        timeout(PATIENCE, recorder.gone()).await.map_err(|_| "the handler does not see that the client left")?;
    }
    host.stop().await;
    case.compare_received(&recorder.take_received(), recorder.address.port())
}

/// The recording says in the names of its cases what was set otherwise.
fn limits(case: &Case) -> Limits {
    let mut limits = Limits::default();
    if case.name.starts_with("idle ") {
        limits.activity_timeout = Duration::from_millis(300);
    }
    if case.name.starts_with("body over the limit") {
        limits.longest_body = 1000;
    }
    limits.front_end = case.name.starts_with("on Flex Consumption");
    limits
}
