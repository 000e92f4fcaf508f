//! Checks the ports and the folder before anything is built, builds the handler, then starts the parts in the order in
//! which they need each other.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use cosmos_emulator::Emulator;
use functions_host::{FunctionsHost, Gateway, ReservedPort};
use local_tenant::Tenant;

use crate::args::{Args, repository_root};
use crate::banner::{Ready, Server};
use crate::port::{self, Purpose};
use crate::{azure, data::Data, environment::Environment, error::StartError, func, func::Func, published::Published};

/// Everything that runs.
pub(crate) struct Running {
    pub(crate) ready: Ready,
    host: Host,
    tenant: Tenant,
    cosmos: Option<Emulator>,
    _published: Option<Published>,
    _data: Data,
}

enum Host {
    StandIn(FunctionsHost),
    /// `func start`; or nothing, and the person is told to run it.
    CoreTools(Option<Box<Func>>),
}

impl Running {
    /// Returns only if something ends that should not.
    pub(crate) async fn ended(&mut self) -> StartError {
        match &mut self.host {
            Host::CoreTools(Some(func)) => func.ended().await.map_or_else(|fault| fault, StartError::FuncEnded),
            Host::StandIn(_) | Host::CoreTools(None) => std::future::pending().await,
        }
    }

    pub(crate) async fn stop(self) {
        match self.host {
            Host::StandIn(host) => host.stop().await,
            Host::CoreTools(Some(func)) => func.stop().await,
            Host::CoreTools(None) => {}
        }
        if let Some(cosmos) = self.cosmos {
            cosmos.stop().await;
        }
        self.tenant.stop().await;
    }
}

pub(crate) async fn start(args: &Args, environment: &Environment) -> Result<Running, StartError> {
    // Until the server can answer, a connection is refused and does not wait.
    let reserved = ReservedPort::at(args.port).map_err(|error| StartError::listen(args.port, error))?;
    let data = Data::open(&args.data, args.fresh)?;
    port::is_free(args.tenant_port, Purpose::Tenant)?;
    if args.serving.azure {
        port::is_free(args.serving.cosmos_port, Purpose::Cosmos)?;
    }
    let (root, handler) = program(args, environment).await?;
    let port = reserved.port();
    let url = format!("http://127.0.0.1:{port}");
    let tenant = local_tenant::start(local_tenant::Options {
        port: args.tenant_port,
        state_file: Some(data.tenant()),
        redirect_uris: vec![format!("{url}/oauth-callback")],
        silent_user: args.silent_user.clone(),
    })
    .await?;
    tenant.advance_clock(-time::Duration::seconds(args.tenant_behind.unwrap_or_default().into()));
    let cosmos = if args.serving.azure { Some(azure::open(&tenant, args.serving.cosmos_port).await?) } else { None };
    let mut settings = tenant.settings();
    settings.push(("PUBLIC_BASE_URL".to_owned(), url.clone()));
    match &cosmos {
        Some(cosmos) => settings.extend(azure::settings(&tenant, cosmos)),
        None => settings.push(("DATA_DIR".to_owned(), data.folder().to_string_lossy().into_owned())),
    }
    settings.extend(environment.settings.iter().cloned());
    let published = if args.serving.published_client {
        Some(Published::start(data.folder()).await.map_err(StartError::Published)?)
    } else {
        None
    };
    settings.extend(published.iter().flat_map(Published::settings));
    let (host, server) = if args.serving.func {
        drop(reserved);
        func::write_settings(&root, port, &handler, settings)?;
        core_tools(environment, &root, port, args.json.then(|| data.log()).as_deref()).await?
    } else {
        let listener = TcpListener::bind(reserved.address()).map_err(|error| StartError::listen(port, error))?;
        let log = Some(data.log());
        let handlers = if cosmos.is_some() { azure::HANDLERS } else { 1 };
        let options = functions_host::Options { root, listener, handler, handlers, environment: settings, log };
        let host = stand_in(options, args, &tenant).await;
        let host = host.map_err(|source| StartError::Host { source, log: data.log() })?;
        if args.serving.streams_apart {
            host.keep_apart("/mcp/sse");
        }
        (Host::StandIn(host), Server::StandIn)
    };
    let log = (server == Server::StandIn || args.json).then(|| data.log());
    let ready = Ready {
        url,
        server,
        tenant: tenant.base_url().to_owned(),
        control_token: tenant.control_token().to_owned(),
        cosmos: cosmos.as_ref().map(|cosmos| cosmos.url().to_owned()),
        users: tenant.users().to_vec(),
        log,
    };
    Ok(Running { ready, host, tenant, cosmos, _published: published, _data: data })
}

/// The folder with the functions, and the handler: a package's, or built here.
async fn program(args: &Args, environment: &Environment) -> Result<(PathBuf, PathBuf), StartError> {
    if let Some(folder) = &args.serving.package {
        let app = functions_host::func_start(folder, []);
        let app = app.map_err(|source| StartError::Package { folder: folder.clone(), source })?;
        return Ok((folder.clone(), app.handler));
    }
    if !args.json {
        eprintln!("cargo local: building the handler, which takes minutes the first time");
    }
    let root = repository_root();
    if args.serving.published_client {
        return Ok((root.to_owned(), Published::handler().map_err(StartError::Published)?));
    }
    let handler = functions_host::build_handler(&environment.cargo, root, args.json).await;
    Ok((root.to_owned(), handler.map_err(StartError::Cargo)?.ok_or(StartError::Build)?))
}

async fn stand_in(
    mut options: functions_host::Options,
    args: &Args,
    tenant: &Tenant,
) -> Result<FunctionsHost, functions_host::StartError> {
    if !args.serving.gateway {
        return functions_host::start(options).await;
    }
    let principal = ("GATEWAY_PRINCIPAL_ID".to_owned(), local_tenant::GATEWAY_PRINCIPAL_ID.to_owned());
    options.environment.push(principal);
    let gateway = Gateway::new(tenant.gateway_tokens());
    functions_host::start_behind_gateway(options, gateway).await
}

/// Its lines go to the terminal; with `--json`, where standard output is for one line, to this log.
async fn core_tools(
    environment: &Environment,
    root: &Path,
    port: u16,
    log: Option<&Path>,
) -> Result<(Host, Server), StartError> {
    let Some(program) = func::find(&environment.path) else { return Ok((Host::CoreTools(None), Server::ToBeStarted)) };
    let mut func = Func::start(&program, root, log)?;
    func.listens(port).await?;
    Ok((Host::CoreTools(Some(Box::new(func))), Server::CoreTools))
}
