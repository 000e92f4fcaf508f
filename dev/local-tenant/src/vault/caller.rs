//! Who asks: a bearer token of the tenant for Key Vault, and the workload's identity in it.

use axum::http::{HeaderMap, header};

use super::refusal::{AUDIENCE, ISSUER, RBAC, Refusal, TOKEN_MALFORMED, TOKEN_MISSING, TOKEN_SIGNATURE, TOKEN_TIME};
use crate::{
    jwt::UnverifiedJwt,
    registration::{TENANT_ID, VAULT_RESOURCE, WORKLOAD_PRINCIPAL_ID},
    sts::Sts,
};

/// Azure Key Vault's app id, which is an audience of its tokens, too.
const VAULT_APP_ID: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";

/// Somebody of this tenant with a token for the vault.
pub(super) struct Caller(UnverifiedJwt);

impl Caller {
    pub(super) fn authenticate(sts: &Sts, headers: &HeaderMap) -> Result<Self, Refusal> {
        let token = bearer(headers).ok_or_else(|| TOKEN_MISSING.with(&[]))?;
        let token = UnverifiedJwt::parse(token).ok_or_else(|| TOKEN_MALFORMED.with(&[]))?;
        token.signed_by(&sts.key).map_err(|_| TOKEN_SIGNATURE.with(&[]))?;
        if !token.in_time(sts.clock.unix(), 0) {
            return Err(TOKEN_TIME.with(&[]));
        }
        let audience = token.text("aud");
        if audience != VAULT_RESOURCE && audience != VAULT_APP_ID {
            return Err(AUDIENCE.with(&[&format!("{VAULT_RESOURCE} or {VAULT_APP_ID}"), audience]));
        }
        let issuer = sts.issuer_v1();
        if token.text("iss") != issuer || token.text("tid") != TENANT_ID {
            return Err(ISSUER.with(&[&issuer, token.text("iss")]));
        }
        Ok(Self(token))
    }

    /// Whether it is the workload, which has the role Key Vault Crypto User on the key.
    pub(super) fn has_the_role(&self) -> bool {
        self.0.text("oid") == WORKLOAD_PRINCIPAL_ID
    }

    /// The refusal of an action on a resource of the vault.
    pub(super) fn forbidden(&self, action: &str, resource: &str) -> Refusal {
        let Self(token) = self;
        let action = format!("Microsoft.KeyVault/vaults/{action}");
        let vault = "/subscriptions/local/resourcegroups/local/providers/microsoft.keyvault/vaults/local-vault";
        let resource = format!("{vault}{}", resource.to_ascii_lowercase());
        RBAC.with(&[token.text("appid"), token.text("oid"), token.text("iss"), &action, &resource])
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, token) = values.next()?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && values.next().is_none()).then_some(token)
}
