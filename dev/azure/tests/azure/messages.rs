//! A stream that stays open, and whether each message posted to it is answered once.

use std::collections::BTreeSet;

use reqwest::Response;
use serde_json::json;

use crate::{deployment::Deployment, streams::Session};

/// The id of a session's first message.
const INITIALIZE: u64 = 0;

/// The stream, and what was posted to it.
pub(crate) struct Messages {
    session: Session,
    /// The newest message's id.
    posted: u64,
    taken: BTreeSet<u64>,
}

impl Messages {
    /// To the one of these streams that goes on, when the process of the other has been killed.
    pub(crate) async fn to_the_other_of([mut one, mut other]: [Session; 2]) -> Self {
        let session = tokio::select! {
            () = one.ended() => other,
            () = other.ended() => one,
        };
        Self { session, posted: INITIALIZE, taken: BTreeSet::new() }
    }

    /// Posts another one.
    pub(crate) async fn post(&mut self, server: &Deployment) -> Response {
        self.posted += 1;
        let message = json!({ "jsonrpc": "2.0", "id": self.posted, "method": "tools/list" });
        let answer = self.session.request(server, &message).send().await.unwrap();
        if answer.status() == 202 {
            self.taken.insert(self.posted);
        }
        answer
    }

    /// Every message that was taken is answered, and none twice. (One that was refused may be answered as well: it may have
    /// been written, and that not told.)
    pub(crate) async fn are_answered_once(&mut self) {
        let mut answered = BTreeSet::from([INITIALIZE]);
        while !self.taken.is_subset(&answered) {
            let message = self.session.stream.message().await;
            let id = message["id"].as_u64().unwrap();
            assert!(answered.insert(id), "{id} is answered twice");
            assert!(message["result"]["tools"].is_array(), "{message}");
        }
        assert!(!self.taken.is_empty(), "no message was taken");
    }
}
