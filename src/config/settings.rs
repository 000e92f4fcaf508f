//! The settings of names.md, typed.

use std::{path::PathBuf, time::Duration};

use oauth_protocol::{issuer::BaseUrl, loopback::is_loopback, redirect_uri::PrivateUseSchemes};
use url::Url;

use super::{Cloud, Environment, Faults};

const DEFAULT_NAME: &str = "Mini MCP Server";
const DEFAULT_DATABASE: &str = "mcp";
const DEFAULT_POLL: u64 = 100;

/// Everything that the handler is told.
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
    /// Where records lie, and what seals them.
    pub store: StoreSettings,
    /// Object id of the gateway's managed identity; without it there is no gateway in front.
    pub gateway_principal_id: Option<String>,
    /// How often an instance that holds streams looks for messages which other instances took.
    pub event_poll: Duration,
    /// Shown on pages.
    pub server_name: String,
    /// Origins that may call the protected resource from a browser.
    pub allowed_origins: Vec<String>,
    /// Private-use redirect schemes.
    pub schemes: PrivateUseSchemes,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: tracing::Level,
}

/// Where records lie, and what seals them.
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

/// A key in Key Vault, without a version: `https://{vault}/keys/{name}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultKeyId {
    /// Origin of the vault.
    pub vault: String,
    /// Name of the key.
    pub name: String,
}

impl VaultKeyId {
    fn parse(value: &str) -> Option<Self> {
        let url = Url::parse(value).ok()?;
        let segments: Vec<&str> = url.path_segments()?.collect();
        let ["keys", name] = segments.as_slice() else { return None };
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_plain = url.scheme() == "https" && url.query().is_none() && url.fragment().is_none();
        let vault = url.origin().ascii_serialization();
        (is_name && is_plain && value == format!("{vault}/keys/{name}"))
            .then(|| Self { vault, name: (*name).to_owned() })
    }
}

impl Settings {
    /// Reads all settings, or reports every fault.
    pub fn load(environment: &Environment) -> Result<Self, Faults> {
        let mut reader = Reader { environment, faults: Faults::default() };
        let settings = reader.settings();
        match settings {
            Some(settings) if reader.faults.0.is_empty() => Ok(settings),
            _ => Err(reader.faults),
        }
    }
}

struct Reader<'a> {
    environment: &'a Environment,
    faults: Faults,
}

impl Reader<'_> {
    /// Every line runs, so that every fault is noted, before any absence ends it.
    fn settings(&mut self) -> Option<Settings> {
        let base = self.required("PUBLIC_BASE_URL").map(|value| BaseUrl::parse(&value));
        let production = base.as_ref().is_some_and(|parsed| match parsed {
            Ok(base) => !base.is_loopback(),
            Err(error) => error.is_public(),
        });
        let base = base.and_then(|parsed| self.faults.note("PUBLIC_BASE_URL", parsed));
        let port = self.parsed("FUNCTIONS_CUSTOMHANDLER_PORT", "a port number");
        let tenant_id = self.guid("ENTRA_TENANT_ID");
        let client_id = self.guid("ENTRA_CLIENT_ID");
        let workload_client_id = self.guid("AZURE_CLIENT_ID");
        let cloud = self.cloud();
        let authority =
            self.loopback_override(production, "ENTRA_AUTHORITY_HOST", cloud.unwrap_or_default().authority());
        let graph = self.loopback_override(production, "GRAPH_ENDPOINT", cloud.unwrap_or_default().graph());
        let store = self.store(production, cloud.unwrap_or_default());
        let gateway_principal_id = self.gateway_principal_id(production);
        let event_poll = self.event_poll();
        let schemes = self.schemes();
        let allowed_origins = self.allowed_origins();
        let log_level = self.log_level();
        self.identity_endpoint();
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
            server_name: self.environment.get("MCP_SERVER_NAME").unwrap_or(DEFAULT_NAME).to_owned(),
            allowed_origins: allowed_origins?,
            schemes: schemes?,
            log_level: log_level?,
        })
    }

    fn required(&mut self, name: &'static str) -> Option<String> {
        let value = self.environment.get(name).map(str::to_owned);
        if value.is_none() {
            self.faults.add(name, "is not set");
        }
        value
    }

    fn parsed<T: std::str::FromStr>(&mut self, name: &'static str, what: &str) -> Option<T> {
        let value = self.required(name)?;
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.faults.add(name, format!("is not {what}"));
        }
        parsed
    }

    fn guid(&mut self, name: &'static str) -> Option<String> {
        let value = self.required(name)?;
        let groups: Vec<&str> = value.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        let hexadecimal = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if lengths == [8, 4, 4, 4, 12] && hexadecimal {
            return Some(value.to_ascii_lowercase());
        }
        self.faults.add(name, "is not a GUID");
        None
    }

    /// Another host than Microsoft's is for the local tenant only.
    fn loopback_override(&mut self, production: bool, name: &'static str, otherwise: &str) -> Option<String> {
        let Some(value) = self.environment.get(name) else { return Some(otherwise.to_owned()) };
        if production {
            self.faults.add(name, "is for the local tenant; it cannot be used with a public PUBLIC_BASE_URL");
            return None;
        }
        let loopback = Url::parse(value)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && on_loopback(url) && url.query().is_none());
        if loopback.is_none() {
            self.faults.add(name, "must be an http(s) URL on a loopback host; it is for the local tenant only");
            return None;
        }
        Some(value.trim_end_matches('/').to_owned())
    }

    /// Exactly one of the two stores; in production the shared one, whatever else is set.
    fn store(&mut self, production: bool, cloud: Cloud) -> Option<StoreSettings> {
        let directory = self.environment.get("DATA_DIR").map(PathBuf::from);
        let shared = production || self.environment.get("COSMOS_ENDPOINT").is_some();
        match directory {
            Some(_) if production => {
                self.faults
                    .add("DATA_DIR", "is for one local process; it cannot be used with a public PUBLIC_BASE_URL");
            }
            Some(_) if shared => {
                self.faults.add("DATA_DIR", "and COSMOS_ENDPOINT are both set; exactly one store is used");
            }
            Some(directory) => return Some(StoreSettings::Embedded(directory)),
            None if !shared => {
                self.faults.add("COSMOS_ENDPOINT", "is not set, nor is DATA_DIR");
                return None;
            }
            None => {}
        }
        self.azure(production, cloud)
    }

    fn azure(&mut self, production: bool, cloud: Cloud) -> Option<StoreSettings> {
        let endpoint = self.cosmos_endpoint(production);
        let database = self.cosmos_database();
        let vault_key = self.required("KEY_VAULT_KEY_ID").and_then(|id| {
            let key = VaultKeyId::parse(&id).filter(|key| key.vault.ends_with(cloud.vault_suffix()));
            if key.is_none() {
                let shape =
                    format!("is not https://{{vault}}{}/keys/{{name}}, without a version", cloud.vault_suffix());
                self.faults.add("KEY_VAULT_KEY_ID", shape);
            }
            key
        });
        Some(StoreSettings::Azure(AzureSettings { endpoint: endpoint?, database: database?, vault_key: vault_key? }))
    }

    fn cosmos_endpoint(&mut self, production: bool) -> Option<Url> {
        let value = self.required("COSMOS_ENDPOINT")?;
        let usable = |url: &Url| url.scheme() == "https" || !production && url.scheme() == "http" && on_loopback(url);
        let endpoint = Url::parse(&value).ok().filter(|url| is_origin(url) && usable(url));
        if endpoint.is_none() {
            self.faults.add("COSMOS_ENDPOINT", "is not an https origin such as https://account.documents.azure.com");
        }
        endpoint
    }

    /// What Cosmos DB does not allow in an id would become another path.
    fn cosmos_database(&mut self) -> Option<String> {
        let name = self.environment.get("COSMOS_DATABASE").unwrap_or(DEFAULT_DATABASE);
        if name.len() <= 255 && !name.contains(['/', '\\', '#', '?']) {
            return Some(name.to_owned());
        }
        self.faults.add("COSMOS_DATABASE", "is not a name of a database: at most 255 characters, none of / \\ # ?");
        None
    }

    /// Without a gateway anyone could call the handler past its limits, so production has one.
    fn gateway_principal_id(&mut self, production: bool) -> Option<String> {
        let is_set = self.environment.get("GATEWAY_PRINCIPAL_ID").is_some();
        if is_set || production { self.guid("GATEWAY_PRINCIPAL_ID") } else { None }
    }

    fn event_poll(&mut self) -> Option<Duration> {
        let poll = self.environment.get("EVENT_POLL_MS").map_or(Ok(DEFAULT_POLL), str::parse).ok();
        let poll = poll.filter(|milliseconds| (10..=1000).contains(milliseconds));
        if poll.is_none() {
            self.faults.add("EVENT_POLL_MS", "is not a number of milliseconds from 10 to 1000");
        }
        poll.map(Duration::from_millis)
    }

    fn schemes(&mut self) -> Option<PrivateUseSchemes> {
        match self.environment.get("PRIVATE_USE_SCHEMES") {
            None => Some(PrivateUseSchemes::default()),
            Some(list) => self.faults.note("PRIVATE_USE_SCHEMES", PrivateUseSchemes::parse(list)),
        }
    }

    fn cloud(&mut self) -> Option<Cloud> {
        let cloud = self.environment.get("AZURE_CLOUD").unwrap_or("public").parse().ok();
        if cloud.is_none() {
            self.faults.add("AZURE_CLOUD", "is none of public, usgov, china");
        }
        cloud
    }

    fn log_level(&mut self) -> Option<tracing::Level> {
        let value = self.environment.get("LOG_LEVEL").unwrap_or("info");
        let level = value.parse().ok();
        if level.is_none() {
            self.faults.add("LOG_LEVEL", "is none of error, warn, info, debug, trace");
        }
        level
    }

    fn allowed_origins(&mut self) -> Option<Vec<String>> {
        let value = self.environment.get("ALLOWED_ORIGINS").unwrap_or_default();
        let origins: Vec<String> =
            value.split([',', ' ']).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
        let well_formed = |text: &String| Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == *text);
        if origins.iter().all(well_formed) {
            return Some(origins);
        }
        self.faults.add("ALLOWED_ORIGINS", "has a member that is not an origin such as https://app.example.com");
        None
    }

    /// `azure_identity` reads these itself; without them every sign-in would fail later, with a worse message.
    fn identity_endpoint(&mut self) {
        for name in ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"] {
            self.required(name);
        }
    }
}

fn on_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback)
}

/// Scheme, host and port, and nothing else; a final slash is none.
fn is_origin(url: &Url) -> bool {
    url.as_str().trim_end_matches('/') == url.origin().ascii_serialization()
}
