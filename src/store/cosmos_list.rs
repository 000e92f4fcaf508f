//! Lists that come in parts.

use std::num::NonZeroU32;

use azure_data_cosmos::{
    CosmosError,
    clients::ContainerClient,
    feed::{ContinuationToken, FeedScope},
    options::{MaxItemCountHint, QueryOptions},
};
use futures_util::TryStreamExt as _;
use serde_json::{Map, Value};

use crate::ports::records::Filter;

/// A part of a list.
pub(super) struct Part {
    pub(super) items: Vec<Map<String, Value>>,
    /// The place of the next part; `None` for the last.
    pub(super) next: Option<ContinuationToken>,
}

/// Reads a part of a list. A place is a continuation token of the SDK.
pub(super) async fn read(
    client: &ContainerClient,
    filter: Filter,
    from: Option<&str>,
    most: NonZeroU32,
) -> Result<Part, CosmosError> {
    let options = QueryOptions::default().with_max_item_count(MaxItemCountHint::Limit(most));
    let options = match from {
        Some(place) => options.with_continuation_token(ContinuationToken::from_string(place.to_owned())),
        None => options,
    };
    let (query, scope) = query(filter);
    let items = client.query_items::<Map<String, Value>>(query, scope, Some(options)).await?;
    let (mut pages, mut items) = (items.into_pages(), Vec::new());
    while let Some(page) = pages.try_next().await? {
        items.extend(page.into_items());
        if items.len() >= most.get() as usize {
            return Ok(Part { items, next: Some(pages.to_continuation_token()?) });
        }
    }
    Ok(Part { items, next: None })
}

/// Cosmos DB sorts by an index only. `_ts` has one although our containers exclude every path
/// (<https://learn.microsoft.com/azure/cosmos-db/index-policy>).
fn query(filter: Filter) -> (String, FeedScope) {
    match filter {
        Filter::Number { member, is_number } => {
            let not = if is_number { "" } else { "NOT " };
            (format!("SELECT * FROM c WHERE {not}IS_NUMBER(c.{member})"), FeedScope::full_container())
        }
        Filter::Newest(partition) => {
            ("SELECT * FROM c ORDER BY c._ts DESC".to_owned(), FeedScope::partition(partition.to_owned()))
        }
    }
}
