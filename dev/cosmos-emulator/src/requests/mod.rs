//! What a request asks for.

mod data;
mod path;

use http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};

pub(crate) use data::{DataRequest, ItemKey, PARTITION_KEY};
pub(crate) use path::segments;

/// What is done to items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl Verb {
    /// Whether a body with a document comes with it.
    pub(crate) fn stores(self) -> bool {
        matches!(self, Self::Create | Self::Replace | Self::Upsert)
    }

    /// Whether one item is meant.
    pub(crate) fn is_point(self) -> bool {
        !matches!(self, Self::Query | Self::Feed)
    }
}

/// What kind of request it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads the account, the database, a container, its ranges, or a query plan.
    Metadata,
    /// Something is done to items.
    Data(Verb),
    /// Only Azure Resource Manager may.
    ControlPlane,
    /// The emulator cannot.
    NotImplemented,
}

/// Resources below an account, a database and a container that an Entra token never reaches.
const ADMINISTRATED: [&str; 7] =
    ["dbs", "colls", "offers", "users", "permissions", "clientencryptionkeys", "userdefinedtypes"];
const SCRIPTS: [&str; 3] = ["sprocs", "triggers", "udfs"];

/// Tells by method, path and headers.
pub(crate) fn kind(method: &Method, segments: &[String], headers: &HeaderMap) -> Kind {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (method, segments.as_slice()) {
        (&Method::GET, [] | ["dbs", _] | ["dbs", _, "colls", _] | ["dbs", _, "colls", _, "pkranges"]) => Kind::Metadata,
        (&Method::GET, ["dbs", _, "colls", _, "docs"]) => Kind::Data(Verb::Feed),
        (&Method::POST, ["dbs", _, "colls", _, "docs"]) => post(headers),
        (_, ["dbs", _, "colls", _, "docs", _]) => item(method),
        // Executing one is a data action that nobody here was given a procedure for.
        (&Method::POST, ["dbs", _, "colls", _, "sprocs", _]) => Kind::NotImplemented,
        (_, [.., collection] | [.., collection, _]) if administrated(collection) => Kind::ControlPlane,
        _ => Kind::NotImplemented,
    }
}

fn administrated(collection: &str) -> bool {
    ADMINISTRATED.contains(&collection) || SCRIPTS.contains(&collection)
}

fn post(headers: &HeaderMap) -> Kind {
    let set = |name: &str| headers.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    if set("x-ms-cosmos-is-query-plan-request") {
        Kind::Metadata
    } else if set("x-ms-documentdb-isquery") || set("x-ms-documentdb-query") {
        Kind::Data(Verb::Query)
    } else if set("x-ms-cosmos-is-batch-request") {
        Kind::NotImplemented
    } else if set("x-ms-documentdb-is-upsert") {
        Kind::Data(Verb::Upsert)
    } else {
        Kind::Data(Verb::Create)
    }
}

fn item(method: &Method) -> Kind {
    match *method {
        Method::GET => Kind::Data(Verb::Read),
        Method::PUT => Kind::Data(Verb::Replace),
        Method::DELETE => Kind::Data(Verb::Delete),
        _ => Kind::NotImplemented,
    }
}

#[cfg(test)]
mod tests;
