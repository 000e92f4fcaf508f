//! A stand-in as a program.

use std::{fmt::Display, future::Future, io::Write as _, process::ExitCode};

use serde_json::Value;

use crate::StopSignals;

/// Starts it, says so in one JSON line on stdout (`ready` is true, the rest is up to the program), and stops it at SIGTERM
/// or ctrl-c. The parent process waits for that line.
pub async fn run<P, E: Display, S: Future<Output = ()>>(
    name: &str,
    start: impl Future<Output = Result<(P, Value), E>>,
    stop: impl FnOnce(P) -> S,
) -> ExitCode {
    let failed = |error: &dyn Display| {
        eprintln!("{name}: {error}");
        ExitCode::FAILURE
    };
    let mut signals = match StopSignals::listen() {
        Ok(signals) => signals,
        Err(error) => return failed(&error),
    };
    let (program, mut ready) = match start.await {
        Ok(started) => started,
        Err(error) => return failed(&error),
    };
    if let Some(members) = ready.as_object_mut() {
        members.insert("ready".to_owned(), true.into());
    }
    let mut stdout = std::io::stdout();
    let said = writeln!(stdout, "{ready}").and_then(|()| stdout.flush());
    if said.is_ok() {
        signals.received().await;
    }
    stop(program).await;
    said.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}
