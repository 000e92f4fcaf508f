//! Decides whether a message is let in, without parsing it to a tree. The memory that its tree will take is reserved first.

use rmcp::model::RequestId;

use super::{
    batch,
    envelope::Envelope,
    message,
    outline::{self, InvalidMessage, Kind},
    service::{Server, takes_arguments},
};
use crate::{budget::Permit, json_cost::message_cost, kept::Kept};

/// The memory for one message, parsed: 64 KiB of text, and some hundreds of objects.
const MAX_TREES: usize = 1024 * 1024;

/// A body and its envelope. It may be no message.
pub struct UncheckedMessage {
    body: Kept,
    envelope: Envelope,
}

impl UncheckedMessage {
    /// Reads the envelope of a body.
    #[must_use]
    pub fn read(body: Kept) -> Self {
        Self { envelope: Envelope::of(&body), body }
    }

    /// Whether it is an array.
    pub(super) fn is_batch(&self) -> bool {
        batch::is_batch(&self.body)
    }

    /// The body.
    pub(super) fn into_body(self) -> Kept {
        self.body
    }

    /// The id of a request, if there is one that can be read.
    #[must_use]
    pub fn id(&self) -> Option<RequestId> {
        self.envelope.id.clone()
    }
}

/// A message that may be parsed.
pub(super) struct AdmittedMessage {
    pub(super) text: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) envelope: Envelope,
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

/// Lets an array of messages in, which are judged one by one. The permit is for text and trees.
pub(super) fn admit_batch(body: Kept) -> Result<(Vec<u8>, Permit), AdmissionError> {
    let (text, mut permit) = body.into_parts();
    reserve(message_cost(&text), &mut permit)?;
    Ok((text, permit))
}

/// Lets a text in that rmcp will accept.
pub(super) fn admit(server: &Server, message: UncheckedMessage) -> Result<AdmittedMessage, AdmissionError> {
    let UncheckedMessage { body, mut envelope } = message;
    let kind = outline::kind(&body)?;
    let (text, mut permit) = body.into_parts();
    let text = without_unused_arguments(text, &mut envelope, |tool| takes_arguments(server, tool));
    reserve(message::cost(&text, &envelope), &mut permit)?;
    Ok(AdmittedMessage { text, kind, envelope, permit })
}

fn reserve(cost: usize, permit: &mut Permit) -> Result<(), AdmissionError> {
    if cost > MAX_TREES {
        return Err(AdmissionError::TooLarge);
    }
    permit.resize(cost).map_err(|_| AdmissionError::Exhausted)
}

/// The text, with no members in the `arguments` of a tool that takes none.
fn without_unused_arguments(
    mut text: Vec<u8>,
    envelope: &mut Envelope,
    takes_arguments: impl Fn(&str) -> bool,
) -> Vec<u8> {
    let arguments = envelope.arguments.take().filter(|arguments| text.get(arguments.start) == Some(&b'{'));
    if let Some((tool, arguments)) = envelope.called_tool().zip(arguments)
        && !takes_arguments(tool)
    {
        text.splice(arguments, *b"{}");
        text.shrink_to_fit();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortened(text: &str) -> String {
        let mut envelope = Envelope::of(text.as_bytes());
        String::from_utf8(without_unused_arguments(text.into(), &mut envelope, |tool| tool == "wants")).unwrap()
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
