//! The lists of the store's model.

use std::cmp::Reverse;

use async_trait::async_trait;
use authorization_server::{
    ground::{ListedRecords, RecordPage, Unavailable},
    state::{client::Client, operator_record::OperatorRecord},
};

use crate::MemoryStore;

/// So many records are on a page of the list of clients.
pub const CLIENTS_ON_A_PAGE: usize = 10;

/// A place is the number of clients before it.
#[async_trait]
impl ListedRecords<Client> for MemoryStore<Client> {
    async fn page(&self, place: Option<&str>) -> Result<RecordPage<Client>, Unavailable> {
        let mut clients = self.listed()?;
        clients.sort_by_key(|client| (client.used_at.is_none(), *client.id.as_bytes()));
        let from = place.and_then(|place| place.parse().ok()).unwrap_or(0);
        let next = from + CLIENTS_ON_A_PAGE;
        let next = (next < clients.len()).then(|| next.to_string());
        let records = clients.into_iter().skip(from).take(CLIENTS_ON_A_PAGE).collect();
        Ok(RecordPage { records, next })
    }
}

#[async_trait]
impl ListedRecords<OperatorRecord> for MemoryStore<OperatorRecord> {
    async fn page(&self, _: Option<&str>) -> Result<RecordPage<OperatorRecord>, Unavailable> {
        let mut records = self.listed()?;
        records.sort_by_key(|record| Reverse(record.at));
        Ok(RecordPage { records, next: None })
    }
}
