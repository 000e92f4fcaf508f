//! A request to the items of one container.

use azure_data_cosmos_driver::binary_json;
use bytes::Bytes;
use http::{HeaderName, Request};
use serde_json::Value;

use super::Verb;
use crate::answer::{self, Refusal};

pub(crate) const PARTITION_KEY: HeaderName = HeaderName::from_static("x-ms-documentdb-partitionkey");

/// Where one item is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ItemKey {
    pub(crate) container: String,
    /// The partition key as the header has it, e.g. `["abc"]`.
    pub(crate) partition: String,
    pub(crate) id: String,
}

/// What is asked, and the request itself.
pub(crate) struct DataRequest {
    pub(crate) verb: Verb,
    pub(crate) container: String,
    /// The values of the partition key header, if one came.
    pub(crate) partition: Option<Vec<Value>>,
    pub(crate) id: Option<String>,
    /// What is to be stored.
    pub(crate) document: Option<Value>,
    pub(crate) request: Request<Bytes>,
}

impl DataRequest {
    /// Reads what the front has to know; the emulator reads it again by itself.
    pub(crate) fn parse(verb: Verb, segments: &[String], request: Request<Bytes>) -> Result<Self, Refusal> {
        let partition = request.headers().get(PARTITION_KEY).map(|value| serde_json::from_slice(value.as_bytes()));
        let partition: Option<Vec<Value>> =
            partition.transpose().map_err(|_| refused("The partition key is not a JSON array."))?;
        if verb.is_point() && partition.as_ref().is_none_or(Vec::is_empty) {
            return Err(refused("PartitionKey value must be supplied for this operation."));
        }
        let document = if verb.stores() { Some(document(request.body())?) } else { None };
        let named = segments.get(5).cloned();
        let inside = document.as_ref().and_then(|document| document.get("id")?.as_str()).map(str::to_owned);
        if verb == Verb::Replace && named != inside {
            return Err(Box::new(answer::not_implemented("Replacing an item by one with another id")));
        }
        let container = segments.get(3).cloned().unwrap_or_default();
        Ok(Self { verb, container, partition, id: named.or(inside), document, request })
    }

    /// Which item is meant, if it is one.
    pub(crate) fn key(&self) -> Option<ItemKey> {
        let partition = Value::from(self.partition.clone().filter(|_| self.verb.is_point())?).to_string();
        Some(ItemKey { container: self.container.clone(), partition, id: self.id.clone()? })
    }

    /// The partition, for people: its one text, or the header.
    pub(crate) fn partition_text(&self) -> Option<String> {
        match self.partition.as_deref()? {
            [Value::String(text)] => Some(text.clone()),
            values => Some(Value::from(values).to_string()),
        }
    }

    /// How long the document lives after its last write, in seconds; `None`: for ever.
    pub(crate) fn time_to_live(&self) -> Result<Option<i64>, Refusal> {
        match self.document.as_ref().and_then(|document| document.get("ttl")) {
            None | Some(Value::Null) => Ok(None),
            Some(ttl) => match ttl.as_i64() {
                Some(-1) => Ok(None),
                Some(seconds @ 1..=2_147_483_647) => Ok(Some(seconds)),
                _ => Err(refused(
                    "The input ttl is invalid. Ensure to provide a nonzero positive integer, or -1, less than or \
                     equal to 2147483647.",
                )),
            },
        }
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
