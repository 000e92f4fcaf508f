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

use functions_host::{FRONT_END_WRITES, Limits, start_in_front_of};
use tokio::task::JoinSet;
use tokio::time::{pause, resume};

use cases::{After, Case, Recording};
use recorder::Recorder;

/// Recorded cases that are wrong for Flex Consumption, with the fields that make them so. In the recording nothing was in
/// front of the host, and what the client sent in these fields arrived. On Flex Consumption App Service's front end is in
/// front and overwrites them (tests/flex.rs).
const WRONG_ON_FLEX: [(&str, &[&str]); 2] = [
    ("end-to-end headers", &["X-Client-IP"]),
    ("forwarding headers of the caller", &["DISGUISED-HOST", "X-Original-URL"]),
];

/// Fields that the front end writes and the host then writes anew, with or without a front end.
const REWRITTEN_BY_THE_HOST: [&str; 2] = ["X-Forwarded-For", "X-Forwarded-Proto"];

fn recording() -> Recording {
    serde_json::from_str(include_str!("golden/functions-host.json")).unwrap()
}

fn received(case: &Case, field: &str) -> bool {
    case.first_received().to_ascii_lowercase().contains(&format!("\r\n{}: ", field.to_ascii_lowercase()))
}

#[test]
fn cases_that_are_wrong_on_flex_consumption_are_marked() {
    let mut cases = recording().cases;
    cases.retain(|case| !case.name.starts_with("on Flex Consumption"));
    let overwritten = |case: &Case| -> Vec<&str> {
        let fields = FRONT_END_WRITES.into_iter().filter(|name| !REWRITTEN_BY_THE_HOST.contains(name));
        fields.filter(|name| received(case, name)).collect()
    };
    let wrong =
        cases.iter().map(|case| (case.name.as_str(), overwritten(case))).filter(|(_, fields)| !fields.is_empty());
    assert_eq!(wrong.collect::<Vec<_>>(), WRONG_ON_FLEX.map(|(name, fields)| (name, fields.to_vec())));
}

#[test]
fn no_case_is_a_preflight_that_the_host_would_have_answered_on_flex_consumption() {
    let is_preflight = |case: &&Case| received(case, "Origin") && received(case, "Access-Control-Request-Method");
    assert_eq!(recording().cases.iter().filter(is_preflight).count(), 0);
}

#[tokio::test]
async fn every_recorded_case_is_reproduced() {
    let recording = recording();
    assert_eq!(recording.cases.len(), 80);
    let root = recording.write_root();
    let waits = |case: &Case| is_idle(case) || case.client_received.is_empty();
    let (waiting, others): (Vec<_>, Vec<_>) = recording.cases.into_iter().partition(waits);
    let mut replays = JoinSet::new();
    for case in others {
        let root = root.path().to_owned();
        replays.spawn(async move { (case.name.clone(), replay(&case, &root).await) });
    }
    let mut outcomes = replays.join_all().await;
    // One by one, as time is everybody's.
    for case in waiting {
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
    } else if case.client_received.is_empty() {
        pause();
        let talked = talk.await;
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
    limits.on_flex = case.name.starts_with("on Flex Consumption");
    limits
}
