//! Batches of messages, which 2025-03-26 alone has.

use http::HeaderMap;
use serde_json::value::RawValue;

use super::outline::InvalidMessage;

/// Messages of a batch.
const MAX_MESSAGES: usize = 20;

/// Why an array is no batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BatchError {
    /// A text in it is no message, or the whole is not JSON.
    Invalid(InvalidMessage),
    /// The array breaks a rule of batches, which this names.
    Refused(&'static str),
}

impl BatchError {
    /// MCP 2025-03-26, "Initialization".
    pub(super) const INITIALIZE: Self = Self::Refused("Invalid Request: initialize must not be part of a batch");
    /// The revision of the POST has none.
    pub(super) const OTHER_REVISION: Self = Self::Refused("Invalid Request: only MCP 2025-03-26 has batches");
}

impl From<InvalidMessage> for BatchError {
    fn from(invalid: InvalidMessage) -> Self {
        Self::Invalid(invalid)
    }
}

/// How many messages a body has: more than one only for a batch.
#[must_use]
pub fn message_count(body: &[u8]) -> u32 {
    let count = if is_batch(body) { messages(body).map_or(1, |messages| messages.len()) } else { 1 };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether a text is an array.
pub(super) fn is_batch(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(b"[")
}

/// Whether a POST with these headers may be a batch. One that names no revision may: its revision is 2025-03-26 or older.
pub(super) fn is_known_to(headers: &HeaderMap) -> bool {
    headers.get_all("MCP-Protocol-Version").iter().all(|revision| revision == "2025-03-26")
}

/// The texts in an array, which may be anything.
pub(super) fn messages(text: &[u8]) -> Result<Vec<&RawValue>, BatchError> {
    let messages: Vec<&RawValue> = serde_json::from_slice(text).map_err(|_| InvalidMessage::Parse)?;
    match messages.len() {
        0 => Err(BatchError::Refused("Invalid Request: the batch is empty")),
        1..=MAX_MESSAGES => Ok(messages),
        _ => Err(BatchError::Refused("Invalid Request: a batch has at most 20 messages")),
    }
}
