//! The embedded store: redb in a file, or in memory. For one process on one machine.

use std::{num::NonZeroU32, path::Path, sync::Arc};

use async_trait::async_trait;
use authorization_server::ground::Clock;
use redb::{
    Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, StorageBackend, TableDefinition,
    WriteTransaction, backends::InMemoryBackend,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::ports::records::{Address, Container, Filter, Item, ItemPage, ItemStore, StoreError, Write};

/// The part of the file that redb keeps in memory. By default that is a gigabyte.
const CACHE_BYTES: usize = 2 * 1024 * 1024;
/// The expiry of an item that never expires.
const NO_EXPIRY: OffsetDateTime = time::macros::datetime!(9999-12-31 0:00 UTC);
/// The last version that was given out, under one key: so none is ever given twice.
const VERSIONS: TableDefinition<'static, (), u64> = TableDefinition::new("versions");

/// Why the file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// redb locks the file.
    #[error("{0} is in use by another process; stop it, or give this one a DATA_DIR of its own")]
    InUse(String),
    /// Anything else.
    #[error("{0}: {1}")]
    Failed(String, String),
}

/// redb as [`ItemStore`].
#[derive(Clone)]
pub struct Embedded {
    pub(super) database: Arc<Database>,
    pub(super) clock: Arc<dyn Clock>,
}

/// The value of a table under `partition NUL id`.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    etag: u64,
    #[serde(with = "time::serde::timestamp::milliseconds")]
    pub(super) gone_at: OffsetDateTime,
    pub(super) body: Value,
}

impl Embedded {
    /// Opens or makes the file. It reads no item, so this takes the same time whatever the store holds.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenStoreError> {
        let name = path.display().to_string();
        let database = Database::builder().set_cache_size(CACHE_BYTES).create(path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => OpenStoreError::InUse(name.clone()),
            other => OpenStoreError::Failed(name.clone(), other.to_string()),
        })?;
        Self::ready(database, clock).map_err(|error| OpenStoreError::Failed(name, error.0))
    }

    /// A store that ends with the process.
    pub fn in_memory(clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::on(InMemoryBackend::new(), clock)
    }

    /// A store on what redb reads and writes in place of its file.
    pub fn on(backend: impl StorageBackend, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let database = Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(backend);
        Self::ready(database.map_err(failed)?, clock)
    }

    /// Makes sure that the tables exist.
    fn ready(database: Database, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let transaction = database.begin_write().map_err(failed)?;
        for container in Container::ALL {
            transaction.open_table(table(container)).map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        Ok(Self { database: Arc::new(database), clock })
    }

    fn read(&self, address: &Address) -> Result<Option<Item>, StoreError> {
        let transaction = self.database.begin_read().map_err(failed)?;
        let table = transaction.open_table(table(address.container)).map_err(failed)?;
        let found = table.get(key(address).as_str()).map_err(failed)?;
        let row = found.map(|bytes| row(bytes.value())).transpose()?;
        Ok(row.filter(|row| self.clock.now() < row.gone_at).map(Row::into_item))
    }

    /// One transaction: the version that must stand (`None`: no item), then the write.
    fn write(
        &self,
        address: &Address,
        expected: Option<&str>,
        body: &Value,
        ttl: Duration,
    ) -> Result<Write, StoreError> {
        let now = self.clock.now();
        let transaction = self.database.begin_write().map_err(failed)?;
        let etag = {
            let mut table = transaction.open_table(table(address.container)).map_err(failed)?;
            let key = key(address);
            let found = table.get(key.as_str()).map_err(failed)?.map(|bytes| row(bytes.value())).transpose()?;
            let standing = found.filter(|row| now < row.gone_at).map(|row| row.etag.to_string());
            if standing.as_deref() != expected {
                return Ok(Write::Conflict);
            }
            let row = Row {
                etag: next_version(&transaction)?,
                gone_at: now.checked_add(ttl).unwrap_or(NO_EXPIRY),
                body: body.clone(),
            };
            let bytes = serde_json::to_vec(&row).map_err(failed)?;
            table.insert(key.as_str(), bytes.as_slice()).map_err(failed)?;
            row.etag.to_string()
        };
        transaction.commit().map_err(failed)?;
        Ok(Write::Done(etag))
    }

    fn remove(&self, address: &Address) -> Result<(), StoreError> {
        let transaction = self.database.begin_write().map_err(failed)?;
        let mut table = transaction.open_table(table(address.container)).map_err(failed)?;
        table.remove(key(address).as_str()).map_err(failed)?;
        drop(table);
        transaction.commit().map_err(failed)
    }

    /// The items of a partition whose id begins with this prefix.
    pub(super) fn scan(&self, container: Container, partition: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let now = self.clock.now();
        let transaction = self.database.begin_read().map_err(failed)?;
        let table = transaction.open_table(table(container)).map_err(failed)?;
        let start = format!("{partition}\0{prefix}");
        let mut items = Vec::new();
        for entry in table.range(start.as_str()..).map_err(failed)? {
            let (key, bytes) = entry.map_err(failed)?;
            if !key.value().starts_with(&start) {
                break;
            }
            let row = row(bytes.value())?;
            if now < row.gone_at {
                items.push(row.into_item());
            }
        }
        Ok(items)
    }

    /// redb blocks on the disk: off the async threads.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(store)).await.map_err(failed)?
    }
}

impl Row {
    pub(super) fn into_item(self) -> Item {
        Item { body: self.body, etag: self.etag.to_string() }
    }
}

#[async_trait]
impl ItemStore for Embedded {
    async fn get(&self, address: &Address) -> Result<Option<Item>, StoreError> {
        let address = address.clone();
        self.blocking(move |store| store.read(&address)).await
    }

    async fn create(&self, address: &Address, body: &Value, ttl: Duration) -> Result<Write, StoreError> {
        let (address, body) = (address.clone(), body.clone());
        self.blocking(move |store| store.write(&address, None, &body, ttl)).await
    }

    async fn replace(&self, address: &Address, etag: &str, body: &Value, ttl: Duration) -> Result<Write, StoreError> {
        let (address, etag, body) = (address.clone(), etag.to_owned(), body.clone());
        self.blocking(move |store| store.write(&address, Some(&etag), &body, ttl)).await
    }

    async fn delete(&self, address: &Address) -> Result<(), StoreError> {
        let address = address.clone();
        self.blocking(move |store| store.remove(&address)).await
    }

    async fn page(
        &self,
        container: Container,
        filter: Filter,
        from: Option<&str>,
        most: NonZeroU32,
    ) -> Result<ItemPage, StoreError> {
        let from = from.map(str::to_owned);
        self.blocking(move |store| store.part(container, filter, from.as_deref(), most.get() as usize)).await
    }

    async fn list(&self, container: Container, partition: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let (partition, prefix) = (partition.to_owned(), prefix.to_owned());
        self.blocking(move |store| store.scan(container, &partition, &prefix)).await
    }
}

pub(super) fn table(container: Container) -> TableDefinition<'static, &'static str, &'static [u8]> {
    TableDefinition::new(container.name())
}

fn next_version(transaction: &WriteTransaction) -> Result<u64, StoreError> {
    let mut versions = transaction.open_table(VERSIONS).map_err(failed)?;
    let next = versions.get(()).map_err(failed)?.map_or(0, |last| last.value()) + 1;
    versions.insert((), next).map_err(failed)?;
    Ok(next)
}

fn key(address: &Address) -> String {
    format!("{}\0{}", address.partition, address.id)
}

pub(super) fn row(bytes: &[u8]) -> Result<Row, StoreError> {
    serde_json::from_slice(bytes).map_err(failed)
}

pub(super) fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError(error.to_string())
}
