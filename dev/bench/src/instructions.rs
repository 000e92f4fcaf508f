//! The instructions that a request takes.

use std::{collections::BTreeMap, error::Error, ffi::OsString, path::Path, process::Command};

use driver::{browser::Browser, handler::Handler};
use stand_in::watchdog::Watchdog;

use crate::{
    answer,
    callgrind::Callgrind,
    kind::Kind,
    process::Process,
    servers::{ALLOCATOR, Graph, LIMITS, configure},
};

/// Requests of the shorter part. The longer one has twice as many, so the difference has nothing of what is done once.
const REQUESTS: u64 = 100;
/// How often both are counted. A count in which the process also did something else, such as reading a grant anew, is not in
/// the middle.
const TIMES: usize = 3;

/// Counts for each kind of request.
pub(crate) type Counts = BTreeMap<Kind, u64>;

/// Those of the packaged handler.
pub(crate) async fn of_handler(callgrind: &Callgrind, program: &Path, graph: &Graph) -> Result<Counts, Box<dyn Error>> {
    let tenant = local_tenant::Options::default();
    let handler = Handler::start(&callgrind.valgrind, tenant, |command| {
        command.args(callgrind.words(program)).envs(Callgrind::SETTINGS);
        configure(command, graph, LIMITS);
    });
    let handler = handler.await;
    let _watchdog = Watchdog::over(handler.process.id())?;
    let server = handler.server();
    let client_id = server.register().await;
    let token = Browser::default().tokens(&server, &client_id, "user.read").await.access_token;
    of_process(callgrind, handler.process.id(), &format!("{}/mcp", server.url), &token).await
}

/// Those of another server, which prints its address.
pub(crate) async fn of_server(
    callgrind: &Callgrind,
    program: &Path,
    words: &[OsString],
    token: &str,
) -> Result<Counts, Box<dyn Error>> {
    let mut command = Command::new(&callgrind.valgrind);
    command.args(callgrind.words(program)).args(words).envs(Callgrind::SETTINGS).envs(ALLOCATOR);
    let (process, said) = Process::start(&mut command)?;
    let address = said.into_iter().next().unwrap_or_default();
    of_process(callgrind, process.id(), &format!("http://{address}/mcp"), token).await
}

async fn of_process(callgrind: &Callgrind, id: u32, url: &str, token: &str) -> Result<Counts, Box<dyn Error>> {
    let mut counts = Counts::new();
    for kind in Kind::ALL {
        let sender = Sender::new(url, (kind != Kind::Unauthorized).then_some(token), kind)?;
        sender.send(REQUESTS).await?;
        callgrind.zero(id)?;
        let mut all = Vec::new();
        for _ in 0..TIMES {
            sender.send(REQUESTS).await?;
            let shorter = callgrind.count(id)?;
            sender.send(2 * REQUESTS).await?;
            all.push(per_request(shorter, callgrind.count(id)?));
        }
        counts.insert(kind, median(all));
    }
    Ok(counts)
}

/// The instructions of one of [`REQUESTS`], by the counts of as many and of twice as many.
fn per_request(shorter: u64, longer: u64) -> u64 {
    longer.saturating_sub(shorter) / REQUESTS
}

fn median(mut counts: Vec<u64>) -> u64 {
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or_default()
}

/// Sends one request after another on one connection.
struct Sender<'a> {
    http: reqwest::Client,
    url: &'a str,
    token: Option<&'a str>,
    kind: Kind,
}

impl<'a> Sender<'a> {
    fn new(url: &'a str, token: Option<&'a str>, kind: Kind) -> Result<Self, reqwest::Error> {
        Ok(Self { http: reqwest::Client::builder().no_proxy().build()?, url, token, kind })
    }

    async fn send(&self, times: u64) -> Result<(), Box<dyn Error>> {
        for _ in 0..times {
            let answer = answer::request(&self.http, self.url, self.token, self.kind).send().await?;
            let (status, expected) = (answer.status(), if self.token.is_some() { 200 } else { 401 });
            answer.bytes().await?;
            if status != expected {
                return Err(format!("{} was answered {status}", self.kind.name()).into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_is_done_once_is_in_no_request() {
        let count = |requests: u64| 1_000_000 + 60_000 * requests;
        assert_eq!(per_request(count(REQUESTS), count(2 * REQUESTS)), 60_000);
    }

    #[test]
    fn one_count_that_is_off_changes_nothing() {
        assert_eq!(median(vec![90_000, 60_000, 60_001]), 60_001);
    }
}
