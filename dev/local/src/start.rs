//! Checks the ports and the folder before anything is built, builds the handler, then starts the parts in the order in
//! which they need each other.

use std::path::{Path, PathBuf};

use cosmos_emulator::Emulator;
use functions_host::{FunctionsHost, Gateway};
use local_tenant::Tenant;

use crate::args::{Args, repository_root};
use crate::azure;
use crate::banner::{Ready, Server, TestUser};
use crate::data::Data;
use crate::environment::Environment;
use crate::error::StartError;
use crate::func::{self, Func};
use crate::port::{self, Reserved};

/// Everything that runs.
pub(crate) struct Running {
    pub(crate) ready: Ready,
    host: Host,
    tenant: Tenant,
    cosmos: Option<Emulator>,
    _data: Data,
}

enum Host {
    StandIn(FunctionsHost),
    /// `func start`; or nothing, and the person is told to run it.
    CoreTools(Option<Func>),
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
    let reserved = Reserved::new(args.port)?;
    let data = Data::open(&args.data, args.fresh)?;
    ports_are_free(args)?;
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
    let cosmos = if args.serving.azure { Some(azure::open(&tenant, args.serving.cosmos_port).await?) } else { None };
    let settings = settings(&url, &tenant, &Store { cosmos: cosmos.as_ref(), data: &data }, environment);
    let (host, server) = if args.serving.func {
        drop(reserved);
        func::write_settings(&root, port, &handler, settings)?;
        core_tools(environment, &root, port, args.json.then(|| data.log()).as_deref()).await?
    } else {
        let (listener, log) = (reserved.listen()?, Some(data.log()));
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
        cosmos: cosmos.as_ref().map(|cosmos| cosmos.url().to_owned()),
        users: users(&tenant),
        log,
    };
    Ok(Running { ready, host, tenant, cosmos, _data: data })
}

/// The error of a part that binds its port itself.
fn ports_are_free(args: &Args) -> Result<(), StartError> {
    let serving = &args.serving;
    if port::is_taken(args.tenant_port) {
        return Err(StartError::TenantPortTaken(args.tenant_port));
    }
    if serving.azure && port::is_taken(serving.cosmos_port) {
        return Err(StartError::CosmosPortTaken(serving.cosmos_port));
    }
    Ok(())
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
    Ok((Host::CoreTools(Some(func)), Server::CoreTools))
}

/// The store of the handler.
struct Store<'a> {
    cosmos: Option<&'a Emulator>,
    data: &'a Data,
}

fn settings(url: &str, tenant: &Tenant, store: &Store<'_>, environment: &Environment) -> Vec<(String, String)> {
    let mut settings = tenant.settings();
    settings.push(("PUBLIC_BASE_URL".to_owned(), url.to_owned()));
    match store.cosmos {
        Some(cosmos) => settings.extend(azure::settings(tenant, cosmos)),
        None => settings.push(("DATA_DIR".to_owned(), store.data.folder().to_string_lossy().into_owned())),
    }
    settings.extend(environment.log_level.clone().map(|level| ("LOG_LEVEL".to_owned(), level)));
    settings
}

fn users(tenant: &Tenant) -> Vec<TestUser> {
    let user = |user: &local_tenant::User| TestUser {
        display_name: user.display_name.to_owned(),
        user_principal_name: user.user_principal_name.to_owned(),
    };
    tenant.users().iter().map(user).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Serving;

    async fn tenant() -> Tenant {
        let redirect_uris = vec!["http://127.0.0.1:1/oauth-callback".to_owned()];
        let options = local_tenant::Options { port: 0, state_file: None, redirect_uris, silent_user: None };
        local_tenant::start(options).await.unwrap()
    }

    fn environment(log_level: Option<&str>) -> Environment {
        Environment { cargo: "/no/such/cargo".into(), path: "".into(), log_level: log_level.map(str::to_owned) }
    }

    #[tokio::test]
    async fn the_handler_is_given_the_tenants_settings_and_its_own() {
        let (tenant, folder) = (tenant().await, tempfile::tempdir().unwrap());
        let data = Data::open(folder.path(), false).unwrap();
        let store = Store { cosmos: None, data: &data };
        let settings = settings("http://127.0.0.1:5", &tenant, &store, &environment(Some("debug")));
        let value = |name: &str| settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(value("PUBLIC_BASE_URL"), Some("http://127.0.0.1:5"));
        assert_eq!(value("DATA_DIR"), folder.path().to_str());
        assert_eq!(value("LOG_LEVEL"), Some("debug"));
        assert_eq!(value("GRAPH_ENDPOINT"), Some(tenant.base_url()));
    }

    #[tokio::test]
    async fn with_azure_the_handler_is_led_to_cosmos_db_and_key_vault_and_to_no_folder() {
        let (tenant, folder) = (tenant().await, tempfile::tempdir().unwrap());
        let data = Data::open(folder.path(), false).unwrap();
        let cosmos = azure::open(&tenant, 0).await.unwrap();
        let store = Store { cosmos: Some(&cosmos), data: &data };
        let settings = settings("http://127.0.0.1:5", &tenant, &store, &environment(None));
        let names: Vec<&str> = settings.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["COSMOS_ENDPOINT", "COSMOS_DATABASE", "KEY_VAULT_KEY_ID", "HTTPS_PROXY", "SSL_CERT_FILE"] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(!names.contains(&"DATA_DIR"));
        assert!(matches!(azure::open(&tenant, port_of(cosmos.url())).await, Err(StartError::CosmosPortTaken(_))));
    }

    fn port_of(url: &str) -> u16 {
        url.rsplit(':').next().unwrap().parse().unwrap()
    }

    #[tokio::test]
    async fn a_log_level_that_is_not_set_is_not_handed_on() {
        let (tenant, folder) = (tenant().await, tempfile::tempdir().unwrap());
        let data = Data::open(folder.path(), false).unwrap();
        let store = Store { cosmos: None, data: &data };
        let settings = settings("http://127.0.0.1:5", &tenant, &store, &environment(None));
        assert!(settings.iter().all(|(name, _)| name != "LOG_LEVEL"));
    }

    #[tokio::test]
    async fn a_package_without_a_handler_says_how_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("package").to_str().unwrap().to_owned();
        let args = ["local", "--package", &package].map(str::to_owned);
        let args = <Args as clap::Parser>::parse_from(args);
        let fault = program(&args, &environment(None)).await.unwrap_err().to_string();
        assert!(fault.contains(&package) && fault.contains("cargo xtask package"), "{fault}");
    }

    #[tokio::test]
    async fn a_taken_tenant_port_is_said_before_anything_is_built() {
        let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let args = Args {
            port: 0,
            tenant_port: held.local_addr().unwrap().port(),
            fresh: false,
            data: folder.path().to_owned(),
            silent_user: None,
            serving: Serving {
                func: false,
                azure: false,
                streams_apart: false,
                cosmos_port: 0,
                gateway: false,
                package: None,
            },
            json: true,
        };
        let result = start(&args, &environment(None)).await;
        assert!(matches!(result, Err(StartError::TenantPortTaken(port)) if port == args.tenant_port));
    }
}
