//! The members of a message that decide who answers it, read from its text without building a tree.

use std::ops::Range;

use rmcp::model::RequestId;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::value::RawValue;

mod params;

use self::params::Params;

/// The members that a message has about itself. A member that cannot be read is absent, and so is a repeated one of `params`.
/// If a member beside `params` is repeated, all are absent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The id that an answer repeats. A response has none: its id is of a request that this server would have sent, and the
    /// client may have sent one with the same id.
    pub(super) id: Option<RequestId>,
    pub(super) method: Option<String>,
    /// The revision that `params._meta` names.
    pub(super) revision: Option<String>,
    /// `params.name`: of a tool or a prompt.
    pub(super) name: Option<String>,
    /// The place of `params.arguments` in the text.
    pub(super) arguments: Option<Range<usize>>,
    /// `params.uri`: of a resource.
    pub(super) uri: Option<String>,
    /// `params.requestId`: of the request that a `notifications/cancelled` ends.
    cancelled: Option<RequestId>,
}

impl Envelope {
    /// Reads a text, which may be anything.
    pub(super) fn of(text: &[u8]) -> Self {
        let Some(members) = object::<RawMembers<'_>>(text) else { return Self::default() };
        let params: Params<'_> = members.params.and_then(|params| object(params.get().as_bytes())).unwrap_or_default();
        let meta: Meta<'_> = params.meta.once().and_then(|meta| object(meta.get().as_bytes())).unwrap_or_default();
        Self {
            id: scalar(members.id).filter(|_| !members.is_response()),
            method: scalar(members.method),
            revision: scalar(meta.protocol_version),
            name: scalar(params.name.once()),
            arguments: params.arguments.once().map(|arguments| place(text, arguments)),
            uri: scalar(params.uri.once()),
            cancelled: scalar(params.request_id.once()),
        }
    }

    /// The request that the message cancels, if it is a notification that does.
    pub(super) fn cancelled_request(&self) -> Option<&RequestId> {
        let cancels = self.id.is_none() && self.method.as_deref() == Some("notifications/cancelled");
        self.cancelled.as_ref().filter(|_| cancels)
    }

    /// The tool that the message calls, if it is a tool call.
    pub(super) fn called_tool(&self) -> Option<&str> {
        self.name.as_deref().filter(|_| self.method.as_deref() == Some("tools/call"))
    }
}

#[derive(Deserialize)]
struct RawMembers<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(default, rename = "result", deserialize_with = "present")]
    has_result: bool,
    #[serde(default, rename = "error", deserialize_with = "present")]
    has_error: bool,
}

impl RawMembers<'_> {
    fn is_response(&self) -> bool {
        self.method.is_none() && (self.has_result || self.has_error)
    }
}

/// Any value, also null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[derive(Default, Deserialize)]
struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Option<&'a RawValue>,
}

/// The place of a value that was read from this text.
fn place(text: &[u8], value: &RawValue) -> Range<usize> {
    let start = value.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + value.get().len()
}

/// Reads the members of an object. serde would also take an array for them.
fn object<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    text.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(text).ok()).flatten()
}

fn scalar<T: DeserializeOwned>(value: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(value?.get()).ok()
}

#[cfg(test)]
mod tests {
    use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage};

    use super::*;

    fn id(text: &str) -> Option<RequestId> {
        Envelope::of(text.as_bytes()).id
    }

    #[test]
    fn an_id_is_read_from_what_is_no_message() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
            r#" {"id":1}"#,
            r#"{"id":1,"method":7}"#,
            r#"{"params":null,"method":{},"id":1.0}"#,
            r#"{"id":1,"method":"ping","result":{}}"#,
        ] {
            assert_eq!(id(text), Some(RequestId::Number(1)), "{text}");
        }
        assert_eq!(id(r#"{"id":"a\u0062"}"#), Some(RequestId::String("ab".into())));
    }

    #[test]
    fn the_id_of_a_response_is_not_repeated() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
            r#"{"error":{"code":1,"message":"x"},"id":1,"jsonrpc":"2.0"}"#,
            r#"{"jsonrpc":"1.0","id":1,"result":{},"error":{}}"#,
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    #[test]
    fn depth_is_no_obstacle() {
        let deep = format!(r#"{{"a":{}{},"id":1}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(id(&deep), Some(RequestId::Number(1)));
    }

    #[test]
    fn an_id_that_cannot_be_read_is_absent() {
        for text in [
            "",
            "{",
            r#"{"id":1"#,
            r#"{"id":1,"id":2}"#,
            r#"{"id":1,"error":1,"error":2}"#,
            r#"{"id":null}"#,
            r#"{"id":[1]}"#,
            r#"{"id":{}}"#,
            r#"{"id":1.5}"#,
            r#"{"id":true}"#,
            r#"[1,"ping",{}]"#,
            r#"[{"id":1}]"#,
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    #[test]
    fn the_members_that_decide_are_read_in_any_order_and_beside_any_others() {
        let text = r#"{"params":{"arguments":[[{}]],"name":"t","_meta":{"a":1,"io.modelcontextprotocol/protocolVersion":"2026-07-28"},
            "requestId":"r","uri":"a:b"},"method":"tools\/call","x":{},"id":7}"#;
        let expected = Envelope {
            id: Some(RequestId::Number(7)),
            method: Some("tools/call".into()),
            revision: Some("2026-07-28".into()),
            name: Some("t".into()),
            arguments: Some(text.find("[[{}]]").map(|start| start..start + 6).unwrap()),
            uri: Some("a:b".into()),
            cancelled: Some(RequestId::String("r".into())),
        };
        assert_eq!(Envelope::of(text.as_bytes()), expected);
    }

    #[test]
    fn members_of_another_type_are_absent() {
        for params in [
            "[]",
            "1",
            r#"{"_meta":[],"name":1,"uri":{},"requestId":null}"#,
            r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}"#,
        ] {
            let text = format!(r#"{{"id":7,"params":{params}}}"#);
            assert_eq!(
                Envelope::of(text.as_bytes()),
                Envelope { id: Some(RequestId::Number(7)), ..Envelope::default() }
            );
        }
    }

    #[test]
    fn a_repeated_member_is_absent_and_hides_no_other() {
        let text = r#"{"id":7,"method":"tools/call","params":{"name":"t","uri":1,"uri":2,"x":1,"x":2,"arguments":{},"arguments":{}}}"#;
        let expected = Envelope {
            id: Some(RequestId::Number(7)),
            method: Some("tools/call".into()),
            name: Some("t".into()),
            ..Envelope::default()
        };
        assert_eq!(Envelope::of(text.as_bytes()), expected);
    }

    /// The header check and the step-up go by the name in the envelope, so rmcp must not read another.
    #[test]
    fn a_tool_call_that_rmcp_reads_has_its_name_in_the_envelope() {
        let mut calls = 0;
        for params in [
            r#""name":"t""#,
            r#""name":"t","name":"u""#,
            r#""name":"t","arguments":{},"arguments":{"a":1}"#,
            r#""name":"t","uri":1,"uri":2"#,
            r#""name":"t","requestId":1,"requestId":2"#,
            r#""name":"t","_meta":{},"_meta":{}"#,
            r#""name":"t","other":1,"other":2"#,
            r#""n\u0061me":"t""#,
            r#""name":"t","task":{},"task":{}"#,
        ] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{{params}}}}}"#);
            let Ok(JsonRpcMessage::Request(request)) = serde_json::from_str::<ClientJsonRpcMessage>(&text) else {
                continue;
            };
            let ClientRequest::CallToolRequest(call) = request.request else { continue };
            calls += 1;
            assert_eq!(Envelope::of(text.as_bytes()).called_tool(), Some(&*call.params.name), "{text}");
        }
        assert!(calls >= 4, "{calls}");
    }

    #[test]
    fn a_tool_call_is_told_by_its_method_alone() {
        for (text, expected) in [
            (r#"{"method":"tools/call","params":{"name":"t"}}"#, Some("t")),
            (r#"{"params":{"name":"t"},"method":"tools\/\u0063all"}"#, Some("t")),
            (r#"{"method":"tools/list","params":{"name":"t","method":"tools/call"}}"#, None),
            (r#"{"method":["tools/call"],"params":{"name":"t"}}"#, None),
        ] {
            assert_eq!(Envelope::of(text.as_bytes()).called_tool(), expected, "{text}");
        }
    }
}
