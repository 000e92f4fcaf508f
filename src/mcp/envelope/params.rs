//! The `params` of a message. serde's derived code would take none of them if one is repeated.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The members that decide.
#[derive(Default)]
pub(super) struct Params<'a> {
    pub(super) meta: ParamsMember<'a>,
    pub(super) name: ParamsMember<'a>,
    pub(super) arguments: ParamsMember<'a>,
    pub(super) uri: ParamsMember<'a>,
    pub(super) request_id: ParamsMember<'a>,
}

/// A member of an object.
#[derive(Clone, Copy, Default)]
pub(super) enum ParamsMember<'a> {
    #[default]
    Absent,
    Once(&'a RawValue),
    Repeated,
}

impl<'a> ParamsMember<'a> {
    /// The value, if there is exactly one.
    pub(super) fn once(self) -> Option<&'a RawValue> {
        match self {
            Self::Once(value) => Some(value),
            Self::Absent | Self::Repeated => None,
        }
    }

    fn add(&mut self, value: &'a RawValue) {
        *self = match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum ParamName {
    #[serde(rename = "_meta")]
    Meta,
    Name,
    Arguments,
    Uri,
    RequestId,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Params<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ParamsVisitor)
    }
}

struct ParamsVisitor;

impl<'de> Visitor<'de> for ParamsVisitor {
    type Value = Params<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Params<'de>, A::Error> {
        let (mut params, mut other) = (Params::default(), ParamsMember::default());
        while let Some((key, value)) = entries.next_entry()? {
            let member = match key {
                ParamName::Meta => &mut params.meta,
                ParamName::Name => &mut params.name,
                ParamName::Arguments => &mut params.arguments,
                ParamName::Uri => &mut params.uri,
                ParamName::RequestId => &mut params.request_id,
                ParamName::Other => &mut other,
            };
            member.add(value);
        }
        Ok(params)
    }
}
