//! What a person is shown while everything runs: a page in the browser, and the log as a story.

use tokio::task::JoinSet;

use crate::open::{self, Opened};
use crate::{args::Args, start::Running, story};

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
