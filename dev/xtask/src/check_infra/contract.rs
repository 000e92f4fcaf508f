//! `infra/contract.json`: what the handler expects of what surrounds it. A test of the product writes it (tests/contract.rs).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::files::Files;

const FILE: &str = "infra/contract.json";

/// What the rules compare with what is deployed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contract {
    /// Calls of one address a minute, to all endpoints together.
    pub calls_per_minute: u32,
    pub endpoints: Vec<Endpoint>,
    containers: Vec<Container>,
    /// The environment variables that the handler reads.
    pub settings: BTreeSet<String>,
}

/// An endpoint of the handler.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Endpoint {
    /// As in `function.json`.
    pub route: String,
    /// The paths that the gateway passes on.
    pub paths: Vec<String>,
    pub methods: Vec<String>,
    /// Calls of one address a minute, where this endpoint has a limit of its own.
    pub calls_per_minute: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    name: String,
    partition_key: String,
}

impl Contract {
    pub(super) fn of(files: &Files) -> Result<Self, String> {
        let contract: Self = serde_json::from_str(files.required(FILE)?).map_err(|error| format!("{FILE}: {error}"))?;
        let is_empty = contract.endpoints.is_empty() || contract.containers.is_empty() || contract.settings.is_empty();
        if is_empty { Err(format!("{FILE} has no endpoint, no container or no setting")) } else { Ok(contract) }
    }

    /// Partition key path by container.
    pub(super) fn containers(&self) -> BTreeMap<&str, &str> {
        self.containers.iter().map(|container| (&*container.name, &*container.partition_key)).collect()
    }
}
