//! Resources that an earlier `azd down` left soft-deleted under this environment's names. Names follow from
//! subscription, environment and region, and the resource group's from the environment.

use serde_json::Value;

use super::plan::Plan;
use super::{region, text};
use crate::findings::Findings;

/// <https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/list-deleted>
pub(super) fn vaults_path(plan: &Plan) -> String {
    plan.path("Microsoft.KeyVault/deletedVaults?api-version=2022-07-01")
}

pub(super) fn vaults(plan: &Plan, vaults: &[Value], findings: &mut Findings) {
    let ours = vaults
        .iter()
        .find(|vault| is_ours(plan, text(vault, "/properties/vaultId"), text(vault, "/properties/location")));
    match (ours, plan.recover) {
        (Some(vault), false) => findings.fault(
            format!("the vault {} of this environment is soft-deleted, and its name is taken", text(vault, "/name")),
            "azd env set KEY_VAULT_CREATE_MODE recover; after the deployment, set it to default again",
        ),
        (None, true) => findings.note(
            "KEY_VAULT_CREATE_MODE is recover, and no vault of this environment is soft-deleted: set it to default",
        ),
        _ => {}
    }
}

/// <https://learn.microsoft.com/rest/api/apimanagement/deleted-services/list-by-subscription>
pub(super) fn gateways_path(plan: &Plan) -> String {
    plan.path("Microsoft.ApiManagement/deletedservices?api-version=2024-05-01")
}

pub(super) fn gateways(plan: &Plan, services: &[Value], findings: &mut Findings) {
    let ours = services
        .iter()
        .filter(|service| is_ours(plan, text(service, "/properties/serviceId"), text(service, "/location")));
    for service in ours {
        let name = text(service, "/name");
        findings.fault(
            format!("API Management {name} of this environment is soft-deleted, and its name is taken for 48 hours"),
            format!("az apim deletedservice purge --service-name {name} --location {}", plan.region),
        );
    }
}

fn is_ours(plan: &Plan, id: &str, location: &str) -> bool {
    id.to_lowercase().contains(&format!("/resourcegroups/{}/", plan.group.to_lowercase()))
        && region(location) == plan.region
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vault(group: &str, location: &str) -> Value {
        json!({"id": "/subscriptions/sub/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-x",
            "name": "kv-x", "type": "Microsoft.KeyVault/deletedVaults", "properties": {
                "vaultId": format!("/subscriptions/sub/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/kv-x"),
                "location": location, "tags": {}, "deletionDate": "2026-11-01T00:00:59Z",
                "scheduledPurgeDate": "2027-01-30T00:00:59Z", "purgeProtectionEnabled": true}})
    }

    fn judge(values: &[(&str, &str)], deleted: &[Value]) -> Findings {
        let mut findings = Findings::default();
        vaults(&Plan::with(values), deleted, &mut findings);
        findings
    }

    #[test]
    fn a_deleted_vault_of_this_environment_is_a_fault_until_it_is_to_be_recovered() {
        let ours = vault("rg-prod", "westeurope");
        let fault = "the vault kv-x of this environment is soft-deleted, and its name is taken";
        assert_eq!(judge(&[], std::slice::from_ref(&ours)).faults(), [fault]);
        assert_eq!(judge(&[("KEY_VAULT_CREATE_MODE", "recover")], &[ours]), Findings::default());
    }

    #[test]
    fn vaults_of_others_do_not_matter() {
        let others = [vault("rg-other", "westeurope"), vault("rg-prod", "eastus"), vault("rg-prod2", "westeurope")];
        assert_eq!(judge(&[], &others), Findings::default());
        assert_eq!(judge(&[("KEY_VAULT_CREATE_MODE", "recover")], &others).notes().len(), 1);
    }

    #[test]
    fn a_deleted_gateway_of_this_environment_is_a_fault() {
        let service = json!({"id": "/subscriptions/sub/providers/Microsoft.ApiManagement/locations/westeurope/deletedservices/apim-x",
            "name": "apim-x", "type": "Microsoft.ApiManagement/deletedservices", "location": "West Europe", "properties": {
                "serviceId": "/subscriptions/sub/resourceGroups/RG-prod/providers/Microsoft.ApiManagement/service/apim-x",
                "scheduledPurgeDate": "2026-11-30T00:00:00Z", "deletionDate": "2026-11-28T00:00:00Z"}});
        let mut findings = Findings::default();
        gateways(&Plan::with(&[]), &[service], &mut findings);
        assert_eq!(findings.faults().len(), 1);
        assert!(findings.to_string().contains("purge --service-name apim-x --location westeurope"), "{findings}");
    }
}
