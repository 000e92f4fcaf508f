//! The lists of the operator's page.

use std::{cmp::Reverse, num::NonZeroU32};

use async_trait::async_trait;
use authorization_server::{
    ground::{ListedRecords, RecordPage, Unavailable},
    state::{client::Client, operator_record::OperatorRecord},
};

use super::{
    repository::{ItemRepository, broken},
    shape::{Shape, client::USED_AT, operator_record::OPERATOR_RECORDS},
};
use crate::ports::records::{Container, Filter, ItemPage};

/// The approximate number of records on a page.
const PAGE: NonZeroU32 = NonZeroU32::new(25).unwrap();

/// A part of the list of clients: first those in use, then the others.
struct ClientPlace<'a> {
    used: bool,
    from: Option<&'a str>,
}

impl<'a> ClientPlace<'a> {
    const UNUSED: Self = Self { used: false, from: None };

    fn read(place: Option<&'a str>) -> Self {
        let (part, from) = place.and_then(|place| place.split_once(':')).unwrap_or_default();
        Self { used: part != "unused", from: Some(from).filter(|from| !from.is_empty()) }
    }

    fn text(&self) -> String {
        format!("{}:{}", if self.used { "used" } else { "unused" }, self.from.unwrap_or_default())
    }
}

#[async_trait]
impl ListedRecords<Client> for ItemRepository<Client> {
    async fn page(&self, place: Option<&str>) -> Result<RecordPage<Client>, Unavailable> {
        let (mut place, mut records) = (ClientPlace::read(place), Vec::new());
        loop {
            let filter = Filter::Number { member: USED_AT, is_number: place.used };
            let part = self.records().page(Container::Clients, filter, place.from, PAGE).await?;
            for item in part.items {
                records.push(Client::decode(item.body).map_err(|error| broken(&error))?);
            }
            match part.next {
                Some(next) => {
                    let next = ClientPlace { from: Some(&next), ..place }.text();
                    return Ok(RecordPage { records, next: Some(next) });
                }
                None if !place.used => return Ok(RecordPage { records, next: None }),
                None if records.is_empty() => place = ClientPlace::UNUSED,
                None => return Ok(RecordPage { records, next: Some(ClientPlace::UNUSED.text()) }),
            }
        }
    }
}

/// The newest first.
#[async_trait]
impl ListedRecords<OperatorRecord> for ItemRepository<OperatorRecord> {
    async fn page(&self, place: Option<&str>) -> Result<RecordPage<OperatorRecord>, Unavailable> {
        let filter = Filter::Newest(OPERATOR_RECORDS);
        let ItemPage { items, next } = self.records().page(Container::Operator, filter, place, PAGE).await?;
        let decoded = items.into_iter().map(|item| OperatorRecord::decode(item.body));
        let mut records = decoded.collect::<serde_json::Result<Vec<_>>>().map_err(|error| broken(&error))?;
        records.sort_by_key(|record| Reverse(record.at));
        Ok(RecordPage { records, next })
    }
}
