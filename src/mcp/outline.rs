//! The outline of a JSON-RPC message: whether rmcp will accept it, and what it is. It is read without building a tree, which
//! can take more than ten times the memory of the text: `0,` is two bytes, a [`serde_json::Value`] is 32.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// Why a text is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
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

/// Checks that the text is a JSON object with `"jsonrpc": "2.0"`.
pub(super) fn check_version(text: &[u8]) -> Result<(), Fault> {
    members(text).map(|_| ())
}

/// The kind of a message, if rmcp accepts it.
pub(super) fn kind(text: &[u8]) -> Result<Kind, Fault> {
    members(text)?.kind().ok_or(Fault::InvalidRequest)
}

fn members(text: &[u8]) -> Result<Members, Fault> {
    match serde_json::from_slice(text) {
        Err(_) => Err(Fault::Parse),
        Ok(Checked::Object(members)) if members.is_version_2 => Ok(members),
        Ok(_) => Err(Fault::InvalidRequest),
    }
}

/// A JSON value that was checked like a tree, but not kept.
#[derive(Clone, Copy, PartialEq)]
enum Checked {
    Null,
    String {
        is_2_0: bool,
    },
    Integer(i64),
    /// A number such as `1.0` or `1e2`: an id may be one.
    IntegralFloat,
    Object(Members),
    Other,
}

/// The kinds of the members that decide; `None` for an absent one.
#[derive(Clone, Copy, Default, PartialEq)]
struct Members {
    is_version_2: bool,
    id: Option<Scalar>,
    method: Option<Scalar>,
    params: Option<Params>,
    has_result: bool,
    error: Option<IsError>,
    /// For `params`.
    meta: Option<IsObjectOrNull>,
    /// For `error`.
    code: Option<Scalar>,
    message: Option<Scalar>,
    has_duplicates: bool,
}

/// The kinds of scalars that rmcp tells apart.
#[derive(Clone, Copy, PartialEq)]
enum Scalar {
    String,
    /// An integer of 32 bits.
    Code,
    /// Any other integer of 64 bits.
    Integer,
    Null,
    Other,
}

type IsObjectOrNull = bool;
type IsError = bool;
type Params = bool;

impl Checked {
    fn scalar(self) -> Scalar {
        match self {
            Self::String { .. } => Scalar::String,
            Self::Integer(number) if i32::try_from(number).is_ok() => Scalar::Code,
            Self::Integer(_) | Self::IntegralFloat => Scalar::Integer,
            Self::Null => Scalar::Null,
            Self::Object(_) | Self::Other => Scalar::Other,
        }
    }

    fn is_object_or_null(self) -> bool {
        matches!(self, Self::Object(_) | Self::Null)
    }

    fn is_params(self) -> bool {
        match self {
            Self::Object(members) => members.meta != Some(false),
            other => other == Self::Null,
        }
    }

    /// MCP's error object: an integer `code`, and a `message`.
    fn is_error(self) -> bool {
        matches!(self, Self::Object(Members { code: Some(Scalar::Code), message: Some(Scalar::String), .. }))
    }
}

impl Members {
    fn add(&mut self, name: &str, value: Checked) {
        let known = match name {
            "jsonrpc" => std::mem::replace(&mut self.is_version_2, value == Checked::String { is_2_0: true }),
            "id" => self.id.replace(value.scalar()).is_some(),
            "method" => self.method.replace(value.scalar()).is_some(),
            "params" => self.params.replace(value.is_params()).is_some(),
            "result" => std::mem::replace(&mut self.has_result, true),
            "error" => self.error.replace(value.is_error()).is_some(),
            "_meta" => self.meta.replace(value.is_object_or_null()).is_some(),
            "code" => self.code.replace(value.scalar()).is_some(),
            "message" => self.message.replace(value.scalar()).is_some(),
            _ => false,
        };
        self.has_duplicates |= known;
    }

    fn kind(self) -> Option<Kind> {
        let is_id = |id: Scalar| matches!(id, Scalar::String | Scalar::Code | Scalar::Integer);
        if self.has_duplicates {
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

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CheckingVisitor)
    }
}

struct CheckingVisitor;

impl<'de> Visitor<'de> for CheckingVisitor {
    type Value = Checked;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Checked, E> {
        Ok(Checked::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Checked, E> {
        Ok(Checked::Other)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Checked, E> {
        Ok(Checked::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Checked, E> {
        Ok(i64::try_from(number).map_or(Checked::Other, Checked::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Checked, E> {
        // 2^63, the first float that is beyond i64.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        let is_integer = number.fract() == 0.0 && (-LIMIT..LIMIT).contains(&number);
        Ok(if is_integer { Checked::IntegralFloat } else { Checked::Other })
    }

    fn visit_str<E>(self, text: &str) -> Result<Checked, E> {
        Ok(Checked::String { is_2_0: text == "2.0" })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Checked, A::Error> {
        while elements.next_element::<Checked>()?.is_some() {}
        Ok(Checked::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Checked, A::Error> {
        let mut members = Members::default();
        while let Some(name) = entries.next_key::<Name>()? {
            members.add(name.0, entries.next_value()?);
        }
        Ok(Checked::Object(members))
    }
}

/// A member's name: one of those that decide, or `""`.
struct Name(&'static str);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member's name")
    }

    fn visit_str<E>(self, text: &str) -> Result<Name, E> {
        const KNOWN: [&str; 9] = ["jsonrpc", "id", "method", "params", "result", "error", "_meta", "code", "message"];
        Ok(Name(KNOWN.into_iter().find(|known| *known == text).unwrap_or_default()))
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
            assert_eq!(check_version(text.as_bytes()), Err(Fault::Parse), "{text}");
        }
        assert_eq!(check_version(b"{\"jsonrpc\":\"\xff\"}"), Err(Fault::Parse));
    }

    #[test]
    fn json_of_another_version_is_an_invalid_request() {
        for text in ["[]", "1", "{}", r#"{"jsonrpc":"1.0"}"#, r#"{"jsonrpc":2.0}"#, r#"[{"jsonrpc":"2.0"}]"#] {
            assert_eq!(check_version(text.as_bytes()), Err(Fault::InvalidRequest), "{text}");
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
