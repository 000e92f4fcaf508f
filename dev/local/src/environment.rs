//! The environment variables that this program reads.

use std::ffi::OsString;

/// The settings of the handler that the person who starts it may choose.
const HANDED_ON: [&str; 5] = ["DEFAULT_SCOPES", "LOG_LEVEL", "MCP_LIMITS", "PREAUTHORIZED_CLIENT_IDS", "TOOLS"];

/// A snapshot taken at the start.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The cargo that runs this program, or the one on PATH.
    pub(crate) cargo: OsString,
    /// Where programs are.
    pub(crate) path: OsString,
    /// Settings of the handler, by name.
    pub(crate) settings: Vec<(String, String)>,
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
    pub(crate) fn of_process() -> Self {
        Self {
            cargo: std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            path: std::env::var_os("PATH").unwrap_or_default(),
            settings: handed_on(|name| std::env::var(name).ok()),
        }
    }
}

fn handed_on(variable: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    HANDED_ON.iter().filter_map(|name| Some(((*name).to_owned(), variable(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handler_gets_the_settings_that_a_person_may_choose_and_nothing_else() {
        let all = handed_on(|name| Some(format!("the {name}")));
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, HANDED_ON);
        let limits = handed_on(|name| (name == "MCP_LIMITS").then(|| "streams=64".to_owned()));
        assert_eq!(limits, [("MCP_LIMITS".to_owned(), "streams=64".to_owned())]);
    }
}
