//! Two user-assigned identities: the function app's is the workload's, API Management's the gateway's. Neither has the other's.

use super::super::deployment::{Deployment, Resource};
use super::{Judged, Rule, Rules, mentions, unless};

pub(super) const RULES: Rules =
    &[("identities-are-apart", Rule::Deployment(apart)), ("identities-are-two", Rule::Deployment(two))];

const IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

/// Name of the function app's identity.
pub(super) fn workload(deployment: &Deployment) -> Result<String, String> {
    only_identity(deployment.only("Microsoft.Web/sites")?)
}

/// Name of the other identity, which API Management should have.
pub(super) fn gateway(deployment: &Deployment) -> Result<String, String> {
    let workload = workload(deployment)?;
    let other = deployment.all(IDENTITY).find(|identity| identity.name != workload);
    other.map(|identity| identity.name.clone()).ok_or_else(|| format!("there is no identity but {workload}"))
}

/// The ARM expression of a property of the identity with this name.
pub(super) fn reference(deployment: &Deployment, name: &str, property: &str) -> Result<String, String> {
    let identity = deployment.all(IDENTITY).find(|identity| identity.name == name);
    let identity = identity.ok_or_else(|| format!("there is no identity {name}"))?;
    Ok(format!("[{}]", identity.reference(property)))
}

fn only_identity(holder: &Resource) -> Result<String, String> {
    match holder.keys("/identity/userAssignedIdentities").as_slice() {
        [id] => Ok(id.trim_end_matches([']', ')', '\'']).rsplit(['/', '\'']).next().unwrap_or(id).to_owned()),
        ids => Err(format!("{} has {} user-assigned identities, not one", holder.name, ids.len())),
    }
}

fn apart(deployment: &Deployment) -> Judged {
    let holds = only_identity(deployment.only("Microsoft.ApiManagement/service")?)?;
    let gateway = gateway(deployment)?;
    Ok(unless(holds == gateway, || format!("API Management has {holds}, not {gateway}")))
}

fn two(deployment: &Deployment) -> Judged {
    let names: Vec<&str> = deployment.all(IDENTITY).map(|identity| identity.name.as_str()).collect();
    let mut faults = unless(names.len() == 2, || format!("there are {} identities: {}", names.len(), names.join(", ")));
    faults.extend(mentions("the list of identities", &names.join(", "), &[&workload(deployment)?]));
    Ok(faults)
}
