//! A list over all partitions of a container.

use std::ops::Bound;

use redb::ReadableDatabase as _;
use serde_json::Value;

use super::embedded::{Embedded, failed, row, table};
use crate::ports::records::{Container, Filter, ItemPage, StoreError};

impl Embedded {
    /// In the order of keys. A place is the last key before it.
    pub(super) fn part(
        &self,
        container: Container,
        filter: Filter,
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
            let is_listed = row.body.get(filter.member).is_some_and(Value::is_number) == filter.is_number;
            if now >= row.gone_at || !is_listed {
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
}
