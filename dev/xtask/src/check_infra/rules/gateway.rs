//! API Management: one open API at the root, whose tier streams, in front of the function app.

use super::super::deployment::Deployment;
use super::{Judged, Rule, Rules, mentions, network, unless};

const SERVICE: &str = "Microsoft.ApiManagement/service";
const API: &str = "Microsoft.ApiManagement/service/apis";

pub(super) const RULES: Rules = &[
    ("gateway-tier", Rule::Deployment(tier)),
    ("gateway-one-api", Rule::Deployment(one_api)),
    ("gateway-api-at-root", Rule::Property(API, "/properties/path", "\"\"")),
    ("gateway-api-needs-no-subscription", Rule::Property(API, "/properties/subscriptionRequired", "false")),
    ("gateway-https-only", Rule::Property(API, "/properties/protocols", "[\"https\"]")),
    ("gateway-backend", Rule::Deployment(backend)),
];

/// The Consumption tier neither streams nor limits by key; only the Standard v2 tier reaches into a network.
fn tier(deployment: &Deployment) -> Judged {
    let expected = if network::has(deployment) { "StandardV2" } else { "BasicV2" };
    let found = deployment.only(SERVICE)?.text("/sku/name");
    Ok(unless(found == expected, || format!("the tier is {found}, not {expected}")))
}

fn one_api(deployment: &Deployment) -> Judged {
    deployment.only(API).map(|_| vec![])
}

fn backend(deployment: &Deployment) -> Judged {
    let site = &deployment.only("Microsoft.Web/sites")?.name;
    Ok(deployment.every(API, |api| mentions("serviceUrl", api.text("/properties/serviceUrl"), &[site])))
}
