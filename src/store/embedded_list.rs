//! Lists that come in parts.

use std::{cmp::Reverse, ops::Bound};

use redb::ReadableDatabase as _;
use serde_json::Value;

use super::embedded::{Embedded, failed, row, table};
use crate::ports::records::{Container, Filter, ItemPage, StoreError};

impl Embedded {
    /// A part of a list.
    pub(super) fn part(
        &self,
        container: Container,
        filter: Filter,
        from: Option<&str>,
        most: usize,
    ) -> Result<ItemPage, StoreError> {
        match filter {
            Filter::Number { member, is_number } => {
                let is_listed = |body: &Value| body.get(member).is_some_and(Value::is_number) == is_number;
                self.in_order(container, is_listed, from.unwrap_or_default(), most)
            }
            Filter::Newest(partition) => self.newest(container, partition, from, most),
        }
    }

    /// In the order of keys. A place is the last key before it.
    fn in_order(
        &self,
        container: Container,
        is_listed: impl Fn(&Value) -> bool,
        after: &str,
        most: usize,
    ) -> Result<ItemPage, StoreError> {
        let now = self.clock.now();
        let transaction = self.database.begin_read().map_err(failed)?;
        let table = transaction.open_table(table(container)).map_err(failed)?;
        let mut page = ItemPage { items: Vec::new(), next: None };
        let mut last = after.to_owned();
        for entry in table.range::<&str>((Bound::Excluded(after), Bound::Unbounded)).map_err(failed)? {
            let (key, bytes) = entry.map_err(failed)?;
            let row = row(bytes.value())?;
            if now >= row.gone_at || !is_listed(&row.body) {
                continue;
            }
            if page.items.len() == most {
                page.next = Some(last);
                break;
            }
            key.value().clone_into(&mut last);
            page.items.push(row.into_item());
        }
        Ok(page)
    }
    /// In the order of versions, which grow with each write. A place is the last version before it.
    fn newest(
        &self,
        container: Container,
        partition: &str,
        before: Option<&str>,
        most: usize,
    ) -> Result<ItemPage, StoreError> {
        let version = |etag: &str| etag.parse::<u64>().unwrap_or_default();
        let before = before.map_or(u64::MAX, version);
        let mut items = self.scan(container, partition, "")?;
        items.retain(|item| version(&item.etag) < before);
        items.sort_by_key(|item| Reverse(version(&item.etag)));
        let goes_on = items.len() > most;
        items.truncate(most);
        let next = items.last().filter(|_| goes_on).map(|last| last.etag.clone());
        Ok(ItemPage { items, next })
    }
}
