//! The outline of a JSON-RPC message: whether rmcp will accept it, and its kind. It is read without building a tree, which
//! can take more than ten times the memory of the text: `0,` is two bytes, a [`serde_json::Value`] is 32.

mod members;

use self::members::{Checked, MessageMembers, Scalar};

/// Why a text is no message, as JSON-RPC 2.0 §5.1 names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InvalidMessage {
    /// It is not JSON.
    Parse,
    /// It is JSON, but no JSON-RPC 2.0 request, notification or response. MCP dropped batches in 2025-06-18.
    InvalidRequest,
}

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Request,
    Notification,
    /// A result or an error.
    Response,
}

/// The kind of the message that a text is, if rmcp accepts it. The text is read once, to its end.
pub(super) fn kind(text: &[u8]) -> Result<Kind, InvalidMessage> {
    match serde_json::from_slice(text) {
        Err(_) => Err(InvalidMessage::Parse),
        Ok(Checked::Object(members)) => members.kind().ok_or(InvalidMessage::InvalidRequest),
        Ok(_) => Err(InvalidMessage::InvalidRequest),
    }
}

impl MessageMembers {
    /// The kind of a message with these members, if rmcp accepts it.
    fn kind(self) -> Option<Kind> {
        let is_id = |id: Scalar| matches!(id, Scalar::String | Scalar::Code | Scalar::Integer);
        if !self.is_version_2 || self.has_duplicates {
            return None;
        }
        match (self.method, self.id, self.has_result, self.error) {
            (Some(Scalar::String), None, false, None) if self.params != Some(false) => Some(Kind::Notification),
            (Some(Scalar::String), Some(id), false, None) if is_id(id) && self.params != Some(false) => {
                Some(Kind::Request)
            }
            (None, Some(id), true, None) if is_id(id) => Some(Kind::Response),
            (None, id, false, Some(true)) if id.is_none_or(|id| is_id(id) || id == Scalar::Null) => {
                Some(Kind::Response)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rmcp::model::ClientJsonRpcMessage;
    use serde_json::{Value, json};

    use super::*;

    /// The kind that rmcp parses a text as.
    fn by_rmcp(text: &[u8]) -> Option<Kind> {
        Some(match serde_json::from_slice(text).ok()? {
            ClientJsonRpcMessage::Request(_) => Kind::Request,
            ClientJsonRpcMessage::Notification(_) => Kind::Notification,
            ClientJsonRpcMessage::Response(_) | ClientJsonRpcMessage::Error(_) => Kind::Response,
        })
    }

    #[test]
    fn text_that_is_not_json_is_a_parse_error() {
        let deep =
            format!(r#"{{"jsonrpc":"2.0","method":"x","params":{{"a":{}{}}}}}"#, "[".repeat(200), "]".repeat(200));
        for text in ["", "{", "nonsense", "\u{feff}{}", r#"{"jsonrpc":"2.0","id":1e999}"#, r#"{"a":"\ud800"}"#, &deep] {
            assert_eq!(kind(text.as_bytes()), Err(InvalidMessage::Parse), "{text}");
        }
        assert_eq!(kind(b"{\"jsonrpc\":\"\xff\"}"), Err(InvalidMessage::Parse));
    }

    #[test]
    fn json_of_another_version_is_an_invalid_request() {
        for text in ["[]", "1", "{}", r#"{"jsonrpc":"1.0"}"#, r#"{"jsonrpc":2.0}"#, r#"[{"jsonrpc":"2.0"}]"#] {
            assert_eq!(kind(text.as_bytes()), Err(InvalidMessage::InvalidRequest), "{text}");
        }
    }

    #[test]
    fn messages_have_the_kind_that_rmcp_gives_them() {
        for (text, expected) in [
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, Some(Kind::Request)),
            (
                r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x","arguments":[1]}}"#,
                Some(Kind::Request),
            ),
            (r#"{"jsonrpc":"2.0","id":1.0,"method":"ping","params":null}"#, Some(Kind::Request)),
            (r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, Some(Kind::Notification)),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Some(Kind::Response)),
            (r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"x"}}"#, Some(Kind::Response)),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, None),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, None),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":1}}"#, None),
            (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, None),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":null}"#, None),
            (r#"{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"x"}}"#, None),
            (r#"{"jsonrpc":"2.0","id":1}"#, None),
        ] {
            assert_eq!(kind(text.as_bytes()).ok(), expected, "{text}");
            assert_eq!(by_rmcp(text.as_bytes()), expected, "{text}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let objects = [
            json!({}),
            json!({ "_meta": {} }),
            json!({ "_meta": null }),
            json!({ "_meta": [] }),
            json!({ "name": "x", "arguments": { "a": [1] } }),
            json!({ "code": -32600, "message": "x" }),
            json!({ "code": 1_i64 << 40, "message": "x" }),
            json!({ "code": 1, "message": 1 }),
            json!({ "code": 1, "message": "x", "data": [1.5] }),
        ];
        let scalars =
            [json!(null), json!(true), json!(1), json!(u64::MAX), json!(-3.0), json!(0.5), json!("2.0"), json!([])];
        proptest::sample::select([objects.to_vec(), scalars.to_vec()].concat())
    }

    fn any_method() -> impl Strategy<Value = Value> {
        proptest::sample::select(vec![
            json!("ping"),
            json!("initialize"),
            json!("tools/call"),
            json!("tools/list"),
            json!("notifications/cancelled"),
            json!("other"),
            json!(1),
            json!(null),
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_text_is_accepted_if_and_only_if_rmcp_accepts_it(
            version in prop_oneof![9 => Just(json!("2.0")), 1 => any_value()],
            method in proptest::option::of(any_method()),
            id in proptest::option::of(any_value()),
            params in proptest::option::of(any_value()),
            result in proptest::option::weighted(0.2, any_value()),
            error in proptest::option::weighted(0.2, any_value()),
        ) {
            let mut message = json!({ "jsonrpc": version });
            for (name, value) in [("method", method), ("id", id), ("params", params), ("result", result), ("error", error)] {
                if let Some(value) = value {
                    message[name] = value;
                }
            }
            let text = message.to_string();
            prop_assert_eq!(kind(text.as_bytes()).ok(), by_rmcp(text.as_bytes()), "{}", text);
        }
    }
}
