//! With a virtual network, storage, Cosmos DB and Key Vault are reached through it only.

use super::super::deployment::{Deployment, Resource};
use super::super::project::Project;
use super::{Judged, Rule, Rules, mentions, unless};

const NETWORK: &str = "Microsoft.Network/virtualNetworks";
const ENDPOINT: &str = "Microsoft.Network/privateEndpoints";

pub(super) const RULES: Rules = &[
    ("network-only-when-asked", Rule::Project(when_asked)),
    ("network-private-endpoints", Rule::Deployment(private_endpoints)),
    ("network-public-access-off", Rule::Deployment(public_access_off)),
    ("network-names-resolve", Rule::Deployment(names_resolve)),
    ("network-subnet-for-functions", Rule::Deployment(subnet)),
];

/// What is reached through the network, and the part of it that the endpoint is for.
const PRIVATE: [(&str, &str); 3] = [
    ("Microsoft.Storage/storageAccounts", "blob"),
    ("Microsoft.DocumentDB/databaseAccounts", "Sql"),
    ("Microsoft.KeyVault/vaults", "vault"),
];

pub(super) fn has(deployment: &Deployment) -> bool {
    deployment.all(NETWORK).next().is_some()
}

fn when_asked(project: &Project) -> Judged {
    let of = |set: &str| project.deployments.iter().find(|deployment| deployment.set == set).map(has);
    let mut faults = unless(of("defaults") == Some(false), || "defaults: there must be no network".to_owned());
    faults.extend(unless(of("vnet") == Some(true), || "vnet: there must be a network".to_owned()));
    Ok(faults)
}

fn private_endpoints(deployment: &Deployment) -> Judged {
    let mut faults = vec![];
    if has(deployment) {
        for (kind, part) in PRIVATE {
            let target = &deployment.only(kind)?.name;
            let reaches = |endpoint: &Resource| {
                let connection = endpoint.at("/properties/privateLinkServiceConnections/0/properties");
                let id = connection.pointer("/privateLinkServiceId").and_then(|id| id.as_str()).unwrap_or_default();
                id.ends_with(&format!("/{target}"))
                    && connection.pointer("/groupIds/0").is_some_and(|group| group == part)
            };
            faults
                .extend(unless(deployment.all(ENDPOINT).any(reaches), || format!("{target} has no private endpoint")));
        }
    }
    Ok(faults)
}

fn public_access_off(deployment: &Deployment) -> Judged {
    let mut faults = vec![];
    if has(deployment) {
        for (kind, _) in PRIVATE {
            let resource = deployment.only(kind)?;
            let fault = resource.must_be("/properties/publicNetworkAccess", &"Disabled".into());
            faults.extend(fault.map(|fault| format!("{}: {fault}", resource.name)));
        }
    }
    Ok(faults)
}

/// A private endpoint is of use only where its name leads to it: a zone group each, and every zone linked.
fn names_resolve(deployment: &Deployment) -> Judged {
    let count = |kind: &str| deployment.all(kind).count();
    let groups = count("Microsoft.Network/privateEndpoints/privateDnsZoneGroups");
    let (zones, links) =
        (count("Microsoft.Network/privateDnsZones"), count("Microsoft.Network/privateDnsZones/virtualNetworkLinks"));
    let endpoints = count(ENDPOINT);
    let mut faults = unless(groups == endpoints, || format!("{endpoints} private endpoints have {groups} zone groups"));
    faults.extend(unless(zones == links, || format!("{zones} zones have {links} links to the network")));
    faults.extend(unless(!has(deployment) || zones >= PRIVATE.len(), || format!("there are {zones} zones")));
    Ok(faults)
}

fn subnet(deployment: &Deployment) -> Judged {
    let site = deployment.only("Microsoft.Web/sites")?;
    let joined = site.text("/properties/virtualNetworkSubnetId");
    if !has(deployment) {
        return Ok(unless(joined.is_empty(), || format!("the site joins {joined}")));
    }
    let network = deployment.only(NETWORK)?;
    let is_delegated = |subnet: &&serde_json::Value| {
        let service = subnet.pointer("/properties/delegations/0/properties/serviceName");
        service.is_some_and(|name| name == "Microsoft.App/environments")
    };
    let name = network
        .items("/properties/subnets")
        .iter()
        .find(is_delegated)
        .and_then(|subnet| subnet.pointer("/name")?.as_str());
    let name = name.ok_or("no subnet is delegated to Microsoft.App/environments")?;
    Ok(mentions("virtualNetworkSubnetId", joined, &[&network.name, name]))
}
