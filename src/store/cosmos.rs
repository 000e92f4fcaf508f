//! Cosmos DB as [`ItemStore`]: point operations with `ETag` preconditions, each over within seconds.
//!
//! The SDK retries a write whose answer was lost, so a conflict may be the write's own echo: the port says so, and
//! [`super::ItemRepository`] reads back.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_data_cosmos::{
    CosmosError, Query, clients::ContainerClient, feed::FeedScope, models::ItemResponse, options::ItemWriteOptions,
    options::Precondition,
};
use futures_util::TryStreamExt as _;
use serde_json::{Map, Value};

use super::{
    cosmos_client::Clients,
    cosmos_list::{self, Part},
};
use crate::{
    config::AzureSettings,
    ports::records::{Address, Container, Filter, Item, ItemPage, ItemStore, StoreError, Write},
    telemetry::{CallOutcome, Service, ServiceCalls},
};

/// Longer than the SDK's own limit for an operation with its retries; this one also covers the token.
const OPERATION_LIMIT: Duration = Duration::from_secs(4);
const TTL: &str = "ttl";

/// A database of Cosmos DB.
#[derive(Clone)]
pub struct Cosmos {
    clients: Arc<Clients>,
    calls: Arc<ServiceCalls>,
}

impl Cosmos {
    /// Begins to connect; until that has succeeded every operation fails at once.
    #[must_use]
    pub fn connect(settings: &AzureSettings, identity: Arc<dyn TokenCredential>) -> Self {
        let calls = Arc::new(ServiceCalls::new(Service::Store));
        Self { clients: Clients::connect(settings, identity, Arc::clone(&calls)), calls }
    }

    /// The client of a container, once there is one.
    pub fn container(&self, container: Container) -> Result<&ContainerClient, StoreError> {
        self.clients.get(container)
    }

    /// The result of an operation, unless it takes too long. The SDK's futures are large, so the operation is boxed.
    pub(super) fn within_limit<'a, T: 'a>(
        &'a self,
        operation: impl Future<Output = Result<T, CosmosError>> + 'a,
    ) -> impl Future<Output = Result<T, OperationError>> + 'a {
        self.calls.count(within_limit(Box::pin(operation)), outcome)
    }

    fn write<'a>(
        &'a self,
        operation: impl Future<Output = Result<ItemResponse, CosmosError>> + 'a,
    ) -> impl Future<Output = Result<Write, StoreError>> + 'a {
        let limited = self.within_limit(operation);
        async {
            match limited.await {
                Ok(response) => Ok(Write::Done(etag(&response)?)),
                Err(error) if error.is_conflict() => Ok(Write::Conflict),
                Err(error) => Err(error.into()),
            }
        }
    }
}

#[async_trait]
impl ItemStore for Cosmos {
    async fn get(&self, address: &Address) -> Result<Option<Item>, StoreError> {
        let container = self.container(address.container)?;
        let Address { partition, id, .. } = address;
        match self.within_limit(container.read_item(partition.clone(), id, None)).await {
            Ok(response) => {
                let etag = etag(&response)?;
                let body = response.into_model::<Map<String, Value>>()?;
                Ok(Some(Item { body: stripped(body), etag }))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn create(&self, address: &Address, body: &Value, ttl: time::Duration) -> Result<Write, StoreError> {
        let container = self.container(address.container)?;
        let Address { partition, id, .. } = address;
        let body = with_ttl(body, ttl);
        self.write(container.create_item(partition.clone(), id, body, None)).await
    }

    async fn replace(
        &self,
        address: &Address,
        etag: &str,
        body: &Value,
        ttl: time::Duration,
    ) -> Result<Write, StoreError> {
        let container = self.container(address.container)?;
        let Address { partition, id, .. } = address;
        let body = with_ttl(body, ttl);
        let options = ItemWriteOptions::default().with_precondition(Precondition::if_match(etag.to_owned()));
        self.write(container.replace_item(partition.clone(), id, body, Some(options))).await
    }

    async fn delete(&self, address: &Address) -> Result<(), StoreError> {
        let container = self.container(address.container)?;
        let Address { partition, id, .. } = address;
        match self.within_limit(container.delete_item(partition.clone(), id, None)).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn page(
        &self,
        container: Container,
        filter: Filter,
        from: Option<&str>,
        most: NonZeroU32,
    ) -> Result<ItemPage, StoreError> {
        let client = self.container(container)?;
        let Part { items, next } = self.within_limit(cosmos_list::read(client, filter, from, most)).await?;
        let items = items.into_iter().map(listed).collect::<Result<_, _>>()?;
        Ok(ItemPage { items, next: next.map(|place| place.as_str().to_owned()) })
    }

    /// The index has the ids although our containers exclude every path
    /// (<https://learn.microsoft.com/azure/cosmos-db/index-policy>), so no other item is read.
    async fn list(&self, container: Container, partition: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let client = self.container(container)?;
        let scope = FeedScope::partition(partition.to_owned());
        let items = async {
            let query = Query::from("SELECT * FROM c WHERE STARTSWITH(c.id, @prefix)");
            let query = query.with_parameter("@prefix", prefix)?;
            let items = client.query_items::<Map<String, Value>>(query, scope, None).await?;
            items.try_collect::<Vec<_>>().await
        };
        self.within_limit(items).await?.into_iter().map(listed).collect()
    }
}

/// Why an operation has no result.
pub(super) enum OperationError {
    /// The error of the SDK.
    Cosmos(CosmosError),
    /// It took longer than [`OPERATION_LIMIT`].
    TimedOut,
}

impl OperationError {
    fn is_not_found(&self) -> bool {
        matches!(self, Self::Cosmos(error) if error.status().is_not_found())
    }

    /// 409: it exists; 412: it has another version; 404: it does not exist.
    fn is_conflict(&self) -> bool {
        let Self::Cosmos(error) = self else { return false };
        let status = error.status();
        status.is_conflict() || status.is_precondition_failed() || status.is_not_found()
    }
}

impl From<OperationError> for StoreError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Cosmos(error) => error.into(),
            OperationError::TimedOut => Self(format!("no answer within {} s", OPERATION_LIMIT.as_secs())),
        }
    }
}

async fn within_limit<T>(operation: impl Future<Output = Result<T, CosmosError>>) -> Result<T, OperationError> {
    let done = tokio::time::timeout(OPERATION_LIMIT, operation).await.map_err(|_| OperationError::TimedOut)?;
    done.map_err(OperationError::Cosmos)
}

/// An error that says that an item is missing, exists, or has another version counts as an answer.
fn outcome(error: &OperationError) -> CallOutcome {
    if error.is_conflict() { CallOutcome::Answered } else { CallOutcome::Failed }
}

fn etag(response: &ItemResponse) -> Result<String, StoreError> {
    let etag = response.headers().etag().map(|etag| etag.as_ref().to_owned());
    etag.ok_or_else(|| StoreError("the answer has no ETag".into()))
}

fn listed(mut item: Map<String, Value>) -> Result<Item, StoreError> {
    let Some(Value::String(etag)) = item.remove("_etag") else { return Err(StoreError("an item has no ETag".into())) };
    Ok(Item { body: stripped(item), etag })
}

/// A whole number of seconds, never less than what remains; -1 for ever.
fn with_ttl(body: &Value, ttl: time::Duration) -> Value {
    let seconds = i32::try_from(ttl.whole_seconds())
        .map_or(-1, |seconds| seconds.saturating_add(i32::from(ttl.subsec_nanoseconds() > 0)));
    let mut body = body.clone();
    if let Some(members) = body.as_object_mut() {
        members.insert(TTL.into(), seconds.into());
    }
    body
}

/// The item as it was written: without `ttl`, `_rid`, `_self`, `_etag`, `_attachments` and `_ts`.
fn stripped(mut item: Map<String, Value>) -> Value {
    item.retain(|name, _| name != TTL && !name.starts_with('_'));
    Value::Object(item)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ttl(ttl: time::Duration) -> i64 {
        with_ttl(&json!({ "id": "a" }), ttl)[TTL].as_i64().unwrap()
    }

    #[test]
    fn an_item_lives_for_whole_seconds_that_are_never_too_few() {
        for (lifetime, seconds) in [
            (time::Duration::SECOND, 1),
            (time::Duration::milliseconds(1), 1),
            (time::Duration::milliseconds(1_500), 2),
            (time::Duration::days(90), 7_776_000),
            (time::Duration::seconds(i64::from(i32::MAX)), i64::from(i32::MAX)),
        ] {
            assert_eq!(ttl(lifetime), seconds, "{lifetime}");
        }
    }

    #[test]
    fn an_item_that_is_to_live_longer_than_cosmos_db_can_count_lives_for_ever() {
        assert_eq!(ttl(time::Duration::MAX), -1);
        assert_eq!(ttl(time::Duration::seconds(i64::from(i32::MAX) + 1)), -1);
        let longest = time::Duration::seconds(i64::from(i32::MAX)) + time::Duration::NANOSECOND;
        assert_eq!(ttl(longest), i64::from(i32::MAX));
    }

    #[test]
    fn an_item_is_read_as_it_was_written() {
        let stored = json!({
            "id": "a", "n": 1, "ttl": 10, "_rid": "r", "_self": "s", "_etag": "e", "_attachments": "x", "_ts": 5,
        });
        let Value::Object(stored) = stored else { panic!("no object") };
        assert_eq!(stripped(stored.clone()), json!({ "id": "a", "n": 1 }));
        let item = listed(stored).unwrap();
        assert_eq!((item.etag.as_str(), item.body), ("e", json!({ "id": "a", "n": 1 })));
    }

    #[test]
    fn a_listed_item_without_a_version_is_a_fault_of_the_store() {
        for item in [json!({ "id": "a" }), json!({ "id": "a", "_etag": 7 })] {
            let Value::Object(members) = item.clone() else { panic!("no object") };
            assert_eq!(listed(members).unwrap_err().0, "an item has no ETag", "{item}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_cosmos_db_longer_than_four_seconds() {
        let began = tokio::time::Instant::now();
        let late = within_limit(std::future::pending::<Result<(), CosmosError>>()).await.unwrap_err();
        assert_eq!(StoreError::from(late).0, "no answer within 4 s");
        assert!(began.elapsed() >= OPERATION_LIMIT && began.elapsed() < OPERATION_LIMIT + Duration::from_millis(10));
    }
}
