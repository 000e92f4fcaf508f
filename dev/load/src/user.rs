//! A signed-in user of one client.

use std::{sync::Arc, time::Duration};

use driver::{Server, mcp::tool_call, oauth};
use tokio::time::{Instant, sleep_until};

use crate::{
    answers::{answer, succeeded, tokens},
    journal::{Act, Journal},
    mix::Mix,
    stream::Stream,
};

/// A user, as a client keeps one.
pub struct User {
    /// Where the server is.
    pub server: Arc<Server>,
    /// The registered client.
    pub client_id: String,
    /// For the resource.
    pub access_token: String,
    /// For the token endpoint.
    pub refresh_token: String,
}

impl User {
    /// Works from `start` until the mix ends. `number` is the user's place among the users.
    pub async fn work(mut self, number: usize, mix: &Mix, start: Instant, journal: &Journal) {
        let mut stream = None;
        let mut refreshes = mix.times(number, mix.between_refreshes).skip_while(Duration::is_zero).peekable();
        for call in mix.times(number, mix.between_calls) {
            while let Some(refresh) = refreshes.next_if(|refresh| *refresh <= call) {
                sleep_until(start + refresh).await;
                journal.note(Act::Refresh, self.refresh()).await;
            }
            sleep_until(start + call).await;
            if mix.streams(number) {
                self.call_on_stream(&mut stream, journal).await;
            } else {
                journal.note(Act::Call, self.call()).await;
            }
        }
        // A stream stays open until everybody has finished.
        sleep_until(start + mix.duration).await;
    }

    /// A stream that nothing happens on. The host gives each process a request in turn, and a stream takes three, so its call
    /// lets another of three processes have the next one.
    pub(crate) async fn idle_stream(&self) -> Result<Stream, String> {
        let mut stream = Stream::open(&self.server, &self.access_token).await?;
        stream.call(&self.server, &self.access_token).await?;
        Ok(stream)
    }

    /// Renews the tokens.
    async fn refresh(&mut self) -> Result<(), String> {
        let form = oauth::refresh(&self.client_id, &self.refresh_token);
        let answer = answer(self.server.post("/token").form(&form)).await?;
        (self.access_token, self.refresh_token) = tokens(&answer)?;
        Ok(())
    }

    async fn call(&self) -> Result<(), String> {
        succeeded(&answer(self.server.mcp(&self.access_token, &tool_call(1))).await?)
    }

    /// Opens the stream if there is none, and gives it up when a call fails.
    async fn call_on_stream(&self, stream: &mut Option<Stream>, journal: &Journal) {
        if stream.is_none() {
            *stream = journal.note(Act::Stream, Stream::open(&self.server, &self.access_token)).await;
        }
        let Some(open) = stream else { return };
        if journal.note(Act::Call, open.call(&self.server, &self.access_token)).await.is_none() {
            *stream = None;
        }
    }
}
