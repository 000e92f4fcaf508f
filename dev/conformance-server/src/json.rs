//! rmcp's types from the JSON that MCP sends.

use rmcp::ErrorData;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A result that is complete. rmcp leaves `resultType` out for revisions that do not have it.
pub(crate) fn result<T: DeserializeOwned>(mut members: Value) -> Result<T, ErrorData> {
    if let Some(members) = members.as_object_mut() {
        members.insert("resultType".to_owned(), "complete".into());
    }
    from_json(members)
}

/// Anything else. JSON of another type is a mistake in a fixture, and the scenario that needs it fails.
pub(crate) fn from_json<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value).map_err(|error| ErrorData::internal_error(format!("the fixture: {error}"), None))
}
