//! The Azure Developer CLI's cloud as one program: sign-in at Entra ID, the resource manager, the deployment
//! endpoint of a function app on Flex Consumption, Graph as far as it is asked, and the token endpoint of GitHub's runners.
//!
//! [`ControlPlane::start`] listens on loopback as a CONNECT proxy with its own certificate authority;
//! [`ControlPlane::environment`] are the variables that make a program reach it and nothing else. It is strict: a request
//! without a token for the host is refused, parameters are checked against the template, and what is not implemented is
//! answered 501. It evaluates no template: a [`Plan`] says what the known deployments make.

mod answer;
mod asked;
mod cloud;
mod deployment_endpoint;
mod expression;
mod github;
mod graph;
mod json;
mod plan;
mod recorded;
mod resource_manager;
mod sign_in;
mod sign_ins;
mod state;
mod template;
mod tokens;

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};
use stand_in::{Certificate, ListenError, Recent, Servers, TlsError, listen, lock};
use tempfile::TempDir;

pub use plan::{Deployment, Plan};
pub use recorded::Recorded;
pub use state::Upload;
pub use tokens::PIPELINE_CLIENT_ID;

use cloud::Cloud;
use state::State;

/// The certificate's file.
const AUTHORITY: &str = "authority.pem";

/// Listens until it is dropped.
pub struct ControlPlane {
    port: u16,
    /// Holds the authority's certificate.
    folder: TempDir,
    cloud: Arc<Cloud>,
    _servers: Servers,
}

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no port.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// There is no place for the authority's certificate.
    #[error("the certificate cannot be written: {0}")]
    Folder(#[from] io::Error),
    /// There is no certificate.
    #[error("the certificate cannot be made: {0}")]
    Tls(#[source] TlsError),
}

impl ControlPlane {
    /// Starts it on a free port; when this returns it accepts requests.
    pub async fn start(plan: Plan) -> Result<Self, StartError> {
        let certificate = Certificate::issue(&cloud::NAMES).map_err(StartError::Tls)?;
        let tls = certificate.acceptor().map_err(StartError::Tls)?;
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join(AUTHORITY), certificate.authority())?;
        let cloud = Arc::new(Cloud { tls, state: Mutex::new(State::new(plan)), requests: Recent::default() });
        let (port, listeners) = listen(0).await?;
        let mut servers = Servers::default();
        servers.serve(listeners, &cloud.proxy());
        Ok(Self { port, folder, cloud, _servers: servers })
    }

    /// The variables with which a program trusts it and reaches no other host. Go reads `SSL_CERT_FILE` on Linux only.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let authority = self.folder.path().join(AUTHORITY).display().to_string();
        vec![("HTTPS_PROXY", format!("http://127.0.0.1:{}", self.port)), ("SSL_CERT_FILE", authority)]
    }

    /// The variables that GitHub's runner sets for a job with the permission `id-token: write`.
    #[must_use]
    pub fn github_runner(&self) -> [(&'static str, &'static str); 2] {
        [("ACTIONS_ID_TOKEN_REQUEST_URL", github::URL), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", github::REQUEST_TOKEN)]
    }

    /// Every request so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.cloud.requests.all()
    }

    /// The explicit parameters of every deployment that was made, oldest first.
    #[must_use]
    pub fn deployed(&self) -> Vec<Map<String, Value>> {
        let made = self.requests().into_iter().filter(Recorded::is_deployment);
        made.map(|request| json::parameter_values(json::at(&request.body, "/properties/parameters"))).collect()
    }

    /// The packages that the deployment endpoint took, oldest first.
    #[must_use]
    pub fn uploads(&self) -> Vec<Upload> {
        lock(&self.cloud.state).uploads.clone()
    }

    /// Adds a resource group or resource that no deployment made.
    pub fn add(&self, resource: Value) {
        lock(&self.cloud.state).put(resource);
    }

    /// From now on, or no longer, the function app's identity may not write to its storage account.
    pub fn forbid_storage(&self, forbidden: bool) {
        lock(&self.cloud.state).storage_forbidden = forbidden;
    }

    /// Ids of the groups and resources that stand.
    #[must_use]
    pub fn resources(&self) -> Vec<String> {
        let state = lock(&self.cloud.state);
        state.resources.values().filter_map(|resource| resource.get("id")?.as_str().map(str::to_owned)).collect()
    }

    /// Ids of the deleted resources that can be recovered.
    #[must_use]
    pub fn soft_deleted(&self) -> Vec<String> {
        lock(&self.cloud.state).soft_deleted.keys().cloned().collect()
    }

    /// Types of the objects in the directory, such as `Microsoft.Graph/applications@v1.0`.
    #[must_use]
    pub fn directory(&self) -> Vec<String> {
        lock(&self.cloud.state).directory.keys().cloned().collect()
    }
}
