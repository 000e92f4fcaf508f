//! Starts the parts in the order in which they need each other, the ports first, because a taken one should be said before
//! anything is built.

use functions_host::FunctionsHost;
use local_tenant::Tenant;

use crate::args::{Args, repository_root};
use crate::banner::{Ready, TestUser};
use crate::data::Data;
use crate::environment::Environment;
use crate::error::StartError;
use crate::{handler, port};

/// Everything that runs.
pub(crate) struct Running {
    pub(crate) ready: Ready,
    host: FunctionsHost,
    tenant: Tenant,
    _data: Data,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.host.stop().await;
        self.tenant.stop().await;
    }
}

pub(crate) async fn start(args: &Args, environment: &Environment) -> Result<Running, StartError> {
    let (listener, port) = port::bind(args.port)?;
    let data = Data::open(&args.data, args.fresh)?;
    let url = format!("http://127.0.0.1:{port}");
    let tenant = local_tenant::start(local_tenant::Options {
        port: args.tenant_port,
        state_file: Some(data.tenant()),
        redirect_uris: vec![format!("{url}/oauth-callback")],
        silent_user: args.silent_user.clone(),
    })
    .await?;
    let handler = handler::build(&environment.cargo, args.json).await?;
    let host = functions_host::start(functions_host::Options {
        root: repository_root().to_owned(),
        listener,
        handler,
        handlers: 1,
        environment: settings(&url, &tenant, &data, environment),
        log: Some(data.log()),
    })
    .await
    .map_err(|source| StartError::Host { source, log: data.log() })?;
    let ready = Ready { url, tenant: tenant.base_url().to_owned(), users: users(&tenant), log: data.log() };
    Ok(Running { ready, host, tenant, _data: data })
}

fn settings(url: &str, tenant: &Tenant, data: &Data, environment: &Environment) -> Vec<(String, String)> {
    let mut settings = tenant.settings();
    settings.push(("PUBLIC_BASE_URL".to_owned(), url.to_owned()));
    settings.push(("DATA_DIR".to_owned(), data.folder().to_string_lossy().into_owned()));
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

    async fn tenant() -> Tenant {
        let redirect_uris = vec!["http://127.0.0.1:1/oauth-callback".to_owned()];
        let options = local_tenant::Options { port: 0, state_file: None, redirect_uris, silent_user: None };
        local_tenant::start(options).await.unwrap()
    }

    fn environment(log_level: Option<&str>) -> Environment {
        Environment { cargo: "/no/such/cargo".into(), log_level: log_level.map(str::to_owned) }
    }

    #[tokio::test]
    async fn the_handler_is_given_the_tenants_settings_and_its_own() {
        let (tenant, folder) = (tenant().await, tempfile::tempdir().unwrap());
        let data = Data::open(folder.path(), false).unwrap();
        let settings = settings("http://127.0.0.1:5", &tenant, &data, &environment(Some("debug")));
        let value = |name: &str| settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(value("PUBLIC_BASE_URL"), Some("http://127.0.0.1:5"));
        assert_eq!(value("DATA_DIR"), folder.path().to_str());
        assert_eq!(value("LOG_LEVEL"), Some("debug"));
        assert_eq!(value("GRAPH_ENDPOINT"), Some(tenant.base_url()));
    }

    #[tokio::test]
    async fn a_log_level_that_is_not_set_is_not_handed_on() {
        let (tenant, folder) = (tenant().await, tempfile::tempdir().unwrap());
        let data = Data::open(folder.path(), false).unwrap();
        let settings = settings("http://127.0.0.1:5", &tenant, &data, &environment(None));
        assert!(settings.iter().all(|(name, _)| name != "LOG_LEVEL"));
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
            json: true,
        };
        let result = start(&args, &environment(None)).await;
        assert!(matches!(result, Err(StartError::TenantPortTaken(port)) if port == args.tenant_port));
    }
}
