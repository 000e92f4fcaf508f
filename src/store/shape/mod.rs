//! Stored shapes: structs of their own with a `schema` number, so that a change of a rule never silently changes storage.

mod authorization;
mod blocks;
mod challenged_token;
pub(super) mod client;
mod client_keys;
mod entra_client;
pub(super) mod grant;
pub(super) mod operator_record;
mod owner;
mod spent_assertion;
mod upstream_tokens;

#[cfg(test)]
mod tests;

use authorization_server::ground::Record;
use serde_json::Value;

use crate::ports::records::Address;

/// The stored form of a record.
pub trait Shape: Record {
    /// The address at which it is stored.
    fn address(key: &Self::Key) -> Address;
    /// The JSON that is stored.
    fn encode(&self) -> serde_json::Result<Value>;
    /// The record, read back from JSON; another schema is an error.
    fn decode(body: Value) -> serde_json::Result<Self>;
}

/// Accepts exactly one schema number.
fn check_schema(found: u32, known: u32) -> serde_json::Result<()> {
    use serde::de::Error as _;
    if found == known { Ok(()) } else { Err(serde_json::Error::custom(format!("schema {found}, expected {known}"))) }
}
