//! Whether a message is let in. It is decided without a tree, and what its trees will take is reserved first.

use std::{borrow::Cow, ops::Range};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    outline::{InvalidMessage, Kind, Outline},
    service::{Server, takes_arguments},
};
use crate::{
    budget::{Kept, Permit},
    json_cost::tree_cost,
};

/// The memory for one message, parsed: 64 KiB of text, and some hundreds of objects.
const MAX_TREES: usize = 1024 * 1024;

/// A message that may be parsed.
pub(super) struct Admitted {
    pub(super) text: Vec<u8>,
    /// For text and trees. It must live until the message is answered.
    pub(super) permit: Permit,
}

/// Why a message is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AdmissionError {
    /// It is no message.
    Invalid(InvalidMessage),
    /// Its trees would take more than one message may.
    TooLarge,
    /// Others take so much that it would be too much.
    Exhausted,
}

impl From<InvalidMessage> for AdmissionError {
    fn from(invalid: InvalidMessage) -> Self {
        Self::Invalid(invalid)
    }
}

/// Lets an array of messages in, which are judged one by one.
pub(super) fn admit_batch(body: Kept) -> Result<Admitted, AdmissionError> {
    let (text, permit) = body.into_parts();
    reserved(text, permit)
}

/// Lets a text in that rmcp will accept, and says what it is.
pub(super) fn admit(server: &Server, body: Kept) -> Result<(Admitted, Kind), AdmissionError> {
    let outline = Outline::of(&body)?;
    let kind = outline.kind()?;
    let (text, permit) = body.into_parts();
    let text = without_unused_arguments(text, outline, |tool| takes_arguments(server, tool));
    Ok((reserved(text, permit)?, kind))
}

fn reserved(text: Vec<u8>, mut permit: Permit) -> Result<Admitted, AdmissionError> {
    let cost = tree_cost(&text);
    if cost > MAX_TREES {
        return Err(AdmissionError::TooLarge);
    }
    permit.resize(cost).map_err(|_| AdmissionError::Exhausted)?;
    Ok(Admitted { text, permit })
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    arguments: &'a RawValue,
}

/// The text, with no members in the `arguments` of a tool that takes none.
fn without_unused_arguments(mut text: Vec<u8>, outline: Outline, takes_arguments: impl Fn(&str) -> bool) -> Vec<u8> {
    if outline.is_tool_call
        && let Some(range) = unused_arguments(&text, takes_arguments)
    {
        text.splice(range, *b"{}");
        text.shrink_to_fit();
    }
    text
}

/// The place of the `arguments` in a tool call, if they are an object and the tool takes none.
fn unused_arguments(text: &[u8], takes_arguments: impl Fn(&str) -> bool) -> Option<Range<usize>> {
    let ToolCall { params: Params { name, arguments } } = serde_json::from_slice(text).ok()?;
    let arguments = arguments.get();
    let start = arguments.as_ptr().addr() - text.as_ptr().addr();
    (arguments.starts_with('{') && !takes_arguments(&name)).then(|| start..start + arguments.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortened(text: &str) -> String {
        let outline = Outline::of(text.as_bytes()).unwrap();
        String::from_utf8(without_unused_arguments(text.into(), outline, |tool| tool == "wants")).unwrap()
    }

    #[test]
    fn arguments_that_no_tool_reads_are_left_out() {
        for (text, expected) in [
            (
                r#"{"jsonrpc":"2.0","method":"tools/call","id":1,"params":{"name":"x","arguments": {"a":[{"b":1}]} ,"_meta":{}}}"#,
                r#"{"jsonrpc":"2.0","method":"tools/call","id":1,"params":{"name":"x","arguments": {} ,"_meta":{}}}"#,
            ),
            (
                r#"{"method":"tools\/call","params":{"arguments":{"\"}":"{"},"name":"\u0078"},"jsonrpc":"2.0"}"#,
                r#"{"method":"tools\/call","params":{"arguments":{},"name":"\u0078"},"jsonrpc":"2.0"}"#,
            ),
        ] {
            assert_eq!(shortened(text), expected);
        }
    }

    #[test]
    fn every_other_text_stays_as_it_is() {
        for text in [
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"wants","arguments":{"a":1}}}"#,
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x","arguments":[1]}}"#,
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x","arguments":null}}"#,
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x","arguments":{"a":1},"arguments":{}}}"#,
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x"}}"#,
            r#"{"jsonrpc":"2.0","method":"prompts/get","params":{"name":"x","arguments":{"a":1}}}"#,
        ] {
            assert_eq!(shortened(text), text);
        }
    }
}
