//! A list over all partitions of a container.

use std::num::NonZeroU32;

use azure_data_cosmos::{
    feed::{ContinuationToken, FeedScope},
    options::{MaxItemCountHint, QueryOptions},
};
use futures_util::TryStreamExt as _;
use serde_json::{Map, Value};

use super::cosmos::{Cosmos, listed};
use crate::ports::records::{Container, Filter, ItemPage, StoreError};

impl Cosmos {
    /// A part of a list. A place is a continuation token of the SDK.
    pub(super) async fn part(
        &self,
        container: Container,
        filter: Filter,
        from: Option<&str>,
        most: NonZeroU32,
    ) -> Result<ItemPage, StoreError> {
        let client = self.container(container)?;
        let options = QueryOptions::default().with_max_item_count(MaxItemCountHint::Limit(most));
        let options = match from {
            Some(place) => options.with_continuation_token(ContinuationToken::from_string(place.to_owned())),
            None => options,
        };
        let read = async {
            let (query, scope) = (query(filter), FeedScope::full_container());
            let items = client.query_items::<Map<String, Value>>(query, scope, Some(options)).await?;
            let (mut pages, mut found) = (items.into_pages(), Vec::new());
            while let Some(page) = pages.try_next().await? {
                found.extend(page.into_items());
                if found.len() >= most.get() as usize {
                    return Ok((found, Some(pages.to_continuation_token()?)));
                }
            }
            Ok((found, None))
        };
        let (found, next) = self.within_limit(read).await?;
        let items = found.into_iter().map(|item| Ok(listed(item)?.1)).collect::<Result<_, StoreError>>()?;
        Ok(ItemPage { items, next: next.map(|place| place.as_str().to_owned()) })
    }
}

fn query(Filter { member, is_number }: Filter) -> String {
    let not = if is_number { "" } else { "NOT " };
    format!("SELECT * FROM c WHERE {not}IS_NUMBER(c.{member})")
}
