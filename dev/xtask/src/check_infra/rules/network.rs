//! With a virtual network, storage, Cosmos DB and Key Vault are reached through it only.

use serde_json::{Value, json};

use super::super::deployment::{Deployment, Resource};
use super::{Judged, Rule, Rules, is, unless};

pub(super) const NETWORK: &str = "Microsoft.Network/virtualNetworks";
pub(super) const ENDPOINT: &str = "Microsoft.Network/privateEndpoints";

pub(super) const RULES: Rules = &[
    ("network-private-endpoints", Rule::Deployment(private_endpoints)),
    ("network-subnet-for-functions", Rule::Deployment(functions_subnet)),
    ("network-subnet-for-gateway", Rule::Deployment(gateway_subnet)),
];

/// What is reached through the network, and the part of it that the endpoint is for.
const PRIVATE: [(&str, &str); 4] = [(STORAGE, "blob"), (COSMOS, "Sql"), (VAULT, "vault"), (SITE, "sites")];
const STORAGE: &str = "Microsoft.Storage/storageAccounts";
const COSMOS: &str = "Microsoft.DocumentDB/databaseAccounts";
const VAULT: &str = "Microsoft.KeyVault/vaults";
const SITE: &str = "Microsoft.Web/sites";
/// The service that the functions' subnet is delegated to.
const FLEX: &str = "Microsoft.App/environments";

pub(super) fn has(deployment: &Deployment) -> bool {
    deployment.all(NETWORK).next().is_some()
}

fn private_endpoints(deployment: &Deployment) -> Judged {
    let mut faults = vec![];
    if has(deployment) {
        for (kind, part) in PRIVATE {
            let target = deployment.only(kind)?;
            let reaches = |endpoint: &Resource| {
                leads_to(endpoint, target)
                    && endpoint.at("/properties/privateLinkServiceConnections/0/properties/groupIds") == &json!([part])
            };
            let found = deployment.all(ENDPOINT).any(reaches);
            faults.extend(unless(found, || format!("{} has no private endpoint", target.name)));
        }
    }
    Ok(faults)
}

/// Whether a private endpoint is this resource's.
pub(super) fn leads_to(endpoint: &Resource, target: &Resource) -> bool {
    let connection = "/properties/privateLinkServiceConnections/0/properties/privateLinkServiceId";
    endpoint.text(connection) == target.text("/id")
}

/// The app reaches itself through the endpoint for `Microsoft.Web`; without it, trigger sync can fail.
fn functions_subnet(deployment: &Deployment) -> Judged {
    let site = deployment.only(SITE)?;
    let mut faults = joins(deployment, site.text("/properties/virtualNetworkSubnetId"), FLEX)?;
    if let Some(subnet) = delegated(deployment, FLEX) {
        let endpoints = subnet.pointer("/properties/serviceEndpoints").unwrap_or(&Value::Null);
        let web = endpoints == &json!([{"service": "Microsoft.Web"}]);
        faults.extend(unless(web, || format!("the service endpoints of the functions' subnet are {endpoints}")));
    }
    Ok(faults)
}

/// `External` is the way out only: the gateway is reached from the internet either way.
fn gateway_subnet(deployment: &Deployment) -> Judged {
    let service = deployment.only("Microsoft.ApiManagement/service")?;
    let subnet = service.text("/properties/virtualNetworkConfiguration/subnetResourceId");
    let mut faults = joins(deployment, subnet, "Microsoft.Web/serverFarms")?;
    let kind = if has(deployment) { "External" } else { "None" };
    faults.extend(service.must_be("/properties/virtualNetworkType", &json!(kind)));
    Ok(faults)
}

/// The subnet that is joined is the one delegated to this service; without a network, there is none.
fn joins(deployment: &Deployment, joined: &str, service: &str) -> Judged {
    if !has(deployment) {
        return Ok(unless(joined.is_empty(), || format!("{joined} is joined")));
    }
    let network = deployment.only(NETWORK)?;
    let name = delegated(deployment, service).and_then(|subnet| subnet.pointer("/name")?.as_str());
    let name = name.ok_or_else(|| format!("no subnet is delegated to {service}"))?;
    Ok(is("the subnet that is joined", joined, &format!("{}/subnets/{name}", network.text("/id"))))
}

/// The subnet that is delegated to a service.
fn delegated<'a>(deployment: &'a Deployment, service: &str) -> Option<&'a Value> {
    let is_delegated = |subnet: &&Value| {
        subnet.pointer("/properties/delegations/0/properties/serviceName").is_some_and(|name| name == service)
    };
    deployment.all(NETWORK).next()?.items("/properties/subnets").iter().find(is_delegated)
}
