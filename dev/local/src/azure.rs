//! `--azure`: Cosmos DB and Key Vault, emulated, in place of the data folder.

use cosmos_emulator::Emulator;
use local_tenant::{TENANT_ID, Tenant};

use crate::error::StartError;

/// Two processes, so that state which one of them does not share causes failures.
pub(crate) const HANDLERS: usize = 2;

/// Cosmos DB on this port, for the identities of this tenant, which also opens its vault.
pub(crate) async fn open(tenant: &Tenant, port: u16) -> Result<Emulator, StartError> {
    tenant.open_vault()?;
    let options = cosmos_emulator::Options::new(tenant.base_url(), TENANT_ID);
    Ok(cosmos_emulator::start(cosmos_emulator::Options { port, ..options }).await?)
}

/// The settings that point a handler to both.
pub(crate) fn settings(tenant: &Tenant, cosmos: &Emulator) -> Vec<(String, String)> {
    let mut settings = tenant.vault_settings();
    settings.extend(cosmos.settings());
    settings
}
