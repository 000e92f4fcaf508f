//! A tenant that runs, and what a test may do to it.

use std::path::{Path, PathBuf};
use std::{fs, sync::Arc};

use serde_json::Value;
use stand_in::{Certificate, Servers, Site, jwt};
use tokio::net::TcpListener;

use crate::faults::{Endpoint, Fault, FaultError};
use crate::registration::{CLIENT_ID, TENANT_ID, WORKLOAD_CLIENT_ID};
use crate::{
    app_token, recorded::Recorded, server, start_error::StartError, sts::Sts, users, users::User, vault, vault::Vault,
};

/// A running tenant. Dropping it ends it, too, but [`Tenant::stop`] waits until the port is free.
pub struct Tenant {
    pub(crate) sts: Sts,
    servers: Servers,
}

/// The same tenant over https, with issuer and endpoints of its own.
#[derive(Clone, Debug)]
pub struct Https {
    /// `https://localhost:PORT`.
    pub url: String,
    /// The certificate to trust, in PEM. It is another one after each start.
    pub ca_file: PathBuf,
    /// As [`Tenant::settings`], at this origin.
    pub settings: Vec<(String, String)>,
}

impl Tenant {
    pub(crate) fn new(sts: Sts) -> Self {
        Self { sts, servers: Servers::default() }
    }

    /// In plain http it is also the way to the vault.
    pub(crate) fn serve(&mut self, listeners: Vec<TcpListener>, sts: Sts) {
        let sts = Arc::new(sts);
        let site = Site::new(server::router(&sts)).with_tunnels(vault::data_plane::tunnels(sts));
        self.servers.serve(listeners, &site);
    }

    /// Listens on https, too, under a certification authority whose certificate is written to this file. Tokens of one
    /// origin are not good at the other: their issuer differs.
    pub async fn listen_https(&mut self, ca_file: &Path) -> Result<Https, StartError> {
        let certificate = Certificate::issue(&["localhost", "127.0.0.1", "::1"]).map_err(StartError::Tls)?;
        let acceptor = certificate.acceptor().map_err(StartError::Tls)?;
        let (bound, listeners) = stand_in::listen(0).await?;
        fs::write(ca_file, certificate.authority()).map_err(|error| StartError::CaFile(ca_file.to_owned(), error))?;
        let url = format!("https://localhost:{bound}");
        let sts = self.sts.at(url.clone());
        let settings = settings(&sts);
        self.servers.serve(listeners, &Site::new(server::router(&Arc::new(sts))).with_tls(acceptor));
        Ok(Https { url, ca_file: ca_file.to_owned(), settings })
    }

    /// Opens Azure Key Vault: [`Tenant::vault_settings`] lead to it. It keeps its key and its certificate in the state file.
    pub fn open_vault(&self) -> Result<&Vault, StartError> {
        if let Some(vault) = self.vault() {
            return Ok(vault);
        }
        let vault = Arc::new(Vault::open(Arc::clone(&self.sts.state), Arc::clone(&self.sts.clock))?);
        Ok(self.sts.vault.get_or_init(|| vault))
    }

    /// The vault, if it was opened.
    #[must_use]
    pub fn vault(&self) -> Option<&Vault> {
        self.sts.vault.get().map(AsRef::as_ref)
    }

    /// The environment in which a program finds the vault under its real name, with a certificate that it trusts: the key,
    /// the CONNECT proxy that this tenant is for https, and what does not go there. Nothing without a vault.
    #[must_use]
    pub fn vault_settings(&self) -> Vec<(String, String)> {
        let Some(vault) = self.vault() else { return vec![] };
        [
            ("KEY_VAULT_KEY_ID", vault.key_id()),
            ("HTTPS_PROXY", self.sts.base_url.replace("localhost", "127.0.0.1")),
            ("NO_PROXY", "localhost,127.0.0.1,::1".to_owned()),
            ("SSL_CERT_FILE", vault.ca_file().display().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// `http://localhost:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.sts.base_url
    }

    /// The handler's environment: which tenant, which app, which identity, and where they are.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        settings(&self.sts)
    }

    /// Everybody in the directory.
    #[must_use]
    pub fn users(&self) -> &[User] {
        users::all()
    }

    /// Moves the tenant's clock on by whole seconds, so that tests see codes and tokens expire without waiting.
    pub fn advance_clock(&self, by: time::Duration) {
        self.sts.clock.advance(by);
    }

    /// The next requests to an endpoint, as many as said, meet this fault. Faults of one endpoint queue up.
    pub fn fail_next(&self, endpoint: Endpoint, times: usize, fault: Fault) -> Result<(), FaultError> {
        self.sts.faults.plan(endpoint, times, fault)
    }

    /// Turns the Conditional Access policy on or off that demands a second factor for Graph. Sign-ins from before lack it.
    pub fn require_second_factor(&self, required: bool) {
        self.sts.conditional_access.require_second_factor(required);
    }

    /// Nothing more goes wrong, and what is held is released.
    pub fn clear_faults(&self) {
        self.sts.faults.clear();
    }

    /// Returns once this many requests, or more, are held by [`Fault::Held`].
    pub async fn until_held(&self, requests: usize) {
        self.sts.faults.held.until(|held| held >= requests).await;
    }

    /// Releases the requests that are held.
    pub fn release(&self) {
        self.sts.faults.release();
    }

    /// The newest thousand requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.sts.requests.all()
    }

    /// Forgets what was asked, and tells what it was.
    #[expect(clippy::must_use_candidate, reason = "most tests only forget")]
    pub fn forget_requests(&self) -> Vec<Recorded> {
        self.sts.requests.clear()
    }

    /// The bearer token of `POST /_control/faults` and `GET /_control/requests`.
    #[must_use]
    pub fn control_token(&self) -> &str {
        &self.sts.faults.control_token
    }

    /// Signs any claims with the tenant's key, so that tests can forge tokens.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        jwt::sign(&self.sts.key, claims)
    }

    /// The token that API Management sends in `X-Gateway-Authorization`: for our app, as [`crate::GATEWAY_PRINCIPAL_ID`].
    #[must_use]
    pub fn gateway_token(&self) -> String {
        app_token::of_gateway(&self.sts)
    }

    /// [`Tenant::gateway_token`] for an API Management that does not borrow the tenant.
    pub fn gateway_tokens(&self) -> impl Fn() -> Option<String> + Send + Sync + use<> {
        let sts = self.sts.clone();
        move || Some(app_token::of_gateway(&sts))
    }

    /// Closes the listeners and all connections. A later start on the same port and state file continues.
    pub async fn stop(self) {
        self.servers.stop().await;
    }
}

fn settings(sts: &Sts) -> Vec<(String, String)> {
    let base_url = &sts.base_url;
    [
        ("ENTRA_TENANT_ID", TENANT_ID.to_owned()),
        ("ENTRA_CLIENT_ID", CLIENT_ID.to_owned()),
        ("AZURE_CLIENT_ID", WORKLOAD_CLIENT_ID.to_owned()),
        ("ENTRA_AUTHORITY_HOST", base_url.clone()),
        ("GRAPH_ENDPOINT", base_url.clone()),
        ("IDENTITY_ENDPOINT", format!("{base_url}/msi/token")),
        ("IDENTITY_HEADER", sts.state.identity_header()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
