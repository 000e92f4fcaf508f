//! The Cosmos DB account is keyless and strongly consistent, and has the containers that the code names.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::contract::Contract;
use super::super::deployment::Deployment;
use super::super::project::Project;
use super::{Judged, Rule, Rules, unless};

const ACCOUNT: &str = "Microsoft.DocumentDB/databaseAccounts";
const CONTAINER: &str = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers";

pub(super) const RULES: Rules = &[
    ("cosmos-keys-off", Rule::Property(ACCOUNT, "/properties/disableLocalAuth", "true")),
    (
        "cosmos-strong-consistency",
        Rule::Property(ACCOUNT, "/properties/consistencyPolicy/defaultConsistencyLevel", "\"Strong\""),
    ),
    ("cosmos-continuous-backups", Rule::Property(ACCOUNT, "/properties/backupPolicy/type", "\"Continuous\"")),
    ("cosmos-serverless", Rule::Deployment(serverless)),
    ("cosmos-one-region", Rule::Deployment(one_region)),
    ("cosmos-containers", Rule::Project(containers)),
    ("cosmos-ttl-on", Rule::Property(CONTAINER, "/properties/resource/defaultTtl", "-1")),
];

fn serverless(deployment: &Deployment) -> Judged {
    Ok(deployment.every(ACCOUNT, |account| {
        let names = account.items("/properties/capabilities").iter().filter_map(|item| item.pointer("/name"));
        let has = names.into_iter().any(|name| name == "EnableServerless");
        unless(has, || "the capability EnableServerless is absent".to_owned())
    }))
}

/// Strong consistency is for one region, and serverless has no other.
fn one_region(deployment: &Deployment) -> Judged {
    Ok(deployment.every(ACCOUNT, |account| {
        let regions = account.items("/properties/locations").len();
        unless(regions == 1, || format!("there are {regions} regions"))
    }))
}

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
