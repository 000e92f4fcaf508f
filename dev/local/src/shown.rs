//! A page in the browser, and the log as a story, while everything runs.

use crate::{args::Args, environment::Environment, error::StartError, open, start::Running, stop::Stop, story};

/// Returns when it is to stop, or something has ended that should not.
pub(crate) async fn until_ended(
    args: &Args,
    environment: &Environment,
    running: &mut Running,
    stop: &mut Stop,
) -> Result<(), StartError> {
    let _story = story::begin(args, &running.ready);
    let opened = tokio::select! {
        opened = open::asked_for(args, environment.inspector_port, running) => opened,
        () = stop.requested() => return Ok(()),
    };
    let ended = tokio::select! {
        fault = running.ended() => Err(fault),
        () = stop.requested() => Ok(()),
    };
    opened.stop().await;
    ended
}
