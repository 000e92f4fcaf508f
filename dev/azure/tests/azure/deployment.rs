//! A deployment as its clients see it, with what was issued.

use std::{
    cell::Cell,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    ops::Deref,
};

use azure_tests::{Azure, Plan};
use driver::{Server, mcp::tool_call};
use reqwest::RequestBuilder;
use serde_json::Value;
use stand_in::wait::until;

pub(crate) use driver::{
    body,
    browser::{REDIRECT_URI, USER},
};

/// In the log of every handler that has answered.
const ANSWERED: &str = "\"message\":\"request\"";

pub(crate) struct Deployment {
    server: Server,
    pub azure: Azure,
}

impl Deployment {
    /// So many processes, ready.
    pub(crate) async fn start(handlers: usize) -> Self {
        Self::ready(Plan::of(handlers)).await
    }

    /// So many processes, ready, which a test may ask about one token as often as it likes.
    pub(crate) async fn to_be_asked_often(handlers: usize) -> Self {
        let settings = vec![("MCP_LIMITS".to_owned(), "calls-per-minute=1000000".to_owned())];
        Self::ready(Plan { settings, ..Plan::of(handlers) }).await
    }

    async fn ready(plan: Plan) -> Self {
        let deployment = Self::of(plan).await;
        deployment.until_ready().await;
        deployment
    }

    pub(crate) async fn of(plan: Plan) -> Self {
        let azure = Azure::start(plan).await.unwrap();
        Self { server: Server::new(azure.url.clone()), azure }
    }

    /// Until a run of answers, more than there are processes, says that store and keyring are up.
    pub(crate) async fn until_ready(&self) {
        let healthy = Cell::new(0);
        until(async || {
            let answer = self.get("/health").send().await;
            healthy.set(if answer.is_ok_and(|answer| answer.status() == 200) { healthy.get() + 1 } else { 0 });
            healthy.get() == 12
        })
        .await;
    }

    pub(crate) fn log(&self) -> String {
        self.azure.log()
    }

    pub(crate) fn tool_request(&self, access_token: &str) -> RequestBuilder {
        self.mcp(access_token, &tool_call(1))
    }

    pub(crate) async fn call_tool(&self, access_token: &str) -> (u16, Value) {
        let answer = self.tool_request(access_token).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

impl Deref for Deployment {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// Every test ends with this search: nothing that was issued is in the log, at the highest verbosity.
impl Drop for Deployment {
    fn drop(&mut self) {
        let log = self.log();
        assert!(log.contains(ANSWERED) || std::thread::panicking(), "the handlers' log was not found");
        let found = self.secrets_in(&log);
        assert!(found == 0 || std::thread::panicking(), "{found} secrets are in the log");
    }
}

/// Whether a handler gave up on an operation of the store, by what it has logged since: on a busy machine the answer may come too
/// late, and a grant may then not be unissued. The emulator has answered.
pub(crate) fn gave_up(log: &str) -> bool {
    ["ClientOperationTimeout", "no answer within", "could not unissue a grant"].iter().any(|line| log.contains(line))
}

/// The number of the promise under `LONG=1`, a smaller one otherwise.
#[expect(clippy::disallowed_methods, reason = "the one setting of the tests themselves")]
pub(crate) fn rounds(long: usize, short: usize) -> usize {
    if std::env::var_os("LONG").is_some() { long } else { short }
}

/// Of everything random in a test: `SEED` of the environment, or a new one; the output tells it.
#[expect(clippy::disallowed_methods, reason = "another setting of the tests themselves")]
pub(crate) fn seed() -> u64 {
    let given = std::env::var("SEED").ok().map(|seed| seed.parse().unwrap());
    let seed = given.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("SEED={seed}");
    seed
}
