//! Starting and stopping: the only place where the parts meet.

use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::{net::TcpListener, task::JoinSet};

use crate::gateway::{Gateway, GatewayProxy};
use crate::handler::{Handler, Kill, Readiness, Supervisor};
use crate::handler_process::{HandlerProcess, Launch};
use crate::proxy::{Limits, Proxy};
use crate::serve::{Serve, accept};
use crate::{
    ReservedPort, StartError, front_end::FrontEnd, functions, handler_log::HandlerLog, host_json,
    mcp_answers::McpAnswers, upstream::Upstream,
};

/// The handler to run, and where. Not printable: the environment may hold secrets.
pub struct Options {
    /// Folder with host.json and the function folders (the repository root, or a staged package).
    pub root: PathBuf,
    /// Already bound public listener, so that the public URL is known before anything starts.
    pub listener: StdListener,
    /// The handler executable; overrides host.json's defaultExecutablePath.
    pub handler: PathBuf,
    /// How many handler processes. Each stands for one instance of the function app; requests go to them in turn.
    pub handlers: usize,
    /// Added to a minimal environment of each handler.
    pub environment: Vec<(String, String)>,
    /// Where the handlers' stdout and stderr lines go: a file (appended), or None: this process's stderr.
    pub log: Option<PathBuf>,
}

/// A running host. Dropping it kills the handlers, too, without waiting for their end.
pub struct FunctionsHost {
    url: String,
    host_url: String,
    kills: Vec<mpsc::Sender<Kill>>,
    apart: Arc<OnceLock<String>>,
    answers: Arc<McpAnswers>,
    stop: watch::Sender<bool>,
    supervisors: JoinSet<()>,
    accepting: JoinSet<()>,
}

/// Starts the handlers as `func start` does, and returns when each has answered `GET /`. A handler that ends before fails
/// the start.
pub async fn start(options: Options) -> Result<FunctionsHost, StartError> {
    let (mut host, listener, proxy) = launch(options, Limits::default()).await?;
    host.accept(listener, proxy);
    Ok(host)
}

/// As on Flex Consumption: API Management on the given listener; behind it, on any free port, App Service's front end and
/// the host.
pub async fn start_behind_gateway(options: Options, gateway: Gateway) -> Result<FunctionsHost, StartError> {
    let (address, listener) = private()?;
    let (url, public) = public(options.listener)?;
    let routes = functions::read(&options.root)?;
    let limits = Limits { on_flex: true, ..Limits::default() };
    let (mut host, listener, proxy) = launch(Options { listener, ..options }, limits).await?;
    host.accept(listener, FrontEnd(proxy));
    host.url = url;
    host.accept(public, GatewayProxy::new(gateway, routes, address));
    Ok(host)
}

/// The handlers, and what passes requests on to them.
async fn launch(options: Options, limits: Limits) -> Result<(FunctionsHost, TcpListener, Proxy), StartError> {
    let Options { root, listener, handler, handlers, environment, log } = options;
    host_json::check(&root)?;
    let routes = functions::read(&root)?;
    let (url, listener) = public(listener)?;
    let program = resolve(&handler)?;
    let root = resolve(&root)?;
    let log = HandlerLog::open(log)?;
    let ports =
        (0..handlers).map(|_| ReservedPort::new()).collect::<Result<Vec<_>, _>>().map_err(StartError::Listen)?;
    let launches = ports.into_iter().enumerate().map(|(index, port)| {
        let (program, root, environment) = (program.clone(), root.clone(), environment.clone());
        Launch { index, program, root, environment, log: log.clone(), port }
    });
    let mut host = FunctionsHost::new(url, log.clone());
    let started = start_all(launches).await?;
    let proxied = started.into_iter().map(|(launch, process)| host.supervise(launch, process)).collect();
    let (turn, apart, answers) = (AtomicUsize::new(0), Arc::clone(&host.apart), Arc::clone(&host.answers));
    Ok((host, listener, Proxy { routes, handlers: proxied, limits, turn, apart, answers }))
}

/// Starts no process: `handler` listens already.
#[doc(hidden)]
pub fn start_in_front_of(
    handler: SocketAddr,
    root: &Path,
    listener: StdListener,
    limits: Limits,
) -> Result<FunctionsHost, StartError> {
    host_json::check(root)?;
    let routes = functions::read(root)?;
    let (url, listener) = public(listener)?;
    let mut host = FunctionsHost::new(url, HandlerLog::open(None)?);
    let (_, state) = watch::channel(Readiness::Ready);
    let handlers = vec![Handler { upstream: Upstream::new(handler), state }];
    let (turn, apart, answers) = (AtomicUsize::new(0), Arc::default(), Arc::clone(&host.answers));
    host.accept(listener, Proxy { routes, handlers, limits, turn, apart, answers });
    Ok(host)
}

impl FunctionsHost {
    fn new(url: String, log: HandlerLog) -> Self {
        let (stop, _) = watch::channel(false);
        Self {
            host_url: url.clone(),
            url,
            kills: Vec::new(),
            apart: Arc::default(),
            answers: McpAnswers::new(log),
            stop,
            supervisors: JoinSet::new(),
            accepting: JoinSet::new(),
        }
    }

    fn supervise(&mut self, launch: Launch, process: HandlerProcess) -> Handler {
        let (state_sender, state) = watch::channel(Readiness::Ready);
        let (kill, kills) = mpsc::channel(1);
        let upstream = Upstream::new(launch.port.address());
        self.kills.push(kill);
        let supervisor = Supervisor { launch, process, state: state_sender, kills, stop: self.stop.clone() };
        self.supervisors.spawn(supervisor.run());
        Handler { upstream, state }
    }

    fn accept(&mut self, listener: TcpListener, server: impl Serve) {
        self.accepting.spawn(accept(listener, Arc::new(server)));
    }

    /// The public URL, `http://127.0.0.1:PORT`; the gateway's, if there is one.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The function app's own URL, which leads past the gateway.
    #[must_use]
    pub fn host_url(&self) -> &str {
        &self.host_url
    }

    /// From now on the first handler gets the requests for this path and no others: the worst case for a client that needs two
    /// requests to meet. The first call decides.
    pub fn keep_apart(&self, path: &str) {
        let _ = self.apart.set(path.to_owned());
    }

    /// How many messages of the handlers on the MCP endpoints were held against the official schemas. One that does not fit is
    /// in the log, with the message [`UNFIT`](crate::UNFIT).
    #[must_use]
    pub fn judged_answers(&self) -> usize {
        self.answers.judged()
    }

    /// Sends SIGKILL to one handler and returns when it is dead. The host starts it again, as Azure's does, unless
    /// it is the handler's third failure within half an hour of each other: then the host stops and answers 503.
    pub async fn kill(&self, index: usize) {
        self.end(index, false).await;
    }

    /// As when the platform takes an instance away without notice and puts another in its place: SIGKILL, and no
    /// failure is counted.
    pub async fn replace(&self, index: usize) {
        self.end(index, true).await;
    }

    async fn end(&self, index: usize, forgiven: bool) {
        let (dead, died) = oneshot::channel();
        if let Some(kills) = self.kills.get(index)
            && kills.send(Kill { forgiven, dead }).await.is_ok()
        {
            // No answer means that the host stopped, and with it the handler.
            let _ = died.await;
        }
    }

    /// Kills the handlers and closes every connection, open streams included.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        self.accepting.shutdown().await;
        while self.supervisors.join_next().await.is_some() {}
    }
}

fn private() -> Result<(SocketAddr, StdListener), StartError> {
    let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(StartError::Listen)?;
    Ok((listener.local_addr().map_err(StartError::Listen)?, listener))
}

fn public(listener: StdListener) -> Result<(String, TcpListener), StartError> {
    listener.set_nonblocking(true).map_err(StartError::Listen)?;
    let listener = TcpListener::from_std(listener).map_err(StartError::Listen)?;
    let port = listener.local_addr().map_err(StartError::Listen)?.port();
    Ok((format!("http://127.0.0.1:{port}"), listener))
}

/// The handlers run in another folder than this process.
fn resolve(path: &Path) -> Result<PathBuf, StartError> {
    path.canonicalize().map_err(|error| StartError::Read(path.to_owned(), error))
}

/// All at once. The first that fails ends the others.
async fn start_all(launches: impl Iterator<Item = Launch>) -> Result<Vec<(Launch, HandlerProcess)>, StartError> {
    let mut starting = JoinSet::new();
    for launch in launches {
        starting.spawn(async { HandlerProcess::start(&launch).await.map(|process| (launch, process)) });
    }
    let mut started = Vec::new();
    while let Some(outcome) = starting.join_next().await {
        started.push(outcome.map_err(|fault| StartError::Listen(fault.into()))??);
    }
    started.sort_by_key(|(launch, _)| launch.index);
    Ok(started)
}
