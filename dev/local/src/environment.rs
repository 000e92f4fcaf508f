//! The environment variables that this program reads.

use std::ffi::OsString;

/// A snapshot taken at the start.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The cargo that runs this program, or the one on PATH.
    pub(crate) cargo: OsString,
    /// Where programs are.
    pub(crate) path: OsString,
    /// Where MCP Inspector listens; it reads the same variable.
    pub(crate) inspector_port: u16,
    /// Settings of the handler, by name.
    pub(crate) settings: Vec<(String, String)>,
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
    pub(crate) fn of_process() -> Self {
        Self {
            cargo: std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            path: std::env::var_os("PATH").unwrap_or_default(),
            inspector_port: std::env::var("CLIENT_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(6274),
            settings: handed_on(|name| std::env::var(name).ok()),
        }
    }
}

/// The settings that the person who starts this may choose, by the documentation, which is made from the handler's own table.
fn handed_on(variable: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let chosen = |line: &'static str| line.contains("| your shell |").then(|| line.split('`').nth(1)).flatten();
    let names = include_str!("../../../docs/settings.md").lines().filter_map(chosen);
    names.filter_map(|name| Some((name.to_owned(), variable(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handler_gets_the_settings_that_a_person_may_choose_and_nothing_else() {
        let names: Vec<_> = handed_on(|_| Some("a value".to_owned())).into_iter().map(|(name, _)| name).collect();
        let documented = "EVENT_POLL_MS MCP_LIMITS MCP_SERVER_NAME ALLOWED_ORIGINS PRIVATE_USE_SCHEMES \
                          CLIENT_METADATA_HOSTS PREAUTHORIZED_CLIENT_IDS DEFAULT_SCOPES TOOLS LOG_LEVEL";
        assert_eq!(names.join(" "), documented);
    }
}
