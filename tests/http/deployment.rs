//! A tenant, a host and one handler, on free ports and in a folder of their own.

use std::{
    net::TcpListener,
    ops::Deref,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use driver::Server;
use functions_host::{FunctionsHost, Gateway, ReservedPort};
use local_tenant::Tenant;
use serde_json::Value;
use stand_in::wait::until;
use tempfile::TempDir;

pub(crate) use driver::{
    body,
    browser::{REDIRECT_URI, USER, VERIFIER},
    client,
};

pub(crate) struct Deployment {
    server: Server,
    pub host: FunctionsHost,
    pub tenant: Option<Tenant>,
    pub folder: TempDir,
    /// Where the host writes what the handler logs.
    pub log_file: PathBuf,
    /// How many requests [`Deployment::whole_log`] has sent.
    marks: AtomicUsize,
    tenant_port: ReservedPort,
}

/// The line of a request that only [`Deployment::whole_log`] sends.
pub(crate) const MARK: &str = "\"method\":\"HEAD\",\"endpoint\":\"health\"";

/// In the log of every handler that has started.
const STARTED: &str = "\"message\":\"serving\"";

impl Deployment {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With further settings.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let (listener, mut unstarted) = Unstarted::new().await;
        unstarted.add(settings);
        let options = host_options(listener, unstarted.settings.clone(), &unstarted.folder);
        unstarted.started(functions_host::start(options).await.unwrap()).await
    }

    /// With a host that this starts, on this listener, with these settings, which writes the log to this file.
    pub(crate) async fn start_by<F>(start: impl FnOnce(TcpListener, Vec<(String, String)>, PathBuf) -> F) -> Self
    where
        F: Future<Output = FunctionsHost>,
    {
        let (listener, unstarted) = Unstarted::new().await;
        let host = start(listener, unstarted.settings.clone(), log_file(&unstarted.folder)).await;
        unstarted.started(host).await
    }

    /// With API Management in front, whose own limits this changes.
    pub(crate) async fn start_behind_gateway(change: impl FnOnce(&mut Gateway)) -> Self {
        Self::start_behind_gateway_with(&[], change).await
    }

    /// The same, with further settings.
    pub(crate) async fn start_behind_gateway_with(
        settings: &[(&str, &str)],
        change: impl FnOnce(&mut Gateway),
    ) -> Self {
        let (listener, mut unstarted) = Unstarted::new().await;
        unstarted.add(&[("GATEWAY_PRINCIPAL_ID", local_tenant::GATEWAY_PRINCIPAL_ID)]);
        unstarted.add(settings);
        let options = host_options(listener, unstarted.settings.clone(), &unstarted.folder);
        let mut gateway = Gateway::new(unstarted.tenant.gateway_tokens());
        change(&mut gateway);
        unstarted.started(functions_host::start_behind_gateway(options, gateway).await.unwrap()).await
    }

    /// Takes the tenant down; [`Deployment::tenant_up`] brings the same one back.
    pub(crate) async fn tenant_down(&mut self) {
        self.tenant.take().unwrap().stop().await;
    }

    pub(crate) async fn tenant_up(&mut self) {
        let options = tenant_options(&self.url, &self.folder, &self.tenant_port);
        self.tenant = Some(local_tenant::start(options).await.unwrap());
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log_file).unwrap_or_default()
    }

    /// The log with everything that was logged before. The host reads the handler's lines in order, but later, so this
    /// sends a request that no test sends, and waits until its line is there.
    pub(crate) async fn whole_log(&self) -> String {
        let sent = self.marks.fetch_add(1, Ordering::Relaxed) + 1;
        self.http.head(format!("{}/health", self.url)).send().await.unwrap();
        until(async || self.log().matches(MARK).count() >= sent).await;
        self.log()
    }
}

impl Deref for Deployment {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// Everything but the host.
struct Unstarted {
    url: String,
    folder: TempDir,
    tenant: Tenant,
    tenant_port: ReservedPort,
    settings: Vec<(String, String)>,
}

impl Unstarted {
    async fn new() -> (TcpListener, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let tenant_port = ReservedPort::new().unwrap();
        let tenant = local_tenant::start(tenant_options(&url, &folder, &tenant_port)).await.unwrap();
        let mut settings = tenant.settings();
        settings.push(("PUBLIC_BASE_URL".into(), url.clone()));
        settings.push(("DATA_DIR".into(), folder.path().to_str().unwrap().to_owned()));
        settings.push(("LOG_LEVEL".into(), "trace".into()));
        (listener, Self { url, folder, tenant, tenant_port, settings })
    }

    fn add(&mut self, settings: &[(&str, &str)]) {
        self.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    }

    async fn started(self, host: FunctionsHost) -> Deployment {
        let Self { url, folder, tenant, tenant_port, .. } = self;
        let (server, log_file) = (Server::new(url), log_file(&folder));
        let (marks, tenant) = (AtomicUsize::new(0), Some(tenant));
        let deployment = Deployment { server, host, tenant, folder, log_file, marks, tenant_port };
        until(async || deployment.log().contains(STARTED)).await;
        deployment
    }
}

/// Every test ends with this search: nothing that was issued is in the log, at the highest verbosity, and every answer on the
/// MCP endpoints fitted the schema of its revision.
impl Drop for Deployment {
    fn drop(&mut self) {
        let log = self.log();
        assert!(
            log.contains(STARTED) || std::thread::panicking(),
            "{} is not the handler's log",
            self.log_file.display()
        );
        assert!(!log.contains(functions_host::UNFIT) || std::thread::panicking(), "{log}");
        let found = self.secrets_in(&log);
        assert!(found == 0 || std::thread::panicking(), "{found} secrets are in the log");
    }
}

pub(crate) fn tool_call() -> Value {
    driver::mcp::tool_call(1)
}

fn log_file(folder: &TempDir) -> PathBuf {
    folder.path().join("handler.log")
}

pub(crate) fn host_options(
    listener: TcpListener,
    environment: Vec<(String, String)>,
    folder: &TempDir,
) -> functions_host::Options {
    functions_host::Options {
        root: env!("CARGO_MANIFEST_DIR").into(),
        listener,
        handler: env!("CARGO_BIN_EXE_handler").into(),
        handlers: 1,
        environment,
        log: Some(log_file(folder)),
    }
}

fn tenant_options(url: &str, folder: &TempDir, port: &ReservedPort) -> local_tenant::Options {
    local_tenant::Options {
        port: port.port(),
        state_file: Some(folder.path().join("tenant.json")),
        redirect_uris: vec![format!("{url}/oauth-callback")],
        silent_user: None,
    }
}
