//! Several handler processes behind one host, on the emulators of Cosmos DB, Key Vault and the identity endpoint.

mod by_the_clock;
mod identity;

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
};

use cosmos_emulator::Emulator;
use functions_host::FunctionsHost;
use local_tenant::{TENANT_ID, Tenant};
use tempfile::TempDir;

pub use by_the_clock::is_by_the_clock;
pub use identity::ManagedIdentity;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// How many processes of which program.
pub struct Plan {
    /// Processes behind the host, in turn.
    pub handlers: usize,
    /// The program; `None`: the handler, built as it is shipped.
    pub program: Option<PathBuf>,
    /// More settings.
    pub settings: Vec<(String, String)>,
    /// Without anything listening at the store's address yet.
    pub store_is_late: bool,
}

impl Plan {
    /// So many handlers as they are shipped.
    #[must_use]
    pub fn of(handlers: usize) -> Self {
        Self { handlers, program: None, settings: Vec::new(), store_is_late: false }
    }
}

/// Everything that runs.
pub struct Azure {
    /// Public base URL.
    pub url: String,
    /// The host with its handlers.
    pub host: FunctionsHost,
    /// Entra ID, Graph, the identity endpoint and Key Vault.
    pub tenant: Tenant,
    /// Cosmos DB.
    pub cosmos: Emulator,
    /// State and log.
    pub folder: TempDir,
}

impl Azure {
    /// Starts it all on free ports.
    pub async fn start(plan: Plan) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let folder = tempfile::tempdir()?;
        let tenant = local_tenant::start(local_tenant::Options {
            port: 0,
            state_file: Some(folder.path().join("tenant.json")),
            redirect_uris: vec![format!("{url}/oauth-callback")],
            silent_user: None,
        })
        .await?;
        tenant.open_vault()?;
        let cosmos = cosmos_emulator::start(cosmos_emulator::Options::new(tenant.base_url(), TENANT_ID)).await?;
        if plan.store_is_late {
            cosmos.pause();
        }
        let program = match plan.program {
            Some(program) => program,
            None => handler().await?,
        };
        let host = functions_host::start(functions_host::Options {
            root: root(),
            listener,
            handler: program,
            handlers: plan.handlers,
            environment: environment(&url, &tenant, &cosmos, plan.settings),
            log: Some(folder.path().join("handler.log")),
        })
        .await?;
        Ok(Self { url, host, tenant, cosmos, folder })
    }

    /// The log of all handlers.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("handler.log")).unwrap_or_default()
    }
}

fn environment(url: &str, tenant: &Tenant, cosmos: &Emulator, more: Vec<(String, String)>) -> Vec<(String, String)> {
    let own = vec![("PUBLIC_BASE_URL".into(), url.to_owned()), ("LOG_LEVEL".into(), "trace".into())];
    [tenant.settings(), tenant.vault_settings(), cosmos.settings(), own, more].concat()
}

/// The handler's executable: the one that `AZURE_TESTS_HANDLER` names, or the one that is built here, up to date.
#[expect(clippy::disallowed_methods, reason = "the setting by which the stage `package` names what is shipped")]
pub async fn handler() -> Result<PathBuf, Failure> {
    if let Some(handler) = std::env::var_os("AZURE_TESTS_HANDLER") {
        return Ok(handler.into());
    }
    let handler = functions_host::build_handler(env!("CARGO").as_ref(), &root(), true).await?;
    handler.ok_or_else(|| "the handler was not built".into())
}
