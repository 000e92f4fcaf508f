//! The members of a JSON object that tell its kind.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// A JSON value that was checked like a tree, but not kept.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Checked {
    Null,
    String(StringKind),
    Integer(i64),
    /// A number such as `1.0` or `1e2`: an id may be one.
    IntegralFloat,
    Object(MessageMembers),
    Other,
}

/// The strings that decide.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum StringKind {
    Version2,
    Other,
}

/// The kinds of the members that decide; `None` for an absent one.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct MessageMembers {
    pub(super) is_version_2: bool,
    pub(super) id: Option<Scalar>,
    pub(super) method: Option<Scalar>,
    pub(super) params: Option<IsParams>,
    pub(super) has_result: bool,
    pub(super) error: Option<IsError>,
    /// For `params`.
    pub(super) meta: Option<IsObjectOrNull>,
    /// For `error`.
    pub(super) code: Option<Scalar>,
    pub(super) message: Option<Scalar>,
    pub(super) has_duplicates: bool,
}

/// The kinds of scalars that rmcp tells apart.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scalar {
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
type IsParams = bool;

impl Checked {
    fn scalar(self) -> Scalar {
        match self {
            Self::String(_) => Scalar::String,
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
        matches!(self, Self::Object(MessageMembers { code: Some(Scalar::Code), message: Some(Scalar::String), .. }))
    }
}

impl MessageMembers {
    fn add(&mut self, name: &str, value: Checked) {
        let known = match name {
            "jsonrpc" => std::mem::replace(&mut self.is_version_2, value == Checked::String(StringKind::Version2)),
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
        Ok(Checked::String(if text == "2.0" { StringKind::Version2 } else { StringKind::Other }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Checked, A::Error> {
        while elements.next_element::<Checked>()?.is_some() {}
        Ok(Checked::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Checked, A::Error> {
        let mut members = MessageMembers::default();
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
