//! Microsoft Entra ID v2.0, Microsoft Graph and the App Service identity endpoint as one local program.
//!
//! [`start`] gives a [`Tenant`] that listens on loopback; [`Tenant::settings`] are the environment variables that make a
//! handler sign in against it. It is strict: what Entra refuses is refused in Entra's words, and what is not implemented
//! is refused, too. It shares no code with the product, so that one misreading of an RFC cannot pass on both sides.

mod aadsts;
mod authorize;
mod claims;
mod client_assertion;
mod clock;
mod discovery;
mod graph;
mod identity_endpoint;
mod jwt;
mod keys;
mod page;
mod parameters;
mod random;
mod registration;
mod scopes;
mod server;
mod state;
mod sts;
mod token;
mod users;

use std::{io, path::PathBuf, sync::Arc};

use tokio::{sync::watch, task::JoinSet};

pub use users::User;

use crate::{
    clock::Clock,
    registration::{CLIENT_ID, TENANT_ID, WORKLOAD_CLIENT_ID},
    state::State,
    sts::Sts,
};

/// How to start.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// 0 picks a free port. Bound on 127.0.0.1, and on `[::1]` if available; advertised as `http://localhost:PORT`.
    pub port: u16,
    /// Signing key, identity header, refresh tokens and consents live here; `None`: in memory only.
    pub state_file: Option<PathBuf>,
    /// Exactly the registered web redirect URIs of the app, e.g. `http://127.0.0.1:7071/oauth-callback`.
    pub redirect_uris: Vec<String>,
    /// Signs this user (by user principal name) in without showing the page.
    pub silent_user: Option<String>,
}

/// Why the tenant does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody listens there already.
    #[error("port {0} is taken by another program: end it, or choose another port with --tenant-port")]
    PortTaken(u16),
    /// The port cannot be bound for another reason.
    #[error("port {0} cannot be bound: {1}")]
    Bind(u16, #[source] io::Error),
    /// The state file cannot be read or written.
    #[error("the state file {0} cannot be used: {1}")]
    State(PathBuf, #[source] io::Error),
    /// Not an absolute URI without fragment.
    #[error("the redirect URI {0:?} is not an absolute URI without fragment")]
    RedirectUri(String),
    /// Nobody has this user principal name.
    #[error("there is no user {0:?}; the users are alice@, bob@ and layla@contoso.example")]
    UnknownUser(String),
}

/// A running tenant. Dropping it ends it, too, but [`Tenant::stop`] waits until the port is free.
pub struct Tenant {
    sts: Arc<Sts>,
    stop: watch::Sender<bool>,
    servers: JoinSet<()>,
}

/// Starts a tenant; when this returns it accepts requests.
pub async fn start(options: Options) -> Result<Tenant, StartError> {
    let Options { port, state_file, redirect_uris, silent_user } = options;
    check_redirect_uris(&redirect_uris)?;
    let silent_user = silent_user.map(|name| users::by_name(&name).ok_or(StartError::UnknownUser(name))).transpose()?;
    let (bound, listeners) = server::bind(port).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken(port),
        _ => StartError::Bind(port, error),
    })?;
    let path = state_file.clone().unwrap_or_default();
    let (state, key) = State::open(state_file).map_err(|error| StartError::State(path, error))?;
    let sts = Arc::new(Sts {
        base_url: format!("http://localhost:{bound}"),
        redirect_uris,
        silent_user,
        clock: Clock::default(),
        key,
        state,
        sign_ins: std::sync::Mutex::default(),
        codes: std::sync::Mutex::default(),
    });
    let (stop, stopped) = watch::channel(false);
    let mut servers = JoinSet::new();
    for listener in listeners {
        servers.spawn(server::serve(listener, server::router(Arc::clone(&sts)), stopped.clone()));
    }
    Ok(Tenant { sts, stop, servers })
}

fn check_redirect_uris(redirect_uris: &[String]) -> Result<(), StartError> {
    let valid = |uri: &String| url::Url::parse(uri).is_ok_and(|url| url.fragment().is_none());
    redirect_uris.iter().find(|uri| !valid(uri)).map_or(Ok(()), |uri| Err(StartError::RedirectUri(uri.clone())))
}

impl Tenant {
    /// `http://localhost:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.sts.base_url
    }

    /// The handler's environment: which tenant, which app, which identity, and where they are.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        let base_url = self.base_url();
        [
            ("ENTRA_TENANT_ID", TENANT_ID.to_owned()),
            ("ENTRA_CLIENT_ID", CLIENT_ID.to_owned()),
            ("AZURE_CLIENT_ID", WORKLOAD_CLIENT_ID.to_owned()),
            ("ENTRA_AUTHORITY_HOST", base_url.to_owned()),
            ("GRAPH_ENDPOINT", base_url.to_owned()),
            ("IDENTITY_ENDPOINT", format!("{base_url}/msi/token")),
            ("IDENTITY_HEADER", self.sts.state.identity_header()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
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

    /// Closes the listeners and all connections. A later start on the same port and state file continues.
    pub async fn stop(mut self) {
        // No receiver is left only if every server has ended already.
        let _ = self.stop.send(true);
        while self.servers.join_next().await.is_some() {}
    }
}
