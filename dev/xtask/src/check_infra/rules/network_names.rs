//! A private endpoint is of use only where its service's name leads to it.

use super::super::deployment::{Deployment, Resource};
use super::network::{ENDPOINT, NETWORK, has, leads_to};
use super::{Judged, Rule, Rules, by_cloud, unless};

pub(super) const RULES: Rules = &[("network-names-resolve", Rule::Deployment(names_resolve))];

const ZONE: &str = "Microsoft.Network/privateDnsZones";
const LINK: &str = "Microsoft.Network/privateDnsZones/virtualNetworkLinks";
const GROUP: &str = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups";

/// The zone of each service, as an ARM expression without its brackets
/// (<https://learn.microsoft.com/azure/private-link/private-endpoint-dns>).
fn zones() -> [(&'static str, String); 4] {
    let cosmos =
        ["privatelink.documents.azure.com", "privatelink.documents.azure.us", "privatelink.documents.azure.cn"];
    let vault = [
        "privatelink.vaultcore.azure.net",
        "privatelink.vaultcore.usgovcloudapi.net",
        "privatelink.vaultcore.azure.cn",
    ];
    let sites = ["privatelink.azurewebsites.net", "privatelink.azurewebsites.us", "privatelink.chinacloudsites.cn"];
    [
        (
            "Microsoft.Storage/storageAccounts",
            "format('privatelink.blob.{0}', environment().suffixes.storage)".to_owned(),
        ),
        ("Microsoft.DocumentDB/databaseAccounts", by_cloud(cosmos)),
        ("Microsoft.KeyVault/vaults", by_cloud(vault)),
        ("Microsoft.Web/sites", by_cloud(sites)),
    ]
}

fn names_resolve(deployment: &Deployment) -> Judged {
    let mut faults = vec![];
    if has(deployment) {
        for (kind, name) in zones() {
            let target = deployment.only(kind)?;
            faults.extend(linked(deployment, &name)?);
            let of_target = deployment.all(ENDPOINT).filter(|endpoint| leads_to(endpoint, target));
            let astray = of_target.filter(|endpoint| !is_in_zone(deployment, endpoint, &name));
            faults.extend(astray.map(|endpoint| format!("{} is not in the zone {name}", endpoint.name)));
        }
    }
    Ok(faults)
}

/// The zone is there, and the network asks it.
fn linked(deployment: &Deployment, zone: &str) -> Judged {
    let network = deployment.only(NETWORK)?.text("/id");
    let there = deployment.all(ZONE).any(|found| found.name == format!("[{zone}]"));
    let mut faults = unless(there, || format!("there is no zone {zone}"));
    let is_of_zone = |link: &Resource| link.name.starts_with(&format!("[format('{{0}}/{{1}}', {zone}, "));
    let mut links = deployment.all(LINK).filter(|link| is_of_zone(link));
    let linked = links.any(|link| link.text("/properties/virtualNetwork/id") == network);
    faults.extend(unless(linked, || format!("the zone {zone} is not linked to the network")));
    Ok(faults)
}

/// Its zone group has that zone, and no other.
fn is_in_zone(deployment: &Deployment, endpoint: &Resource, zone: &str) -> bool {
    let mut groups = deployment.all(GROUP).filter(|group| group.name.starts_with(&format!("{}/", endpoint.name)));
    groups.any(|group| match group.items("/properties/privateDnsZoneConfigs") {
        [config] => {
            let id = config.pointer("/properties/privateDnsZoneId").and_then(|id| id.as_str()).unwrap_or_default();
            id.ends_with(&format!("'{ZONE}', {zone})]"))
        }
        _ => false,
    })
}
