//! Options for the page and the log that a person is shown.

use clap::ValueEnum;

use crate::environment::Environment;

/// The page and the log that a person is shown while everything runs.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Shown {
    /// Open this page in the browser when everything runs.
    #[arg(long, value_enum, value_name = "PAGE")]
    pub(crate) open: Option<Page>,
    /// Tell every line of the handler's log, with all its fields, and log at the level `debug` unless `LOG_LEVEL` says another.
    #[arg(long)]
    pub(crate) verbose: bool,
}

impl Shown {
    /// The environment, with the level of the log that these options need.
    pub(crate) fn environment(self, mut environment: Environment) -> Environment {
        if self.verbose && !environment.settings.iter().any(|(name, _)| name == "LOG_LEVEL") {
            environment.settings.push(("LOG_LEVEL".to_owned(), "debug".to_owned()));
        }
        environment
    }
}

/// The page to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Page {
    /// MCP Inspector, which is run by npx (Node 22.19 or newer), at this server.
    Inspector,
    /// The consent page, for an application that this command registers.
    Consent,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(verbose: bool, chosen: &[&str]) -> Vec<String> {
        let settings = chosen.iter().map(|level| ("LOG_LEVEL".to_owned(), (*level).to_owned())).collect();
        let environment = Environment { cargo: "cargo".into(), path: "".into(), inspector_port: 0, settings };
        let settings = Shown { open: None, verbose }.environment(environment).settings;
        settings.into_iter().map(|(_, level)| level).collect()
    }

    #[test]
    fn everything_is_logged_at_debug_unless_another_level_was_chosen() {
        assert_eq!(levels(false, &[]), [""; 0]);
        assert_eq!(levels(true, &[]), ["debug"]);
        assert_eq!(levels(true, &["trace"]), ["trace"]);
    }
}
