//! What a person is shown while everything runs: a page in the browser, and the log as a story.

use tokio::task::JoinSet;

use crate::environment::Environment;
use crate::open::{self, Opened, Page};
use crate::{args::Args, start::Running, story};

/// Its options.
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

/// What is shown until it is stopped.
pub(crate) struct Showing {
    opened: Opened,
    _story: JoinSet<std::io::Result<()>>,
}

impl Showing {
    pub(crate) async fn begin(args: &Args, running: &Running) -> Self {
        let story = story::begin(args, &running.ready);
        Self { opened: open::asked_for(args, running).await, _story: story }
    }

    pub(crate) async fn stop(self) {
        self.opened.stop().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(verbose: bool, chosen: &[&str]) -> Vec<String> {
        let settings = chosen.iter().map(|level| ("LOG_LEVEL".to_owned(), (*level).to_owned())).collect();
        let environment = Environment { cargo: "cargo".into(), path: "".into(), settings };
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
