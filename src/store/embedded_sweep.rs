//! Deletes items that have outlived their ttl.

use std::{ops::Bound, sync::Arc};

use redb::{ReadableDatabase as _, ReadableTable as _};
use serde::Deserialize;
use time::OffsetDateTime;

use super::embedded::{Embedded, failed, table};
use crate::ports::records::{Container, StoreError};

/// A start has the processor and the memory for itself.
const FIRST_SWEEP_AFTER: std::time::Duration = std::time::Duration::from_mins(1);
const INTERVAL: std::time::Duration = std::time::Duration::from_hours(1);
/// Items that are looked at before others may write.
const AT_ONCE: usize = 256;

/// A row without its item.
#[derive(Deserialize)]
struct Expiry {
    #[serde(with = "time::serde::timestamp::milliseconds")]
    gone_at: OffsetDateTime,
}

impl Embedded {
    /// Drops every item that has outlived its ttl. Says how many went.
    pub fn sweep(&self) -> Result<usize, StoreError> {
        let mut dropped = 0;
        for container in Container::ALL {
            let mut after = String::new();
            while let Some(last) = self.sweep_next(container, &after, &mut dropped)? {
                after = last;
            }
        }
        Ok(dropped)
    }

    /// Sweeps after a minute, and then every hour for as long as the store is used: it reads the whole file.
    pub fn keep_swept(&self) {
        let (database, clock) = (Arc::downgrade(&self.database), Arc::clone(&self.clock));
        tokio::spawn(async move {
            tokio::time::sleep(FIRST_SWEEP_AFTER).await;
            while let Some(database) = database.upgrade() {
                let store = Self { database, clock: Arc::clone(&clock) };
                match store.blocking(|store| store.sweep()).await {
                    Ok(dropped) => tracing::debug!(dropped, "expired records deleted"),
                    Err(error) => tracing::warn!(%error, "expired records not deleted"),
                }
                drop(store);
                tokio::time::sleep(INTERVAL).await;
            }
        });
    }

    /// Deletes the expired ones of the next items after a key. Returns the last key of these items; `None` after the end.
    fn sweep_next(&self, container: Container, after: &str, dropped: &mut usize) -> Result<Option<String>, StoreError> {
        let (mut expired, mut last) = (Vec::new(), None);
        {
            let transaction = self.database.begin_read().map_err(failed)?;
            let table = transaction.open_table(table(container)).map_err(failed)?;
            let next = table.range::<&str>((Bound::Excluded(after), Bound::Unbounded)).map_err(failed)?;
            for entry in next.take(AT_ONCE) {
                let (key, row) = entry.map_err(failed)?;
                if self.is_expired(row.value()) {
                    expired.push(key.value().to_owned());
                }
                key.value().clone_into(last.get_or_insert_default());
            }
        }
        if !expired.is_empty() {
            *dropped += self.drop_expired(container, &expired)?;
        }
        Ok(last)
    }

    /// Somebody may have written them meanwhile.
    fn drop_expired(&self, container: Container, keys: &[String]) -> Result<usize, StoreError> {
        let mut dropped = 0;
        let transaction = self.database.begin_write().map_err(failed)?;
        {
            let mut table = transaction.open_table(table(container)).map_err(failed)?;
            for key in keys {
                let is_expired =
                    table.get(key.as_str()).map_err(failed)?.is_some_and(|row| self.is_expired(row.value()));
                if is_expired {
                    table.remove(key.as_str()).map_err(failed)?;
                    dropped += 1;
                }
            }
        }
        transaction.commit().map_err(failed)?;
        Ok(dropped)
    }

    /// A row that cannot be read is of no use either.
    fn is_expired(&self, row: &[u8]) -> bool {
        serde_json::from_slice::<Expiry>(row).map_or(true, |row| self.clock.now() >= row.gone_at)
    }
}
