//! The offers of a subscription: regions, tiers, runtimes, resource providers; and the soft-deleted resources in it.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::asked::Asked;
use crate::json::text;
use crate::state::State;

/// Some regions, by name and display name. Each offers everything.
const REGIONS: [(&str, &str); 3] =
    [("eastus2", "East US 2"), ("swedencentral", "Sweden Central"), ("westeurope", "West Europe")];
const VAULT: &str = "Microsoft.KeyVault/vaults";
const GATEWAY: &str = "Microsoft.ApiManagement/service";

fn list(members: impl IntoIterator<Item = Value>) -> Answer {
    Answer::ok(json!({ "value": members.into_iter().collect::<Vec<_>>() }))
}

/// <https://learn.microsoft.com/rest/api/resources/subscriptions/list-locations>
pub(super) fn locations(state: &State) -> Answer {
    list(REGIONS.map(|(name, display_name)| {
        json!({
            "id": format!("/subscriptions/{}/locations/{name}", state.subscription), "name": name, "type": "Region",
            "displayName": display_name, "regionalDisplayName": display_name,
            "metadata": { "regionType": "Physical", "regionCategory": "Recommended", "geographyGroup": "Some" },
        })
    }))
}

/// <https://learn.microsoft.com/rest/api/appservice/list-geo-regions/list-geo-regions>
pub(super) fn flex_regions(asked: &Asked) -> Answer {
    if asked.query("sku") != "FlexConsumption" {
        return Answer::not_implemented(asked);
    }
    list(
        REGIONS.map(
            |(_, name)| json!({ "name": name, "type": "Microsoft.Web/geoRegions", "properties": { "name": name } }),
        ),
    )
}

/// <https://learn.microsoft.com/rest/api/apimanagement/api-management-skus/list>
pub(super) fn gateway_tiers() -> Answer {
    let tier = |name: &str| {
        let locations = REGIONS.map(|(_, display_name)| display_name);
        json!({ "resourceType": "service", "name": name, "locations": locations, "restrictions": [] })
    };
    list(["BasicV2", "StandardV2"].map(tier))
}

/// The catalogue of runtimes on Flex Consumption, for custom handlers.
pub(super) fn runtimes(asked: &Asked) -> Answer {
    if asked.query("stack") != "custom" {
        return Answer::not_implemented(asked);
    }
    let sku = json!({
        "skuCode": "FC1", "instanceMemoryMB": [{ "size": 512 }, { "size": 2048 }, { "size": 4096 }],
        "maximumInstanceCount": { "lowestMaximumInstanceCount": 40, "highestMaximumInstanceCount": 1000 },
        "functionAppConfigProperties": { "runtime": { "name": "custom", "version": "1.0" } },
    });
    let minor = json!({ "value": "1.0", "stackSettings": { "linuxRuntimeSettings": { "Sku": [sku] } } });
    list([json!({ "name": "custom", "properties": { "majorVersions": [{ "minorVersions": [minor] }] } })])
}

/// <https://learn.microsoft.com/rest/api/resources/providers/get>
pub(super) fn provider(namespace: &str) -> Answer {
    Answer::ok(json!({ "namespace": namespace, "registrationState": "Registered", "resourceTypes": [] }))
}

/// <https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/list-deleted>
pub(super) fn deleted_vaults(state: &State) -> Answer {
    list(state.soft_deleted(VAULT).map(|vault| {
        json!({
            "name": text(vault, "/name"), "type": "Microsoft.KeyVault/deletedVaults",
            "properties": { "vaultId": text(vault, "/id"), "location": text(vault, "/location"), "purgeProtectionEnabled": true },
        })
    }))
}

/// <https://learn.microsoft.com/rest/api/apimanagement/deleted-services/list-by-subscription>
pub(super) fn deleted_gateways(state: &State) -> Answer {
    list(state.soft_deleted(GATEWAY).map(|service| {
        json!({
            "name": text(service, "/name"), "type": "Microsoft.ApiManagement/deletedservices",
            "location": text(service, "/location"), "properties": { "serviceId": text(service, "/id") },
        })
    }))
}
