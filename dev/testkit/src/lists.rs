//! The lists of the store's model.

use std::cmp::Reverse;

use async_trait::async_trait;
use authorization_server::{
    ground::{ListedRecords, RecordPage, Unavailable},
    state::{client::Client, operator_record::OperatorRecord},
};

use crate::MemoryStore;

/// So many records are on a page of a list.
pub const ON_A_PAGE: usize = 10;

/// A place is the number of records before it. As of Cosmos DB, a full page has one even if no record follows.
fn page<T, K: Ord>(mut records: Vec<T>, order: impl Fn(&T) -> K, place: Option<&str>) -> RecordPage<T> {
    records.sort_by_key(order);
    let from = place.and_then(|place| place.parse().ok()).unwrap_or(0);
    let next = Some(from + ON_A_PAGE).filter(|next| *next <= records.len()).map(|next| next.to_string());
    RecordPage { records: records.into_iter().skip(from).take(ON_A_PAGE).collect(), next }
}

#[async_trait]
impl ListedRecords<Client> for MemoryStore<Client> {
    async fn page(&self, place: Option<&str>) -> Result<RecordPage<Client>, Unavailable> {
        Ok(page(self.listed()?, |client| (client.used_at.is_none(), *client.id.as_bytes()), place))
    }
}

#[async_trait]
impl ListedRecords<OperatorRecord> for MemoryStore<OperatorRecord> {
    async fn page(&self, place: Option<&str>) -> Result<RecordPage<OperatorRecord>, Unavailable> {
        Ok(page(self.listed()?, |record| Reverse(record.at), place))
    }
}
