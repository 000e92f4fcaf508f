//! Microsoft Entra ID v2.0, Microsoft Graph, the App Service identity endpoint and Azure Key Vault as one local program.
//!
//! [`start`] gives a [`Tenant`] that listens on loopback; [`Tenant::settings`] are the environment variables that make a
//! handler sign in against it. It is strict: what Entra refuses is refused in Entra's words, and what is not implemented
//! is refused, too. It shares no code with the product, so that one misreading of an RFC cannot pass on both sides.

mod aadsts;
mod accounts;
mod admin_consent;
mod administration;
mod app_roles;
mod app_token;
mod authorize;
mod changes;
mod claims;
mod client_assertion;
mod client_token;
mod clients;
mod conditional_access;
mod console;
mod discovery;
mod faults;
mod graph;
mod identity_endpoint;
mod orders;
mod page;
mod parameters;
mod recorded;
mod registration;
mod scopes;
mod server;
mod start_error;
mod state;
mod sts;
mod tenant;
mod token;
mod token_lifetime;
mod users;
mod vault;

use std::{path::PathBuf, sync::Arc};

pub use app_roles::AssignmentError;
pub use clients::{Client, DESKTOP_CLIENT, WEB_CLIENT};
pub use faults::{Endpoint, Fault, FaultError};
pub use recorded::{Member, Recorded};
pub use registration::{GATEWAY_CLIENT_ID, GATEWAY_PRINCIPAL_ID, TENANT_ID};
pub use stand_in::ListenError;
pub use start_error::StartError;
pub use tenant::{Https, Tenant};
pub use users::{User, crowd, user};
pub use vault::Vault;

use stand_in::random;

use crate::{faults::Faults, state::State, sts::Sts};

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

/// Starts a tenant; when this returns it accepts requests.
pub async fn start(options: Options) -> Result<Tenant, StartError> {
    let Options { port, state_file, redirect_uris, silent_user } = options;
    check_redirect_uris(&redirect_uris)?;
    let silent_user = silent_user.map(|name| user(&name).ok_or(StartError::UnknownUser(name))).transpose()?;
    let (bound, listeners) = stand_in::listen(port).await?;
    let path = state_file.clone().unwrap_or_default();
    let (state, key) = State::open(state_file).map_err(|error| StartError::State(path, error))?;
    let sts = Sts {
        base_url: format!("http://localhost:{bound}"),
        redirect_uris,
        silent_user,
        clock: Arc::default(),
        key: Arc::new(key),
        state: Arc::new(state),
        sign_ins: Arc::default(),
        codes: Arc::default(),
        faults: Arc::new(Faults::new(random::opaque::<32>())),
        conditional_access: Arc::default(),
        app_roles: Arc::default(),
        token_lifetime: Arc::default(),
        console: Arc::default(),
        requests: Arc::default(),
        vault: Arc::default(),
    };
    let mut tenant = Tenant::new(sts.clone());
    tenant.serve(listeners, sts);
    Ok(tenant)
}

fn check_redirect_uris(redirect_uris: &[String]) -> Result<(), StartError> {
    let valid = |uri: &String| url::Url::parse(uri).is_ok_and(|url| url.fragment().is_none());
    redirect_uris.iter().find(|uri| !valid(uri)).map_or(Ok(()), |uri| Err(StartError::RedirectUri(uri.clone())))
}
