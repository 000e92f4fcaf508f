//! The programs and files from elsewhere that the whole check needs.

use std::path::PathBuf;

use crate::tools::{named, program};

pub(super) const NO_CLI: &str = "no Bicep CLI: `az bicep install`, then set BICEP to its path or put it on PATH";

/// Each is there or not; what is not there skips the checks that need it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tools {
    /// `BICEP`, or `bicep` on PATH: the Bicep CLI.
    pub bicep: Option<PathBuf>,
    /// `BICEP_GRAPH_TYPES`: the Graph types as an archive, in place of the registry that bicepconfig.json names.
    pub graph_types: Option<PathBuf>,
    /// `SCHEMAS`: a folder with azure.yaml.json, host.json and function.json.
    pub schemas: Option<PathBuf>,
}

impl Tools {
    pub(crate) fn of_environment() -> Self {
        Self { bicep: program("BICEP", "bicep"), graph_types: named("BICEP_GRAPH_TYPES"), schemas: named("SCHEMAS") }
    }

    /// A fault for each that is named and not there: a wrong name must not skip a check. Only the CLI renews golden files.
    pub(crate) fn missing(&self, accept: bool) -> Vec<String> {
        let named = [("BICEP", &self.bicep), ("BICEP_GRAPH_TYPES", &self.graph_types), ("SCHEMAS", &self.schemas)];
        let absent = |path: &&PathBuf| !path.exists();
        let missing = named.into_iter().filter_map(|(name, path)| Some((name, path.as_ref().filter(absent)?)));
        let missing = missing.map(|(name, path)| format!("{name} names {}, which is not there", path.display()));
        let nothing_to_accept = (accept && self.bicep.is_none()).then(|| "--accept needs a Bicep CLI".to_owned());
        missing.chain(nothing_to_accept).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_a_fault_and_an_absent_one_is_not() {
        assert!(Tools::default().missing(false).is_empty());
        let wrong = Tools { schemas: Some("/no/such/folder".into()), ..Tools::default() };
        assert_eq!(wrong.missing(false), ["SCHEMAS names /no/such/folder, which is not there"]);
        assert_eq!(Tools::default().missing(true).len(), 1);
    }
}
