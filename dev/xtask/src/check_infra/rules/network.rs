//! With a virtual network, storage, Cosmos DB and Key Vault are reached through it only.

use serde_json::{Value, json};

use super::super::deployment::{Deployment, Resource};
use super::super::project::Project;
use super::{Judged, Rule, Rules, is, unless};

pub(super) const NETWORK: &str = "Microsoft.Network/virtualNetworks";
pub(super) const ENDPOINT: &str = "Microsoft.Network/privateEndpoints";

pub(super) const RULES: Rules = &[
    ("network-only-when-asked", Rule::Project(when_asked)),
    ("network-private-endpoints", Rule::Deployment(private_endpoints)),
    ("network-public-access-off", Rule::Deployment(public_access_off)),
    ("network-firewalls-deny", Rule::Deployment(firewalls_deny)),
    ("network-site-refuses-others", Rule::Deployment(site_refuses)),
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

/// The site stays reachable, because packages are sent to it; it refuses all requests.
fn public_access_off(deployment: &Deployment) -> Judged {
    let disabled = [("/properties/publicNetworkAccess", json!("Disabled"))];
    behind_the_network(deployment, &[(STORAGE, &disabled), (COSMOS, &disabled), (VAULT, &disabled)])
}

/// Should public access come back on, nobody is let in all the same.
fn firewalls_deny(deployment: &Deployment) -> Judged {
    let deny = ("/properties/networkAcls/defaultAction", json!("Deny"));
    let no_rules = ["/properties/networkAcls/ipRules", "/properties/networkAcls/virtualNetworkRules"];
    let [addresses, networks] = no_rules.map(|rules| (rules, json!(null)));
    let storage =
        [deny.clone(), ("/properties/networkAcls/bypass", json!("None")), addresses.clone(), networks.clone()];
    let cosmos = [
        ("/properties/networkAclBypass", json!("None")),
        ("/properties/ipRules", json!(null)),
        ("/properties/virtualNetworkRules", json!(null)),
    ];
    behind_the_network(deployment, &[(STORAGE, &storage), (COSMOS, &cosmos), (VAULT, &[deny, addresses, networks])])
}

fn site_refuses(deployment: &Deployment) -> Judged {
    let refuses = [
        ("/properties/siteConfig/ipSecurityRestrictionsDefaultAction", json!("Deny")),
        ("/properties/siteConfig/ipSecurityRestrictions", json!(null)),
    ];
    behind_the_network(deployment, &[(SITE, &refuses)])
}

type Properties<'a> = &'a [(&'a str, Value)];

/// With a network, the one resource of each type has these properties.
fn behind_the_network(deployment: &Deployment, expected: &[(&str, Properties)]) -> Judged {
    let mut faults = vec![];
    if has(deployment) {
        for (kind, properties) in expected {
            let resource = deployment.only(kind)?;
            let differs = properties.iter().filter_map(|(pointer, value)| resource.must_be(pointer, value));
            faults.extend(differs.map(|fault| format!("{}: {fault}", resource.name)));
        }
    }
    Ok(faults)
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
