//! Composition: the only place where adapters meet ports.

use std::{fs, io, sync::Arc, time::Duration};

use authorization_server::{
    AuthorizationServer,
    authenticate::GrantCache,
    downstream::DownstreamTokens,
    grant::Grant,
    ports::{Sealer, Upstream},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Settings, StoreSettings},
    entra::{ClientAssertion, Entra, EntraSettings},
    graph::{Graph, TokenCache},
    http::{App, Limits, routes, server},
    mcp::Mcp,
    platform::Platform,
    ports::records::Records,
    store::{
        RecordRepository,
        embedded::{Embedded, OpenError},
    },
    vault::local_key::{KeyFileError, LocalKey},
};

/// Every outgoing call ends after this.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the handler cannot start, although its settings are well formed.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// `DATA_DIR` cannot be made.
    #[error("DATA_DIR: {0}")]
    DataDir(io::Error),
    /// The store cannot be opened.
    #[error("DATA_DIR: {0}")]
    Store(#[from] OpenError),
    /// The key cannot be read.
    #[error("DATA_DIR: {0}")]
    Key(#[from] KeyFileError),
    /// The TLS library or its roots.
    #[error("the HTTP client cannot be made: {0}")]
    HttpClient(#[from] reqwest::Error),
}

/// The handler, ready to serve.
pub struct Handler {
    app: Arc<App>,
    stop: CancellationToken,
}

impl Handler {
    /// Serves until stopped; open streams end at once.
    pub async fn serve(self, listener: TcpListener) {
        server::serve(listener, routes(self.app), self.stop).await;
    }

    /// Cancel it to stop.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }
}

/// Puts everything together.
pub fn build(settings: Settings, platform: &Platform) -> Result<Handler, StartupError> {
    let stop = CancellationToken::new();
    let http = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let storage = Storage::open(&settings, platform)?;
    let upstream = Arc::new(entra(&settings, http.clone(), platform));
    let server = Arc::new(authorization_server(&settings, platform, &storage, upstream));
    let exchange = Arc::clone(&server) as Arc<dyn DownstreamTokens>;
    let tokens = TokenCache::new(exchange, Arc::clone(&platform.clock));
    let graph = Arc::new(Graph::new(http, settings.graph, tokens));
    let app = App {
        mcp: Mcp::new(graph, &settings.server_name, Arc::clone(&platform.entropy), &stop),
        server,
        records: storage.records,
        limits: Limits::default(),
        server_name: settings.server_name,
        allowed_origins: settings.allowed_origins,
    };
    Ok(Handler { app: Arc::new(app), stop })
}

/// Where records lie, and what seals them.
struct Storage {
    records: Arc<dyn Records>,
    sealer: Arc<dyn Sealer>,
}

impl Storage {
    fn open(settings: &Settings, platform: &Platform) -> Result<Self, StartupError> {
        let StoreSettings::Embedded(directory) = &settings.store;
        fs::create_dir_all(directory).map_err(StartupError::DataDir)?;
        let records = Embedded::open(&directory.join("store.redb"), Arc::clone(&platform.clock))?;
        records.keep_swept();
        let key = LocalKey::open(&directory.join("data-key"), settings.base.issuer(), Arc::clone(&platform.entropy))?;
        Ok(Self { records: Arc::new(records), sealer: Arc::new(key) })
    }

    fn repository<T>(&self, platform: &Platform) -> Arc<RecordRepository<T>> {
        let Platform { clock, entropy, .. } = platform;
        Arc::new(RecordRepository::new(Arc::clone(&self.records), Arc::clone(clock), Arc::clone(entropy)))
    }
}

fn entra(settings: &Settings, http: reqwest::Client, platform: &Platform) -> Entra {
    let assertion = ClientAssertion::new(Arc::clone(&platform.identity), settings.cloud.federation_audience());
    let settings = EntraSettings {
        authority: settings.authority.clone(),
        tenant_id: settings.tenant_id.clone(),
        client_id: settings.client_id.clone(),
        graph_resource: settings.cloud.graph(),
        redirect_uri: settings.base.join("/oauth-callback"),
    };
    Entra::new(settings, http, assertion, Arc::clone(&platform.clock))
}

fn authorization_server(
    settings: &Settings,
    platform: &Platform,
    storage: &Storage,
    upstream: Arc<dyn Upstream>,
) -> AuthorizationServer {
    AuthorizationServer {
        base: settings.base.clone(),
        schemes: settings.schemes.clone(),
        clock: Arc::clone(&platform.clock),
        entropy: Arc::clone(&platform.entropy),
        sealer: Arc::clone(&storage.sealer),
        upstream,
        clients: storage.repository(platform),
        authorizations: storage.repository(platform),
        grants: storage.repository(platform),
        owners: storage.repository(platform),
        owner_grants: storage.repository::<Grant>(platform),
        upstream_tokens: storage.repository(platform),
        grant_cache: GrantCache::default(),
    }
}
