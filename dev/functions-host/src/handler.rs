//! A handler as the proxy sees it, and the task that keeps its process running.

use std::{io, process::ExitStatus};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::handler_process::{HandlerProcess, Launch};
use crate::{restarts::Failures, upstream::Upstream};

/// The code by which a handler asks to be started again without it being counted as a failure.
const RESTART_CODE: i32 = 200;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    Restarting,
    Ready,
    Stopped,
}

/// A handler as the proxy sees it.
pub(crate) struct Handler {
    pub(crate) upstream: Upstream,
    pub(crate) state: watch::Receiver<Readiness>,
}

impl Handler {
    /// Waits while the handler is being started again; false if it will not be.
    pub(crate) async fn is_ready(&self) -> bool {
        let mut state = self.state.clone();
        state.wait_for(|state| *state != Readiness::Restarting).await.is_ok_and(|state| *state == Readiness::Ready)
    }
}

/// Asks the supervisor to kill the process, and to answer when it is dead.
pub(crate) struct Kill {
    /// The platform's doing, not the handler's failure.
    pub(crate) forgiven: bool,
    pub(crate) dead: oneshot::Sender<()>,
}

/// Keeps one handler running until the host stops.
pub(crate) struct Supervisor {
    pub(crate) launch: Launch,
    pub(crate) process: HandlerProcess,
    pub(crate) state: watch::Sender<Readiness>,
    pub(crate) kills: mpsc::Receiver<Kill>,
    /// True stops every supervisor of the host; one that gives up sets it.
    pub(crate) stop: watch::Sender<bool>,
}

impl Supervisor {
    pub(crate) async fn run(mut self) {
        let mut stopped = self.stop.subscribe();
        tokio::select! {
            () = self.keep_running() => {
                let index = self.launch.index;
                eprintln!("functions-host: handler {index} failed too often; the host stops, and answers 503 from now on");
            }
            _ = stopped.wait_for(|stop| *stop) => {}
        }
        self.state.send_replace(Readiness::Stopped);
        self.stop.send_replace(true);
        self.process.kill().await;
    }

    /// Returns when the handler has failed too often.
    async fn keep_running(&mut self) {
        let mut failures = Failures::default();
        loop {
            let (ended, forgiven) = self.ended().await;
            if ended.as_ref().is_ok_and(ExitStatus::success) {
                return self.stay_ended().await;
            }
            self.state.send_replace(Readiness::Restarting);
            let asked_for = ended.as_ref().is_ok_and(|status| status.code() == Some(RESTART_CODE));
            self.launch.log.line(&format!("handler {} ended: {}", self.launch.index, describe(ended)));
            if !asked_for && !forgiven && failures.are_too_many(Instant::now()) {
                return;
            }
            if !self.start_again(&mut failures).await {
                return;
            }
            self.state.send_replace(Readiness::Ready);
        }
    }

    async fn start_again(&mut self, failures: &mut Failures) -> bool {
        loop {
            match HandlerProcess::start(&self.launch).await {
                Ok(process) => {
                    self.process = process;
                    return true;
                }
                Err(fault) => self.launch.log.line(&fault.to_string()),
            }
            if failures.are_too_many(Instant::now()) {
                return false;
            }
        }
    }

    /// How the process ended, and whether that is forgiven.
    async fn ended(&mut self) -> (io::Result<ExitStatus>, bool) {
        tokio::select! {
            exited = self.process.exited() => (exited, false),
            Some(kill) = self.kills.recv() => {
                self.process.kill().await;
                self.state.send_replace(Readiness::Restarting);
                // The caller may have stopped waiting.
                let _ = kill.dead.send(());
                (self.process.exited().await, kill.forgiven)
            }
        }
    }

    /// Exit code 0 means success to the host: it neither starts the handler again nor notices that it is gone.
    async fn stay_ended(&mut self) {
        while let Some(kill) = self.kills.recv().await {
            let _ = kill.dead.send(());
        }
        std::future::pending::<()>().await;
    }
}

fn describe(ended: io::Result<ExitStatus>) -> String {
    ended.map_or_else(|fault| fault.to_string(), |status| status.to_string())
}
