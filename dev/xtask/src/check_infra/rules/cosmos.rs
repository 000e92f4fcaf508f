//! Cosmos DB has the containers of the handler.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::contract::Contract;
use super::super::deployment::Deployment;
use super::super::project::Project;
use super::{Judged, Rule, Rules, unless};

const CONTAINER: &str = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers";

pub(super) const RULES: Rules = &[("cosmos-containers", Rule::Project(containers))];

fn containers(project: &Project) -> Judged {
    let contract = Contract::of(&project.files)?;
    let expected = contract.containers();
    let mut faults = vec![];
    for deployment in &project.deployments {
        let found = deployed(deployment);
        faults.extend(unless(found == expected, || {
            format!("{}: the handler has {expected:?}; deployed are {found:?}", deployment.set)
        }));
    }
    Ok(faults)
}

/// Name and partition key path of each container.
fn deployed(deployment: &Deployment) -> BTreeMap<&str, &str> {
    let containers = deployment.all(CONTAINER).map(|container| {
        let paths = container.items("/properties/resource/partitionKey/paths");
        let path = if let [Value::String(path)] = paths { path } else { "not one path" };
        (container.text("/properties/resource/id"), path)
    });
    containers.collect()
}
