//! Whether a message is let in. It is decided without a tree, and what its trees will take is reserved first.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    outline::{self, Fault, Kind},
    server::McpServer,
};
use crate::{
    budget::{Kept, Permit},
    json_cost::tree_cost,
};

/// What one message may take, parsed: 64 KiB of text, and some hundreds of objects.
const MAX_TREES: usize = 1024 * 1024;

/// A message that may be parsed.
pub(super) struct Admitted {
    pub(super) text: Vec<u8>,
    /// For text and trees. It must live until the message is answered.
    pub(super) permit: Permit,
}

/// Why a message is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is no message.
    Fault(Fault),
    /// Its trees would take more than one message may.
    TooLarge,
    /// Others take so much that it would be too much.
    Exhausted,
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Lets a text in that is JSON and says that it is JSON-RPC 2.0.
pub(super) fn admit_version_2(server: &McpServer, body: Kept) -> Result<Admitted, Refused> {
    outline::check_version(&body)?;
    reserved(server, body)
}

/// Lets a text in that rmcp will accept, and says what it is.
pub(super) fn admit(server: &McpServer, body: Kept) -> Result<(Admitted, Kind), Refused> {
    let kind = outline::kind(&body)?;
    Ok((reserved(server, body)?, kind))
}

fn reserved(server: &McpServer, body: Kept) -> Result<Admitted, Refused> {
    let (text, mut permit) = body.into_parts();
    let text = without_unused_arguments(text, |tool| server.takes_arguments(tool));
    let cost = tree_cost(&text);
    if cost > MAX_TREES {
        return Err(Refused::TooLarge);
    }
    permit.resize(cost).map_err(|_| Refused::Exhausted)?;
    Ok(Admitted { text, permit })
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
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
fn without_unused_arguments(mut text: Vec<u8>, takes_arguments: impl Fn(&str) -> bool) -> Vec<u8> {
    let Ok(request) = serde_json::from_slice::<Request<'_>>(&text) else { return text };
    let arguments = request.params.arguments.get();
    let is_unused = request.method == "tools/call" && !takes_arguments(&request.params.name);
    if !is_unused || !arguments.starts_with('{') {
        return text;
    }
    let start = arguments.as_ptr().addr() - text.as_ptr().addr();
    let range = start..start + arguments.len();
    text.splice(range, *b"{}");
    text.shrink_to_fit();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortened(text: &str) -> String {
        String::from_utf8(without_unused_arguments(text.into(), |tool| tool == "wants")).unwrap()
    }

    #[test]
    fn arguments_that_no_tool_reads_are_left_out() {
        for (text, expected) in [
            (
                r#"{"method":"tools/call","id":1,"params":{"name":"x","arguments": {"a":[{"b":1}]} ,"_meta":{}}}"#,
                r#"{"method":"tools/call","id":1,"params":{"name":"x","arguments": {} ,"_meta":{}}}"#,
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
            r#"{"method":"tools/call","params":{"name":"wants","arguments":{"a":1}}}"#,
            r#"{"method":"tools/call","params":{"name":"x","arguments":[1]}}"#,
            r#"{"method":"tools/call","params":{"name":"x","arguments":null}}"#,
            r#"{"method":"tools/call","params":{"name":"x","arguments":{"a":1},"arguments":{}}}"#,
            r#"{"method":"tools/call","params":{"name":"x"}}"#,
            r#"{"method":"prompts/get","params":{"name":"x","arguments":{"a":1}}}"#,
            "[]",
            "{",
        ] {
            assert_eq!(shortened(text), text);
        }
    }
}
