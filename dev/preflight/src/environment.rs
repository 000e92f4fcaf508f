//! The values that azd would deploy with.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::azd;

/// Values by name. Like azd, it takes a value from the azd environment, and one that is absent there from the shell.
#[derive(Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The values of this process, below those of the azd environment that is selected. azd puts the latter into the
    /// environment of its hooks, so that a hook of a first `azd up` finds them before azd has saved them.
    #[expect(clippy::disallowed_methods, reason = "azd and people set these variables for this program")]
    pub(crate) fn current(root: &Path) -> Result<Self, String> {
        let mut values: BTreeMap<_, _> = std::env::vars().collect();
        let in_hook = values.contains_key("AZURE_ENV_NAME");
        // Asked without an environment, azd would make one.
        if !in_hook && !root.join(".azure/config.json").is_file() {
            return Err("there is no azd environment here\n    azd env new NAME".to_owned());
        }
        match azd::values() {
            Ok(saved) => values.extend(texts(&saved)),
            Err(_) if in_hook => {}
            Err(error) => return Err(format!("{error}\n    {UNREADABLE}")),
        }
        Ok(Self(values))
    }

    /// A value that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

const UNREADABLE: &str = "If azd cannot read the environment's file .azure/NAME/.env, delete the line of the value \
    that you set last (docs/deploy.md, \"When a step fails\")";

fn texts(values: &Value) -> impl Iterator<Item = (String, String)> {
    let members = values.as_object().into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
}

#[cfg(test)]
impl Environment {
    pub(crate) fn of(values: &[(&str, &str)]) -> Self {
        Self(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}
