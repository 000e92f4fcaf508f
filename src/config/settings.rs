//! The settings, typed.

use std::{path::PathBuf, time::Duration};

use authorization_server::{
    ground::DocumentHosts,
    state::{preauthorized::PreauthorizedClients, scopes},
};
use oauth_protocol::{
    issuer::{BaseUrl, BaseUrlError},
    redirect_uri::PrivateUseSchemes,
    scope::Scope,
};
use url::Url;

use super::{
    cloud::Cloud,
    environment::Environment,
    faults::Faults,
    limits::Limits,
    reader::SettingsReader,
    setting::Setting,
    table::{self, SETTINGS},
    values::{self, ChosenTool, VaultKeyId},
};

/// The settings of the handler.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Public origin; the issuer.
    pub base: BaseUrl,
    /// `FUNCTIONS_CUSTOMHANDLER_PORT`.
    pub port: u16,
    /// Entra tenant.
    pub tenant_id: String,
    /// The Entra app: sign-in client and middle tier.
    pub client_id: String,
    /// Client id of the workload identity.
    pub workload_client_id: String,
    /// Decides hosts and audiences.
    pub cloud: Cloud,
    /// Origin of the Entra authority.
    pub authority: String,
    /// Origin of Microsoft Graph.
    pub graph: String,
    /// The store and the key that seals its secrets.
    pub store: StoreSettings,
    /// Object id of the gateway's managed identity; without it there is no gateway in front.
    pub gateway_principal_id: Option<String>,
    /// How often an instance that holds streams looks for messages that other instances received.
    pub event_poll: Duration,
    /// How much a caller may take.
    pub limits: Limits,
    /// Shown on pages.
    pub server_name: String,
    /// Origins that may call the protected resource from a browser.
    pub allowed_origins: Vec<String>,
    /// Private-use redirect schemes.
    pub schemes: PrivateUseSchemes,
    /// Hosts whose clients need no registration.
    pub document_hosts: DocumentHosts,
    /// Applications that get their tokens from Entra themselves.
    pub preauthorized_clients: PreauthorizedClients,
    /// The scope of a first sign-in.
    pub default_scope: Scope,
    /// The tools that are served; `None` for all.
    pub tools: Option<Vec<ChosenTool>>,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: tracing::Level,
}

/// The store and the key that seals its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreSettings {
    /// `DATA_DIR`: the embedded store and the local key file.
    Embedded(PathBuf),
    /// Cosmos DB, and data keys that a key in Key Vault wraps.
    Azure(AzureSettings),
}

/// `COSMOS_ENDPOINT`, `COSMOS_DATABASE` and `KEY_VAULT_KEY_ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureSettings {
    /// The account.
    pub endpoint: Url,
    /// The database that holds all containers.
    pub database: String,
    /// The key that wraps data keys.
    pub vault_key: VaultKeyId,
}

impl Settings {
    /// Reads all settings, or reports every fault. `tools` are the names of the tools that there are. The others are not read if
    /// one is not UTF-8: it would count as not set, and cause faults that are none.
    pub fn load(environment: &Environment, tools: &[&str]) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        for setting in SETTINGS.iter().filter(|setting| environment.is_unreadable(setting.name)) {
            faults.add(setting.name, "must be UTF-8");
        }
        if !faults.0.is_empty() {
            return Err(faults);
        }
        let mut reader = SettingsReader { environment, tools, faults, production: false };
        let settings = reader.settings();
        reader.identity_endpoint();
        settings.filter(|_| reader.faults.0.is_empty()).ok_or(reader.faults)
    }
}

impl SettingsReader<'_> {
    /// Every line reads its setting before the first absent one ends it, so that every fault is noted.
    fn settings(&mut self) -> Option<Settings> {
        let (base, port) = (self.base(), self.parsed(&table::FUNCTIONS_CUSTOMHANDLER_PORT, values::port));
        let ids = [&table::ENTRA_TENANT_ID, &table::ENTRA_CLIENT_ID, &table::AZURE_CLIENT_ID];
        let [tenant_id, client_id, workload_client_id] = ids.map(|id| self.parsed(id, values::guid));
        let cloud = self.parsed(&table::AZURE_CLOUD, values::cloud);
        let [authority, graph] = self.microsoft(cloud.unwrap_or_default());
        let (store, gateway_principal_id) = (self.store(cloud.unwrap_or_default()), self.gateway_principal_id());
        let (event_poll, limits) = (self.parsed(&table::EVENT_POLL_MS, values::event_poll), self.limits());
        let (server_name, document_hosts) = (self.required(&table::MCP_SERVER_NAME), self.document_hosts());
        let allowed_origins = self.parsed(&table::ALLOWED_ORIGINS, values::origins);
        let (schemes, tools, entra_clients) = (self.schemes(), self.tools(), self.entra_clients(client_id.as_deref()));
        let (default_scope, log_level) = (self.default_scope(), self.parsed(&table::LOG_LEVEL, values::log_level));
        Some(Settings {
            base: base?,
            port: port?,
            tenant_id: tenant_id?,
            client_id: client_id?,
            workload_client_id: workload_client_id?,
            cloud: cloud?,
            authority: authority?,
            graph: graph?,
            store: store?,
            gateway_principal_id,
            event_poll: event_poll?,
            limits: limits?,
            server_name: server_name?.to_owned(),
            allowed_origins: allowed_origins?,
            schemes: schemes?,
            document_hosts: document_hosts?,
            preauthorized_clients: entra_clients?,
            default_scope: default_scope?,
            tools,
            log_level: log_level?,
        })
    }

    /// A faulty URL decides, too, whether the other settings must be those of production.
    fn base(&mut self) -> Option<BaseUrl> {
        let mut production = false;
        let base = self.parsed(&table::PUBLIC_BASE_URL, |value| {
            let base = BaseUrl::parse(value);
            production = base.as_ref().map_or_else(BaseUrlError::is_public, |base| !base.is_loopback());
            base
        });
        self.production = production;
        base
    }

    /// Entra's authority and Graph.
    fn microsoft(&mut self, cloud: Cloud) -> [Option<String>; 2] {
        let authority = self.stand_in(&table::ENTRA_AUTHORITY_HOST, cloud.authority());
        [authority, self.stand_in(&table::GRAPH_ENDPOINT, cloud.graph())]
    }

    /// Another host than Microsoft's is for the local tenant only.
    fn stand_in(&mut self, setting: &Setting, of_microsoft: &str) -> Option<String> {
        match self.text(setting) {
            None => Some(of_microsoft.to_owned()),
            Some(_) if self.production => {
                self.refused(setting, "is for the local tenant; it cannot be used with a public PUBLIC_BASE_URL")
            }
            Some(_) => self.parsed(setting, values::stand_in),
        }
    }

    /// Exactly one of the two stores; in production Cosmos DB, whatever else is set.
    fn store(&mut self, cloud: Cloud) -> Option<StoreSettings> {
        let cosmos = self.production || self.text(&table::COSMOS_ENDPOINT).is_some();
        match self.text(&table::DATA_DIR) {
            Some(folder) if !cosmos => return Some(StoreSettings::Embedded(folder.into())),
            None if !cosmos => return self.refused(&table::COSMOS_ENDPOINT, "is not set, nor is DATA_DIR"),
            Some(_) => self.faults.add(table::DATA_DIR.name, self.data_dir_fault()),
            None => {}
        }
        let production = self.production;
        let endpoint = self.parsed(&table::COSMOS_ENDPOINT, |value| values::cosmos_endpoint(value, production));
        let database = self.parsed(&table::COSMOS_DATABASE, values::cosmos_database);
        let vault_key = self.parsed(&table::KEY_VAULT_KEY_ID, |value| VaultKeyId::parse(value, cloud));
        Some(StoreSettings::Azure(AzureSettings { endpoint: endpoint?, database: database?, vault_key: vault_key? }))
    }

    fn data_dir_fault(&self) -> &'static str {
        if self.production {
            "is for one local process; it cannot be used with a public PUBLIC_BASE_URL"
        } else {
            "is set, and so is COSMOS_ENDPOINT; set one of them"
        }
    }

    /// Without a gateway anyone could call the handler past its limits, so production has one.
    fn gateway_principal_id(&mut self) -> Option<String> {
        let needed = self.production || self.text(&table::GATEWAY_PRINCIPAL_ID).is_some();
        if needed { self.parsed(&table::GATEWAY_PRINCIPAL_ID, values::guid) } else { None }
    }

    fn limits(&mut self) -> Option<Limits> {
        match self.text(&table::MCP_LIMITS) {
            None => Some(Limits::default()),
            Some(_) => self.parsed(&table::MCP_LIMITS, Limits::parse),
        }
    }

    fn schemes(&mut self) -> Option<PrivateUseSchemes> {
        match self.text(&table::PRIVATE_USE_SCHEMES) {
            None => Some(PrivateUseSchemes::default()),
            Some(_) => self.parsed(&table::PRIVATE_USE_SCHEMES, PrivateUseSchemes::known_and),
        }
    }

    fn document_hosts(&mut self) -> Option<DocumentHosts> {
        self.parsed(&table::CLIENT_METADATA_HOSTS, values::document_hosts)
    }

    fn entra_clients(&mut self, own: Option<&str>) -> Option<PreauthorizedClients> {
        match self.text(&table::PREAUTHORIZED_CLIENT_IDS) {
            None => Some(PreauthorizedClients::default()),
            Some(_) => self.parsed(&table::PREAUTHORIZED_CLIENT_IDS, |list| PreauthorizedClients::parse(list, own)),
        }
    }

    fn default_scope(&mut self) -> Option<Scope> {
        self.parsed(&table::DEFAULT_SCOPES, scopes::all_known)
    }

    fn tools(&mut self) -> Option<Vec<ChosenTool>> {
        self.text(&table::TOOLS)?;
        let names = self.tools;
        self.parsed(&table::TOOLS, |value| values::tools(value, names))
    }

    /// `azure_identity` reads these itself; without them every sign-in would fail later, with a worse message.
    fn identity_endpoint(&mut self) {
        self.required(&table::IDENTITY_ENDPOINT);
        self.required(&table::IDENTITY_HEADER);
    }
}
