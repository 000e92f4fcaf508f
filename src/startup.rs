//! Composition: the only place where adapters meet ports.

use std::{fs, io, num::NonZeroU32, path::Path, sync::Arc, time::Duration};

use authorization_server::{
    AuthorizationServer, Ports, StoredLimits,
    entra_tokens::EntraTokenVerifier,
    ground::{Id, Sealer, Unavailable},
    resource::downstream::DownstreamTokens,
    state::{client::Client, grant::Grant, operator_record::OperatorRecord},
    upstream::Upstream,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    budget::SharedBudget,
    client_documents::JsonWebSignatures,
    config::{self, AzureSettings, Environment, Faults, Settings, StoreSettings},
    entra::{Entra, EntraSettings, Identity, ManagedIdentityAssertion, NegativeCache, managed_identity},
    graph::{ApiClient, Origins, TokenCache},
    http::{App, Challenges, EntraNames, HealthCheck, Memory, RateLimiter, server},
    mcp::{Mcp, ToolPorts, Tools, sse},
    platform::{self, Platform},
    ports::{caller_hash::CallerHash, event_log::EventLog, records::ItemStore},
    store::{
        ItemRepository,
        cosmos::Cosmos,
        cosmos_events::CosmosEvents,
        embedded::{Embedded, OpenStoreError},
    },
    telemetry::{LogThrottle, OwnTraces},
    vault::{
        Keyring, RingStore,
        key_file::{KeyFile, KeyFileError},
        key_vault::KeyVault,
        wrap::KeyWrap,
    },
};

/// Why the handler cannot start, although its settings are well formed.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// The folder cannot be created.
    #[error("DATA_DIR: {0}")]
    DataDir(io::Error),
    /// The store cannot be opened.
    #[error("DATA_DIR: {0}")]
    Store(#[from] OpenStoreError),
    /// The key cannot be read.
    #[error("DATA_DIR: {0}")]
    Key(#[from] KeyFileError),
    /// The key file does not belong to the store.
    #[error("DATA_DIR: {0}; restore the data-key that belongs to store.redb, or remove both")]
    Keyring(Unavailable),
    /// The client of Key Vault cannot be created.
    #[error("KEY_VAULT_KEY_ID: {0}")]
    KeyVault(azure_core::Error),
    /// The managed identity cannot be used.
    #[error("the managed identity: {0}")]
    Identity(azure_core::Error),
    /// The address of Graph cannot be read.
    #[error("GRAPH_ENDPOINT: {0}")]
    Graph(#[from] url::ParseError),
    /// The TLS library or its roots.
    #[error("the HTTP client cannot be created: {0}")]
    HttpClient(#[from] reqwest::Error),
}

/// The handler, ready to serve.
pub struct Handler {
    app: Arc<App>,
    connections: NonZeroU32,
    stop: CancellationToken,
}

impl Handler {
    /// Serves until stopped; open streams end at once.
    pub async fn serve(self, listener: TcpListener) {
        server::serve(listener, self.app, self.connections, self.stop).await;
    }

    /// Stops the handler when it is cancelled.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }
}

/// Reads all settings, or reports every fault.
pub fn settings(environment: &Environment) -> Result<Settings, Faults> {
    Settings::load(environment, &Tools::all().names().collect::<Vec<_>>())
}

/// Connects the adapters to the ports.
pub async fn build(settings: Settings, platform: &Platform) -> Result<Handler, StartupError> {
    let stop = CancellationToken::new();
    let http = platform::http_client()?;
    let storage = Storage::open(&settings, platform).await?;
    let entra = Arc::new(entra(&settings, http.clone(), platform)?);
    let gateway = settings.gateway_principal_id.clone().map(|id| Arc::new(entra.gateway_tokens(id)) as _);
    let client_tokens = Arc::new(entra.client_tokens());
    let upstream = Arc::new(NegativeCache::new(entra, Arc::clone(&platform.clock)));
    let server = Arc::new(authorization_server(&settings, platform, &storage, upstream, client_tokens));
    let tokens = TokenCache::new(Arc::clone(&server) as Arc<dyn DownstreamTokens>, Arc::clone(&platform.clock));
    let (memory, origins) = (Memory::default(), Origins::with_graph(&settings.graph, settings.cloud.graph())?);
    let apis = Arc::new(ApiClient::new(http, origins, tokens, Arc::clone(&server) as _, Arc::clone(&platform.audit)));
    let (clock, audit) = (Arc::clone(&platform.clock), Arc::clone(&platform.audit));
    let ports = ToolPorts { apis, roles: Arc::clone(&server) as _, clock, audit };
    let sse_ports = storage.sse_ports(settings.event_poll, Arc::clone(&memory.known_callers), platform);
    let app = App {
        entra: EntraNames::of(&settings),
        mcp: Mcp::new(tools(&settings), ports, &settings.server_name, &settings.limits, sse_ports, &stop),
        memory,
        health: HealthCheck::new(storage.records, Arc::clone(&server), Arc::clone(&platform.clock)),
        challenges: Challenges::of_server(&server),
        server,
        gateway,
        limits: RateLimiter::new(settings.limits, &platform.clock),
        audit: Arc::clone(&platform.audit),
        callers: storage.callers,
        traces: OwnTraces::new(platform.entropy.as_ref()),
        refusal_log: LogThrottle::new(Arc::clone(&platform.clock)),
        refused_requests: LogThrottle::new(Arc::clone(&platform.clock)),
        server_name: settings.server_name,
        allowed_origins: settings.allowed_origins,
    };
    Ok(Handler { app: Arc::new(app), connections: settings.limits.connections, stop })
}

/// The tools that the operator serves.
fn tools(settings: &Settings) -> Tools {
    settings.tools.as_deref().map_or_else(Tools::all, |chosen| Tools::all().only(chosen))
}

/// The store, and what seals its secrets.
struct Storage {
    records: Arc<dyn ItemStore>,
    sealer: Arc<dyn Sealer>,
    callers: Arc<dyn CallerHash>,
    /// `None` if this process is the only one.
    events: Option<Arc<dyn EventLog>>,
}

impl Storage {
    async fn open(settings: &Settings, platform: &Platform) -> Result<Self, StartupError> {
        match &settings.store {
            StoreSettings::Embedded(directory) => Self::embedded(directory, settings, platform).await,
            StoreSettings::Azure(azure) => Self::azure(azure, settings, platform),
        }
    }

    /// Opens the store and the key file. A fault of theirs stops the start.
    async fn embedded(directory: &Path, settings: &Settings, platform: &Platform) -> Result<Self, StartupError> {
        fs::create_dir_all(directory).map_err(StartupError::DataDir)?;
        let records = Embedded::open(&directory.join("store.redb"), Arc::clone(&platform.clock))?;
        records.keep_swept();
        let key = KeyFile::open(&directory.join("data-key"), Arc::clone(&platform.entropy))?;
        let storage = Self::new(Arc::new(records), Arc::new(key), settings, platform);
        storage.sealer.seal("start-up", b"").await.map_err(StartupError::Keyring)?;
        Ok(storage)
    }

    /// Connects to Cosmos DB and Key Vault in the background, because they and the identity endpoint may become reachable
    /// after this process has started. Until then requests that need them are answered 503.
    fn azure(azure: &AzureSettings, settings: &Settings, platform: &Platform) -> Result<Self, StartupError> {
        let records = Cosmos::connect(azure, identity(settings)?);
        let key = KeyVault::new(&azure.vault_key, identity(settings)?).map_err(StartupError::KeyVault)?;
        let events = CosmosEvents::new(records.clone(), Arc::clone(&platform.clock));
        let storage = Self::new(Arc::new(records), Arc::new(key), settings, platform);
        Ok(Self { events: Some(Arc::new(events)), ..storage })
    }

    fn new(records: Arc<dyn ItemStore>, wrap: Arc<dyn KeyWrap>, settings: &Settings, platform: &Platform) -> Self {
        let Platform { clock, entropy, rotation, .. } = platform;
        let (clock, entropy) = (Arc::clone(clock), Arc::clone(entropy));
        let ring = RingStore { records: Arc::clone(&records), wrap, clock, entropy };
        let keyring = Arc::new(Keyring::new(ring, settings.base.issuer(), *rotation));
        keyring.keep_fresh();
        Self { records, callers: Arc::clone(&keyring) as _, sealer: keyring, events: None }
    }

    fn sse_ports(&self, poll: Duration, memory: Arc<SharedBudget<Id>>, platform: &Platform) -> sse::TransportPorts {
        let (entropy, audit) = (Arc::clone(&platform.entropy), Arc::clone(&platform.audit));
        let (sealer, events) = (Arc::clone(&self.sealer), self.events.clone());
        sse::TransportPorts { entropy, sealer, events, memory, audit, poll }
    }

    fn repository<T>(&self, platform: &Platform) -> Arc<ItemRepository<T>> {
        let Platform { clock, entropy, .. } = platform;
        Arc::new(ItemRepository::new(Arc::clone(&self.records), Arc::clone(clock), Arc::clone(entropy)))
    }
}

/// The workload identity, for one purpose. While a credential waits for one token it gives out no other, not even a cached
/// one, so each purpose has its own.
fn identity(settings: &Settings) -> Result<Identity, StartupError> {
    managed_identity(&settings.workload_client_id).map_err(StartupError::Identity)
}

fn entra(settings: &Settings, http: reqwest::Client, platform: &Platform) -> Result<Entra, StartupError> {
    let assertion = Arc::new(ManagedIdentityAssertion::new(identity(settings)?, settings.cloud.federation_audience()));
    assertion.fetch_in_background();
    let settings = EntraSettings {
        authority: settings.authority.clone(),
        tenant_id: settings.tenant_id.clone(),
        client_id: settings.client_id.clone(),
        graph_resource: settings.cloud.graph(),
        redirect_uri: settings.base.join("/oauth-callback"),
    };
    Ok(Entra::new(settings, http, assertion, Arc::clone(&platform.clock)))
}

fn authorization_server(
    settings: &Settings,
    platform: &Platform,
    storage: &Storage,
    upstream: Arc<dyn Upstream>,
    client_tokens: Arc<dyn EntraTokenVerifier>,
) -> AuthorizationServer {
    let ports = Ports {
        clock: Arc::clone(&platform.clock),
        entropy: Arc::clone(&platform.entropy),
        sealer: Arc::clone(&storage.sealer),
        upstream,
        client_documents: Arc::clone(&platform.documents),
        client_signatures: Arc::new(JsonWebSignatures),
        audit: Arc::clone(&platform.audit),
        clients: storage.repository(platform),
        authorizations: storage.repository(platform),
        grants: storage.repository(platform),
        owners: storage.repository(platform),
        owner_grants: storage.repository::<Grant>(platform),
        spent_assertions: storage.repository(platform),
        challenged_tokens: storage.repository(platform),
        upstream_tokens: storage.repository(platform),
        blocks: storage.repository(platform),
        operator_records: storage.repository(platform),
        client_list: storage.repository::<Client>(platform),
        operator_record_list: storage.repository::<OperatorRecord>(platform),
    };
    let config::Limits { waiting_registrations, grants, .. } = settings.limits;
    let limits = StoredLimits { waiting_registrations, grants };
    AuthorizationServer::new(settings.base.clone(), settings.schemes.clone(), limits, ports)
        .with_default_scope(settings.default_scope.clone())
        .with_document_hosts(settings.document_hosts.clone())
        .with_entra_clients(settings.preauthorized_clients.clone(), client_tokens)
}
