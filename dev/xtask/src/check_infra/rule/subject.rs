//! The subject of a rule: the files, and one deployment if the rule is about resources.

use serde_json::Value;

use super::super::bicep::TENANT;
use super::super::deployment::{Deployment, Resource};
use super::super::project::Project;

const NETWORK: &str = "Microsoft.Network/virtualNetworks";
const IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

/// Files, and a deployment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub project: &'a Project,
    pub deployment: Option<&'a Deployment>,
}

/// Whether a source is a type of resources (`*` is every type), and not a file.
pub(super) fn is_resources(source: &str) -> bool {
    source == "*" || source.to_ascii_lowercase().starts_with("microsoft.")
}

impl<'a> Subject<'a> {
    /// The resources of a type, or the files at a path that may have one `*`, with their names.
    pub(super) fn all(&self, source: &str) -> Result<Vec<(&'a str, &'a Value)>, String> {
        if !is_resources(source) {
            return self.project.documents(source);
        }
        let resources = self.deployment.into_iter().flat_map(|deployment| &deployment.resources);
        let chosen = resources.filter(|resource| source == "*" || resource.kind.eq_ignore_ascii_case(source));
        Ok(chosen.map(|resource| (&*resource.name, &resource.body)).collect())
    }

    /// Whether a condition of a row holds.
    pub(super) fn meets(&self, condition: Option<&str>) -> bool {
        let Some(deployment) = self.deployment else { return condition.is_none() };
        match condition {
            None => true,
            Some("network") => deployment.all(NETWORK).next().is_some(),
            Some("no-network") => deployment.all(NETWORK).next().is_none(),
            Some(set) => set == deployment.set,
        }
    }

    /// A text with what stands in angle brackets in it.
    pub(super) fn resolved(&self, text: &str) -> Result<String, String> {
        let parts = text.split_once('<').and_then(|(before, rest)| Some((before, rest.split_once('>')?)));
        let (Some(deployment), Some((before, (reference, after)))) = (self.deployment, parts) else {
            return Ok(text.to_owned());
        };
        Ok(format!("{before}{}{}", value_of(reference, deployment)?, self.resolved(after)?))
    }
}

fn value_of(reference: &str, deployment: &Deployment) -> Result<String, String> {
    Ok(match reference.split(' ').collect::<Vec<_>>().as_slice() {
        ["tenant"] => TENANT.to_owned(),
        ["workload"] => workload(deployment)?.name.clone(),
        ["gateway"] => gateway(deployment)?.name.clone(),
        ["workload", property] => workload(deployment)?.reference(property),
        ["gateway", property] => gateway(deployment)?.reference(property),
        ["name", kind] => deployment.only(kind)?.last_name().to_owned(),
        ["cloud", public, government, china] => format!(
            "createObject('AzureCloud', '{public}', 'AzureUSGovernment', '{government}', 'AzureChinaCloud', '{china}')[environment().name]"
        ),
        [kind, pointer] if pointer.starts_with('/') => deployment.only(kind)?.text(pointer).to_owned(),
        [kind, property] => deployment.only(kind)?.reference(property),
        _ => return Err(format!("<{reference}> stands for nothing")),
    })
}

/// The identity of the function app, of which it has one.
fn workload(deployment: &Deployment) -> Result<&Resource, String> {
    let site = deployment.only("Microsoft.Web/sites")?;
    let ids = site.body.pointer("/identity/userAssignedIdentities").and_then(Value::as_object);
    let mut identities = deployment.all(IDENTITY);
    let own =
        identities.find(|identity| ids.is_some_and(|ids| ids.len() == 1 && ids.contains_key(identity.text("/id"))));
    own.ok_or_else(|| format!("{} does not have exactly one user-assigned identity of this deployment", site.name))
}

/// The other identity, which API Management should have.
fn gateway(deployment: &Deployment) -> Result<&Resource, String> {
    let workload = workload(deployment)?;
    let other = deployment.all(IDENTITY).find(|identity| identity.name != workload.name);
    other.ok_or_else(|| format!("there is no identity but {}", workload.name))
}
