//! The event log in Cosmos DB: container `events`, a partition for each instance, read through its change feed.
//!
//! The change feed of one logical partition comes in the order of its writes, and each of its checkpoints is a place in that
//! order. Before the first checkpoint there is only the time, which two clocks tell differently: so a follower begins a few
//! seconds ago, and nobody may rely on it before its first read has ended. docs/adr/0010 says why it is the change feed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use authorization_server::ground::{Clock, Id};
use azure_core::http::StatusCode;
use azure_data_cosmos::{
    feed::{ChangeFeedPageIterator, ContinuationToken, FeedPage, FeedScope},
    models::ChangeFeedItem,
    options::{ChangeFeedOptions, ChangeFeedStartFrom},
};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;

use super::cosmos::Cosmos;
use crate::ports::{
    event_log::{Batch, EVENT_LIFETIME, EventLog, Follow, HEARTBEAT_LIFETIME, LoggedEvent},
    records::{Address, Container, ItemStore as _, StoreError, Write},
};

const SCHEMA: u32 = 1;
const HEARTBEAT: &str = "heartbeat";
/// How far apart our clock and the store's may be.
const SKEW: time::Duration = time::Duration::seconds(5);

/// The logs of all instances of a deployment.
pub struct CosmosEvents {
    cosmos: Cosmos,
    clock: Arc<dyn Clock>,
}

impl CosmosEvents {
    /// In this database.
    #[must_use]
    pub fn new(cosmos: Cosmos, clock: Arc<dyn Clock>) -> Self {
        Self { cosmos, clock }
    }
}

fn address(instance: Id, id: impl Into<String>) -> Address {
    Address { container: Container::Events, partition: instance.to_string(), id: id.into() }
}

#[async_trait]
impl EventLog for CosmosEvents {
    async fn append(&self, instance: Id, event: &LoggedEvent) -> Result<(), StoreError> {
        let (partition, id) = (instance.to_string(), event.id.to_string());
        let body = json!({ "id": id, "instance": partition, "schema": SCHEMA, "sealed": event.sealed });
        let lifetime = seconds(EVENT_LIFETIME);
        let address = address(instance, id);
        match self.cosmos.create(&address, &body, lifetime).await? {
            Write::Done(_) => Ok(()),
            // The id is random, so only the write's own echo can be there.
            Write::Conflict if self.cosmos.get(&address).await?.is_some() => Ok(()),
            Write::Conflict => Err(StoreError("an event cannot be written".into())),
        }
    }

    async fn heartbeat(&self, instance: Id) -> Result<(), StoreError> {
        let (partition, ttl) = (instance.to_string(), HEARTBEAT_LIFETIME.as_secs());
        let item = json!({ "id": HEARTBEAT, "instance": partition, "schema": SCHEMA, "ttl": ttl });
        let container = self.cosmos.container(Container::Events)?;
        self.cosmos.within_limit(container.upsert_item(partition, HEARTBEAT, item, None)).await?;
        Ok(())
    }

    async fn is_alive(&self, instance: Id) -> Result<bool, StoreError> {
        // The store shows no item after its ttl, which it counts by its own clock; ours may be minutes off.
        Ok(self.cosmos.get(&address(instance, HEARTBEAT)).await?.is_some())
    }

    fn follow(&self, instance: Id) -> Box<dyn Follow> {
        Box::new(PartitionFeed {
            cosmos: self.cosmos.clone(),
            partition: instance.to_string(),
            begin: self.clock.now() - SKEW,
            checkpoint: None,
            pages: None,
        })
    }
}

type Pages = ChangeFeedPageIterator<ChangeFeedItem<StoredEvent>>;

/// The members of an item that are read; the heartbeat has no `sealed`.
#[derive(Deserialize)]
struct StoredEvent {
    id: String,
    sealed: Option<String>,
}

struct PartitionFeed {
    cosmos: Cosmos,
    partition: String,
    begin: OffsetDateTime,
    checkpoint: Option<ContinuationToken>,
    /// An iterator ends with its first error; a new one continues from the checkpoint.
    pages: Option<Pages>,
}

#[async_trait]
impl Follow for PartitionFeed {
    async fn next(&mut self) -> Result<Batch, StoreError> {
        let begun = self.checkpoint.is_some();
        let mut pages = match self.pages.take() {
            Some(pages) => pages,
            None => self.resume().await?,
        };
        let page = self.cosmos.within_limit(async { pages.next().await.transpose() }).await?;
        let page = page.ok_or_else(|| StoreError("the change feed has ended".into()))?;
        self.checkpoint = Some(pages.to_continuation_token()?);
        // The first iterator would send the time for ever, beside each checkpoint.
        self.pages = begun.then_some(pages);
        Ok(batch(&page))
    }
}

impl PartitionFeed {
    async fn resume(&mut self) -> Result<Pages, StoreError> {
        let container = self.cosmos.container(Container::Events)?;
        let (begin, options) = match self.checkpoint.clone() {
            None => (ChangeFeedStartFrom::PointInTime(self.begin), None),
            Some(token) => {
                (ChangeFeedStartFrom::Beginning, Some(ChangeFeedOptions::default().with_continuation_token(token)))
            }
        };
        let scope = FeedScope::partition(self.partition.clone());
        Ok(self.cosmos.within_limit(container.query_change_feed(scope, begin, options)).await?)
    }
}

/// An empty page is the end if its status is 304. With status 200 it is not: the service has then read changes of other
/// partitions only.
fn batch(page: &FeedPage<ChangeFeedItem<StoredEvent>>) -> Batch {
    let more = page.diagnostics().status().is_some_and(|status| status.status_code() == StatusCode::Ok);
    let events = page.items().iter().filter_map(|item| event(item.current()?)).collect();
    Batch { events, end: page.items().is_empty() && !more }
}

fn event(stored: &StoredEvent) -> Option<LoggedEvent> {
    Some(LoggedEvent { id: Id::parse(&stored.id)?, sealed: stored.sealed.clone()? })
}

fn seconds(lifetime: Duration) -> time::Duration {
    time::Duration::try_from(lifetime).unwrap_or(time::Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(item: serde_json::Value) -> Option<LoggedEvent> {
        event(&serde_json::from_value(item).unwrap())
    }

    #[test]
    fn an_event_is_read_and_what_else_is_in_its_partition_is_not() {
        let id = Id::from_bytes([3; 16]);
        let stored = json!({ "id": id.to_string(), "instance": "i", "schema": 1, "sealed": "s", "_ts": 5 });
        assert_eq!(read(stored), Some(LoggedEvent { id, sealed: "s".into() }));
        assert_eq!(read(json!({ "id": HEARTBEAT, "schema": 1, "ttl": 30 })), None);
        assert_eq!(read(json!({ "id": "not an id", "sealed": "s" })), None);
        assert_eq!(read(json!({ "id": id.to_string() })), None);
    }

    #[test]
    fn an_event_and_the_heartbeat_of_an_instance_are_in_one_partition_under_different_ids() {
        let (one, other) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
        assert_eq!(address(one, HEARTBEAT).partition, address(one, "x").partition);
        assert_ne!(address(one, HEARTBEAT).partition, address(other, HEARTBEAT).partition);
        assert_eq!(address(one, HEARTBEAT).container, Container::Events);
        assert!(Id::parse(HEARTBEAT).is_none(), "no event has the id of the heartbeat");
    }

    #[test]
    fn an_event_lives_for_the_lifetime_that_the_port_states() {
        assert_eq!(seconds(EVENT_LIFETIME), time::Duration::minutes(5));
        assert_eq!(seconds(Duration::MAX), time::Duration::MAX);
    }
}
