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

use functions_host::{Limits, start_in_front_of};
use tokio::task::JoinSet;
use tokio::time::{pause, resume};

use cases::{After, Case, Recording};
use recorder::Recorder;

#[tokio::test]
async fn every_recorded_case_is_reproduced() {
    let recording: Recording = serde_json::from_str(include_str!("golden/functions-host.json")).unwrap();
    assert_eq!(recording.cases.len(), 80);
    let root = recording.write_root();
    let (idle, others): (Vec<_>, Vec<_>) = recording.cases.into_iter().partition(is_idle);
    let mut replays = JoinSet::new();
    for case in others {
        let root = root.path().to_owned();
        replays.spawn(async move { (case.name.clone(), replay(&case, &root).await) });
    }
    let mut outcomes = replays.join_all().await;
    // One by one, as time is everybody's.
    for case in idle {
        outcomes.push((case.name.clone(), replay(&case, root.path()).await));
    }
    let wrong = outcomes.into_iter().filter_map(|(name, outcome)| Some(format!("{name}: {}", outcome.err()?)));
    let mut wrong: Vec<_> = wrong.collect();
    wrong.sort();
    assert!(wrong.is_empty(), "{} cases\n{}", wrong.len(), wrong.join("\n\n"));
}

async fn replay(case: &Case, root: &std::path::Path) -> Result<(), String> {
    let recorder = Recorder::start(case.steps()).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let host = start_in_front_of(recorder.address, root, listener, limits(case)).map_err(|fault| fault.to_string())?;
    let talk = client::talk(case, address, &recorder);
    if is_idle(case) {
        let time_passes = async {
            recorder.until_silent().await;
            pause();
        };
        let (talked, ()) = tokio::join!(talk, time_passes);
        resume();
        talked?;
    } else {
        talk.await?;
    }
    if case.after() == After::TheClientLeaves {
        recorder.gone().await;
    }
    host.stop().await;
    case.compare_received(&recorder.take_received(), recorder.address.port())
}

/// Whether the handler falls silent for longer than the host waits.
fn is_idle(case: &Case) -> bool {
    case.name.starts_with("idle ")
}

/// The recording says in the names of its cases what was set otherwise.
fn limits(case: &Case) -> Limits {
    let mut limits = Limits::default();
    if case.name.starts_with("body over the limit") {
        limits.longest_body = 1000;
    }
    limits.front_end = case.name.starts_with("on Flex Consumption");
    limits
}
