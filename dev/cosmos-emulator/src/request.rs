//! The operation that a request names.

use azure_data_cosmos_driver::binary_json;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::{account::DATABASE, answer, answer::Refusal};

pub(crate) const PARTITION_KEY: HeaderName = HeaderName::from_static("x-ms-documentdb-partitionkey");

/// Operations on items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// A point read.
    Read,
    /// Creates an item that must not be there.
    Create,
    /// Replaces an item that must be there.
    Replace,
    /// Creates or replaces.
    Upsert,
    /// Deletes an item.
    Delete,
    /// A query over items.
    Query,
    /// The change feed, or all items.
    Feed,
}

/// An operation on the items of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The operation.
    pub verb: Verb,
    /// The container.
    pub container: String,
    /// The partition; `None` for a whole container.
    pub partition: Option<String>,
    /// The item; `None` if the operation is not on one item.
    pub id: Option<String>,
    /// Status of the outcome; `None` if the connection was dropped before there was one.
    pub status: Option<u16>,
    /// Whether the client was told; false if the connection was dropped.
    pub answered: bool,
    /// Request units by the model of Microsoft's emulator, which charges nothing for an item that is missing.
    pub charge: f64,
}

/// The kinds of requests that are implemented.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads the account, the database, a container, its ranges, or a query plan.
    Metadata,
    /// An operation on items.
    Data(Verb),
}

/// The place of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ItemKey {
    pub(crate) container: String,
    /// The partition key as the header has it, e.g. `["abc"]`.
    pub(crate) partition: String,
    pub(crate) id: String,
}

/// An operation on items, with its request.
pub(crate) struct DataRequest {
    pub(crate) verb: Verb,
    pub(crate) container: String,
    /// The values of the partition key header, if one came.
    partition: Option<Vec<Value>>,
    id: Option<String>,
    /// How long the stored item lives, in seconds; `None`: for ever.
    pub(crate) time_to_live: Option<i64>,
    pub(crate) request: Request<Bytes>,
}

/// The decoded segments of a resource path: `/dbs/{database}/colls/{container}/docs/{id}`.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let decode = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect()
}

/// Tells the kind by method, path and headers; `None` for everything that is not implemented.
pub(crate) fn kind(method: &Method, segments: &[String], headers: &HeaderMap) -> Option<Kind> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let below_database = match segments.as_slice() {
        [] => &[],
        ["dbs", DATABASE, below @ ..] => below,
        _ => return None,
    };
    match (method, below_database) {
        (&Method::GET, [] | ["colls", _] | ["colls", _, "pkranges"]) => Some(Kind::Metadata),
        (&Method::GET, ["colls", _, "docs"]) => Some(Kind::Data(Verb::Feed)),
        (&Method::POST, ["colls", _, "docs"]) => post(headers),
        (&Method::GET, ["colls", _, "docs", _]) => Some(Kind::Data(Verb::Read)),
        (&Method::PUT, ["colls", _, "docs", _]) => Some(Kind::Data(Verb::Replace)),
        (&Method::DELETE, ["colls", _, "docs", _]) => Some(Kind::Data(Verb::Delete)),
        _ => None,
    }
}

fn post(headers: &HeaderMap) -> Option<Kind> {
    let set = |name: &str| headers.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    if set("x-ms-cosmos-is-query-plan-request") {
        Some(Kind::Metadata)
    } else if set("x-ms-documentdb-isquery") || set("x-ms-documentdb-query") {
        Some(Kind::Data(Verb::Query))
    } else if set("x-ms-cosmos-is-batch-request") {
        None
    } else if set("x-ms-documentdb-is-upsert") {
        Some(Kind::Data(Verb::Upsert))
    } else {
        Some(Kind::Data(Verb::Create))
    }
}

impl DataRequest {
    /// Reads what the front has to know; the driver's emulator reads the request again by itself.
    pub(crate) fn parse(verb: Verb, segments: &[String], request: Request<Bytes>) -> Result<Self, Refusal> {
        let partition = request.headers().get(PARTITION_KEY).map(|value| serde_json::from_slice(value.as_bytes()));
        let partition: Option<Vec<Value>> =
            partition.transpose().map_err(|_| refused("The partition key is not a JSON array."))?;
        let of_one_item = !matches!(verb, Verb::Query | Verb::Feed);
        if of_one_item && partition.as_ref().is_none_or(Vec::is_empty) {
            return Err(refused("PartitionKey value must be supplied for this operation."));
        }
        let stores = matches!(verb, Verb::Create | Verb::Replace | Verb::Upsert);
        let document = if stores { document(request.body())? } else { Value::Null };
        let named = segments.get(5).cloned();
        let inside = document.get("id").and_then(Value::as_str).map(str::to_owned);
        if verb == Verb::Replace && named != inside {
            return Err(Box::new(answer::not_implemented("Replacing an item by one with another id")));
        }
        let id = named.or(inside);
        if of_one_item && id.is_none() {
            return Err(refused("Missing 'id' field in document"));
        }
        let (container, time_to_live) = (segments.get(3).cloned().unwrap_or_default(), time_to_live(&document)?);
        Ok(Self { verb, container, partition, id, time_to_live, request })
    }

    /// The item, if the operation is on one.
    pub(crate) fn key(&self) -> Option<ItemKey> {
        let partition = Value::from(self.partition.clone()?).to_string();
        Some(ItemKey { container: self.container.clone(), partition, id: self.id.clone()? })
    }

    /// For the log of operations.
    pub(crate) fn operation(&self, status: Option<u16>, answered: bool) -> Operation {
        let partition = self.partition.as_deref().map(|values| match values {
            [Value::String(text)] => text.clone(),
            values => Value::from(values).to_string(),
        });
        let (verb, container, id) = (self.verb, self.container.clone(), self.id.clone());
        Operation { verb, container, partition, id, status, answered, charge: 0.0 }
    }
}

fn time_to_live(document: &Value) -> Result<Option<i64>, Refusal> {
    match document.get("ttl").filter(|ttl| !ttl.is_null()).map(Value::as_i64) {
        None | Some(Some(-1)) => Ok(None),
        Some(Some(seconds @ 1..=2_147_483_647)) => Ok(Some(seconds)),
        Some(_) => Err(refused(
            "The input ttl is invalid. Ensure to provide a nonzero positive integer, or -1, less than or equal to \
             2147483647.",
        )),
    }
}

fn document(body: &Bytes) -> Result<Value, Refusal> {
    let document =
        if binary_json::is_binary(body) { binary_json::decode(body).ok() } else { serde_json::from_slice(body).ok() };
    document.filter(Value::is_object).ok_or_else(|| refused("The document is not a JSON object."))
}

fn refused(message: &str) -> Refusal {
    Box::new(answer::bad_request(message))
}
