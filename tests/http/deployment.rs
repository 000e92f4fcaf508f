//! A tenant, a host and one handler, on free ports and in a folder of their own.

use std::{
    net::TcpListener,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use functions_host::{FunctionsHost, Gateway, ReservedPort};
use local_tenant::Tenant;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Whom browsers choose unless told otherwise.
pub(crate) const USER: &str = "bob@contoso.example";
/// Where the test client listens; nothing does, the browser of the tests only reads the URL.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";
/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) struct Deployment {
    pub url: String,
    pub http: Client,
    pub host: FunctionsHost,
    pub tenant: Option<Tenant>,
    pub folder: TempDir,
    /// Everything secret that was issued, for the search of the log at the end.
    pub issued: Mutex<Vec<String>>,
    /// Where the host writes what the handler logs.
    pub log_file: PathBuf,
    /// The trace of the next request that [`Deployment::whole_log`] sends.
    traces: AtomicU64,
    tenant_port: ReservedPort,
}

/// In the log of every handler that has started.
const STARTED: &str = "\"message\":\"serving\"";

impl Deployment {
    pub(crate) async fn start() -> Self {
        let (listener, unstarted) = Unstarted::new().await;
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
        let (listener, mut unstarted) = Unstarted::new().await;
        let principal = ("GATEWAY_PRINCIPAL_ID".into(), local_tenant::GATEWAY_PRINCIPAL_ID.into());
        unstarted.settings.push(principal);
        let options = host_options(listener, unstarted.settings.clone(), &unstarted.folder);
        let mut gateway = Gateway::of_tenant(unstarted.tenant.base_url(), unstarted.tenant.control_token());
        change(&mut gateway);
        unstarted.started(functions_host::start_behind_gateway(options, gateway).await.unwrap()).await
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    /// Takes the tenant down; [`Deployment::tenant_up`] brings the same one back.
    pub(crate) async fn tenant_down(&mut self) {
        self.tenant.take().unwrap().stop().await;
    }

    pub(crate) async fn tenant_up(&mut self) {
        let options = tenant_options(&self.url, &self.folder, &self.tenant_port);
        self.tenant = Some(local_tenant::start(options).await.unwrap());
    }

    pub(crate) fn users(&self) -> &[local_tenant::User] {
        self.tenant.as_ref().unwrap().users()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log_file).unwrap_or_default()
    }

    /// The log with everything that was logged before. The host reads the handler's lines in order, but later, so this
    /// sends a request and waits until its line is there.
    pub(crate) async fn whole_log(&self) -> String {
        let trace = format!("{:032x}", self.traces.fetch_add(1, Ordering::Relaxed));
        let request = self.get("/health").header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
        request.send().await.unwrap();
        while !self.log().contains(&trace) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.log()
    }

    pub(crate) async fn register(&self) -> String {
        let metadata = json!({ "client_name": "Test client", "redirect_uris": [REDIRECT_URI] });
        let answer = self.post("/register").json(&metadata).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        body(answer).await["client_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let answer = self.post("/token").form(form).send().await.unwrap();
        let (status, answer) = (answer.status().as_u16(), body(answer).await);
        for name in ["access_token", "refresh_token"] {
            self.issued(answer[name].as_str().unwrap_or_default());
        }
        (status, answer)
    }

    /// Notes a secret.
    pub(crate) fn issued(&self, secret: &str) {
        if secret.len() > 20 {
            self.issued.lock().unwrap().push(secret.to_owned());
        }
    }

    /// A tool call, or any other JSON-RPC request.
    pub(crate) fn mcp(&self, token: &str, message: &Value) -> RequestBuilder {
        self.post("/mcp")
            .bearer_auth(token)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-06-18")
            .json(message)
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

    async fn started(self, host: FunctionsHost) -> Deployment {
        let Self { url, folder, tenant, tenant_port, .. } = self;
        let (http, log_file) = (client().build().unwrap(), log_file(&folder));
        let (issued, traces, tenant) = (Mutex::default(), AtomicU64::new(1), Some(tenant));
        let deployment = Deployment { url, http, host, tenant, folder, issued, log_file, traces, tenant_port };
        while !deployment.log().contains(STARTED) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        deployment
    }
}

/// As a browser's or a client's, but that redirects are for the tests to follow.
pub(crate) fn client() -> ClientBuilder {
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy()
}

/// Every test ends with this search: nothing that was issued is in the log, at the highest verbosity.
impl Drop for Deployment {
    fn drop(&mut self) {
        let log = self.log();
        assert!(
            log.contains(STARTED) || std::thread::panicking(),
            "{} is not the handler's log",
            self.log_file.display()
        );
        let found = self.issued.lock().unwrap().iter().filter(|secret| log.contains(secret.as_str())).count();
        assert!(found == 0 || std::thread::panicking(), "{found} secrets are in the log");
    }
}

pub(crate) fn tool_call() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "get_graph_user_details", "arguments": {} } })
}

pub(crate) async fn body(answer: Response) -> Value {
    let text = answer.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
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
