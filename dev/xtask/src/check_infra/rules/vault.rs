//! The key that wraps data keys never leaves its vault, and cannot be destroyed by mistake.

use super::super::deployment::Deployment;
use super::{Judged, Rule, Rules, unless};

const VAULT: &str = "Microsoft.KeyVault/vaults";
const KEY: &str = "Microsoft.KeyVault/vaults/keys";

pub(super) const RULES: Rules = &[
    ("vault-roles-not-policies", Rule::Property(VAULT, "/properties/enableRbacAuthorization", "true")),
    ("vault-purge-protection", Rule::Property(VAULT, "/properties/enablePurgeProtection", "true")),
    ("vault-key-wraps", Rule::Deployment(wraps)),
    ("vault-key-stays", Rule::Deployment(stays)),
];

fn wraps(deployment: &Deployment) -> Judged {
    Ok(deployment.every(KEY, |key| {
        let mut operations: Vec<_> = key.items("/properties/keyOps").iter().filter_map(|item| item.as_str()).collect();
        operations.sort_unstable();
        let mut faults = unless(operations == ["unwrapKey", "wrapKey"], || format!("keyOps are {operations:?}"));
        let kind = key.text("/properties/kty");
        faults.extend(unless(kind.starts_with("RSA"), || format!("kty is {kind}, not RSA")));
        faults
    }))
}

fn stays(deployment: &Deployment) -> Judged {
    Ok(deployment.every(KEY, |key| {
        let exportable = key.at("/properties/attributes/exportable") == &serde_json::Value::Bool(true);
        unless(!exportable && key.at("/properties/release_policy").is_null(), || "the key can be exported".to_owned())
    }))
}
