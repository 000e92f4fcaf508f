//! The security token service: what every endpoint shares.

use std::sync::{Arc, Mutex, OnceLock};

use stand_in::{Clock, Recent, SigningKey};

use crate::aadsts::{Refusal, TENANT_UNKNOWN};
use crate::registration::TENANT_ID;
use crate::{
    app_roles::AppRoles, authorize::sign_ins::SignIns, conditional_access::ConditionalAccess, console::kept::Console,
    faults::Faults, recorded::Recorded, state::State, token::codes::Codes, token_lifetime::TokenLifetime, users::User,
    vault::Vault,
};

/// One running tenant, as one of its origins shows it.
#[derive(Clone)]
pub(crate) struct Sts {
    /// The origin that was asked. Issuer and endpoints are under it.
    pub(crate) base_url: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) silent_user: Option<&'static User>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) key: Arc<SigningKey>,
    pub(crate) state: Arc<State>,
    pub(crate) sign_ins: Arc<Mutex<SignIns>>,
    pub(crate) codes: Arc<Mutex<Codes>>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) conditional_access: Arc<ConditionalAccess>,
    pub(crate) app_roles: Arc<AppRoles>,
    pub(crate) token_lifetime: Arc<TokenLifetime>,
    pub(crate) console: Arc<Console>,
    pub(crate) requests: Arc<Recent<Recorded, 1000>>,
    /// Since it was opened.
    pub(crate) vault: Arc<OnceLock<Arc<Vault>>>,
}

impl Sts {
    /// The same tenant at another origin.
    pub(crate) fn at(&self, base_url: String) -> Self {
        Self { base_url, ..self.clone() }
    }

    /// Issuer of v2.0 tokens, and the one the federated credential trusts.
    pub(crate) fn issuer(&self) -> String {
        format!("{}/{TENANT_ID}/v2.0", self.base_url)
    }

    /// Issuer of v1.0 tokens: Graph's, and those of managed identities for Azure's services.
    pub(crate) fn issuer_v1(&self) -> String {
        format!("{}/{TENANT_ID}/", self.base_url)
    }
}

/// The tenant of the path must be this one.
pub(crate) fn check_tenant(tenant: &str) -> Result<(), Refusal> {
    if tenant.eq_ignore_ascii_case(TENANT_ID) { Ok(()) } else { Err(TENANT_UNKNOWN.with(&[tenant])) }
}
