//! Errors planted among evaluated resources: what there is only with a virtual network.

use super::Planted;
use super::changes::Change::{Remove, Replace, Set, TakeFrom};

const COSMOS: &str = "Microsoft.DocumentDB/databaseAccounts";
const GROUP: &str = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups";
const LINK: &str = "Microsoft.Network/privateDnsZones/virtualNetworkLinks";
const SERVICE: &str = "Microsoft.ApiManagement/service";
const SITE: &str = "Microsoft.Web/sites";
const STORAGE: &str = "Microsoft.Storage/storageAccounts";
const VAULT: &str = "Microsoft.KeyVault/vaults";
const ZONE: &str = "Microsoft.Network/privateDnsZones";

const REFUSES: &str = "/properties/siteConfig/ipSecurityRestrictionsDefaultAction";

const D: &str = "defaults";
const E: &str = "everything";
const V: &str = "vnet";

pub(super) const PLANTED: &[Planted] = &[
    ("network-only-when-asked", V, TakeFrom("defaults")),
    ("network-private-endpoints", V, Replace("Microsoft.Network/privateEndpoints", "[\"blob\"]", "[\"file\"]")),
    ("network-public-access-off", E, Set(VAULT, "/properties/publicNetworkAccess", "\"Enabled\"")),
    ("network-private-endpoints", V, Replace("Microsoft.Network/privateEndpoints", "[\"sites\"]", "[\"scm\"]")),
    ("network-public-access-off", V, Set(COSMOS, "/properties/publicNetworkAccess", "\"Enabled\"")),
    ("network-firewalls-deny", V, Set(STORAGE, "/properties/networkAcls/defaultAction", "\"Allow\"")),
    ("network-firewalls-deny", V, Set(STORAGE, "/properties/networkAcls/bypass", "\"AzureServices\"")),
    ("network-firewalls-deny", V, Set(VAULT, "/properties/networkAcls/defaultAction", "\"Allow\"")),
    ("network-firewalls-deny", E, Set(VAULT, "/properties/networkAcls/ipRules", r#"[{"value": "0.0.0.0/0"}]"#)),
    ("network-firewalls-deny", V, Set(COSMOS, "/properties/ipRules", r#"[{"ipAddressOrRange": "0.0.0.0"}]"#)),
    ("network-firewalls-deny", V, Set(COSMOS, "/properties/networkAclBypass", "\"AzureServices\"")),
    ("network-site-refuses-others", V, Set(SITE, REFUSES, "\"Allow\"")),
    (
        "network-site-refuses-others",
        E,
        Set(SITE, "/properties/siteConfig/ipSecurityRestrictions", r#"[{"action": "Allow"}]"#),
    ),
    ("network-subnet-for-gateway", V, Set(SERVICE, "/properties/virtualNetworkConfiguration", "null")),
    ("network-subnet-for-gateway", V, Replace(SERVICE, "/subnets/gateway", "/subnets/functions")),
    ("network-subnet-for-gateway", V, Set(SERVICE, "/properties/virtualNetworkType", "\"None\"")),
    ("network-subnet-for-gateway", D, Set(SERVICE, "/properties/virtualNetworkType", "\"External\"")),
    ("network-subnet-for-functions", V, Replace(SITE, "/subnets/functions", "/subnets/gateway")),
    ("network-names-resolve", V, Replace(GROUP, "privatelink.documents.azure.com", "privatelink.vaultcore.azure.net")),
    ("network-names-resolve", V, Set(ZONE, "/name", "\"privatelink.example\"")),
    ("network-names-resolve", V, Replace(LINK, "/virtualNetworks/vnet-", "/virtualNetworks/other-")),
    ("network-names-resolve", V, Remove(LINK)),
    ("network-names-resolve", V, Remove(GROUP)),
    (
        "network-subnet-for-functions",
        V,
        Replace("Microsoft.Network/virtualNetworks", "Microsoft.App/environments", "Microsoft.Sql/servers"),
    ),
    (
        "network-subnet-for-functions",
        V,
        Replace("Microsoft.Network/virtualNetworks", "Microsoft.Web\"}]", "Microsoft.Storage\"}]"),
    ),
    ("network-subnet-for-functions", V, Set(SITE, "/properties/virtualNetworkSubnetId", "null")),
];
