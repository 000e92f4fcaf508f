//! Three processes and the stand-ins behind them.

use std::{
    cell::Cell,
    convert::Infallible,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use azure_tests::{Azure, Plan};
use driver::{
    Server,
    browser::{Browser, redemption},
};
use local_tenant::{Recorded, Tenant};
use reqwest::StatusCode;
use stand_in::wait::until;
use tokio::time::sleep;

use crate::{answers::tokens, processes, usage::Usage, user::User};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How often the tenant's requests are taken: it remembers a thousand.
const TAKEN_EVERY: Duration = Duration::from_millis(50);

/// The server and the services behind it.
pub struct Local {
    /// As clients see it.
    pub server: Arc<Server>,
    azure: Azure,
    program: PathBuf,
    /// The counts of the log and of the processor before now.
    counted: Mutex<(u32, f64)>,
    requests: Arc<Mutex<Vec<Recorded>>>,
}

impl Local {
    /// Starts so many processes.
    pub async fn start(handlers: usize) -> Result<Self, Failure> {
        let program = azure_tests::handler().await?;
        let settings = vec![("LOG_LEVEL".to_owned(), "info".to_owned())];
        let azure = Azure::start(Plan { program: Some(program.clone()), settings, ..Plan::of(handlers) }).await?;
        let server = Arc::new(Server::new(azure.url.clone()));
        let local = Self { server, azure, program, counted: Mutex::default(), requests: Arc::default() };
        local.until_healthy(handlers).await;
        local.usage();
        Ok(local)
    }

    /// Signs one of the tenant's two hundred users in, in a browser and a client of their own.
    pub async fn sign_in(&self, number: usize) -> Result<User, String> {
        let server = Arc::clone(&self.server);
        // The browser is made for tests: it fails by a panic.
        let signed_in = tokio::spawn(async move {
            let crowd = local_tenant::crowd();
            let user = crowd.get(number % crowd.len()).ok_or("nobody")?.user_principal_name;
            let mut browser = Browser { user, ..Browser::default() };
            let client_id = server.register().await;
            let code = browser.sign_in(&server, &client_id).await.get("code").ok_or("no code")?;
            let (status, answer) = server.token(&redemption(&client_id, &code)).await;
            let (access_token, refresh_token) = tokens(&answer).map_err(|error| format!("{status}: {error}"))?;
            Ok(User { server, client_id, access_token, refresh_token })
        });
        signed_in.await.unwrap_or_else(|_| Err("a page or an answer was not as it should be".to_owned()))
    }

    /// Takes the tenant's requests for as long as it is polled.
    pub async fn watch(&self) -> Infallible {
        loop {
            self.take_requests();
            sleep(TAKEN_EVERY).await;
        }
    }

    /// The usage since the last call.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        usage.add_operations(&self.azure.cosmos.clear_operations());
        self.take_requests();
        usage.add_requests(&std::mem::take(&mut *lock(&self.requests)));
        let lines = u32::try_from(self.azure.log().lines().count()).unwrap_or(u32::MAX);
        let (processor, memory) = processes::children(&self.program);
        let before = std::mem::replace(&mut *lock(&self.counted), (lines, processor));
        (usage.lines, usage.processor, usage.memory) = (lines - before.0, processor - before.1, memory);
        usage
    }

    fn take_requests(&self) {
        let tenant: &Tenant = &self.azure.tenant;
        lock(&self.requests).extend(tenant.forget_requests());
    }

    /// Until each has answered more than once in a row.
    async fn until_healthy(&self, handlers: usize) {
        let healthy = Cell::new(0);
        until(async || {
            let answer = self.server.get("/health").send().await;
            let is_healthy = answer.is_ok_and(|answer| answer.status() == StatusCode::OK);
            healthy.set(if is_healthy { healthy.get() + 1 } else { 0 });
            healthy.get() == 4 * handlers
        })
        .await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
