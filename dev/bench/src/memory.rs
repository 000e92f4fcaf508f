//! What many connections and many streams take of memory.

use std::{
    error::Error,
    path::Path,
    time::{Duration, Instant},
};

use driver::{browser::Browser, handler::Handler};
use stand_in::watchdog::Watchdog;

use crate::{
    kind::Kind,
    places::Places,
    servers::{Graph, LIMITS, configure},
    streams,
    wrk::{self, Post},
};

/// The limit of connections is 4,000.
const CONNECTIONS: u32 = 3_900;
const SECONDS: u32 = 10;
/// Each may have 32 streams.
const USERS: usize = 313;
const STREAMS: usize = 10_000;
const LATER: Duration = Duration::from_mins(1);
/// For the sign-ins of all users, and for their streams.
const MORE_LIMITS: &str = "registrations-per-minute=1000000,authorizations-per-minute=1000000,\
    callbacks-per-minute=1000000,page-requests-per-minute=1000000,token-requests-per-minute=1000000,\
    process-streams=10000,connections=14000";

/// Resident memory, in kilobytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Memory {
    /// After the sign-ins.
    pub(crate) idle: u64,
    /// The most, while every connection sent calls.
    pub(crate) peak: u64,
    /// A minute later.
    pub(crate) later: u64,
    /// With all streams open; `None` where a process may not have as many files.
    pub(crate) streams: Option<u64>,
}

impl Memory {
    /// Bytes of one idle stream.
    pub(crate) fn of_stream(&self) -> Option<u64> {
        Some(self.streams?.saturating_sub(self.later) * 1024 / u64::try_from(STREAMS).ok()?)
    }
}

/// A handler that was sent calls on many connections.
pub(crate) struct Burst {
    handler: Handler,
    _watchdog: Watchdog,
    tokens: Vec<String>,
    ended: Instant,
    idle: u64,
    peak: u64,
}

impl Burst {
    /// Signs the users in, and sends calls of all of them.
    pub(crate) async fn of_calls(places: &Places, graph: &Graph, folder: &Path) -> Result<Self, Box<dyn Error>> {
        let limits = format!("{LIMITS},{MORE_LIMITS}");
        let configured = Handler::start(&places.handler, local_tenant::Options::default(), |command| {
            configure(command, graph, &limits);
        });
        let handler = configured.await;
        let watchdog = Watchdog::over(handler.process.id())?;
        let tokens = signed_in(&handler).await;
        let idle = handler.kilobytes("VmRSS");
        handler.forget_peak();
        let (url, script) = (format!("http://{}/mcp", handler.address), folder.join("burst.lua"));
        let post = Post { url: &url, tokens: &tokens, body: &Kind::Call.body(), script: &script };
        let run = wrk::run(&post, CONNECTIONS, SECONDS)?;
        // The budgets of memory refuse a few: docs/operations/memory.md.
        println!("{CONNECTIONS} connections: {} calls, {} refused", run.requests, run.refused);
        let peak = handler.kilobytes("VmHWM");
        Ok(Self { handler, _watchdog: watchdog, tokens, ended: Instant::now(), idle, peak })
    }

    /// Waits for what is left of the minute, and opens streams.
    pub(crate) async fn later(self) -> Result<Memory, Box<dyn Error>> {
        tokio::time::sleep(LATER.saturating_sub(self.ended.elapsed())).await;
        let (idle, peak, later) = (self.idle, self.peak, self.handler.kilobytes("VmRSS"));
        let open = streams::open(self.handler.address, &self.tokens, STREAMS).await?;
        let streams = open.map(|_open| self.handler.kilobytes("VmRSS"));
        Ok(Memory { idle, peak, later, streams })
    }
}

async fn signed_in(handler: &Handler) -> Vec<String> {
    let (server, mut tokens) = (handler.server(), Vec::new());
    let client_id = server.register().await;
    for user in local_tenant::crowd().iter().take(USERS) {
        let mut browser = Browser { user: user.user_principal_name, ..Browser::default() };
        tokens.push(browser.tokens(&server, &client_id, "user.read").await.access_token);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_takes_its_part_of_what_all_take_more() {
        let memory = Memory { idle: 1, peak: 1, later: 30_000, streams: Some(230_000) };
        assert_eq!(memory.of_stream(), Some(20_480));
        assert_eq!(Memory { streams: None, ..memory }.of_stream(), None);
    }

    #[test]
    fn there_are_users_enough() {
        assert!(local_tenant::crowd().len() >= USERS && USERS * 32 >= STREAMS);
    }
}
