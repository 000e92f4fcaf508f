//! Arguments of tools whose types are their limits: a value outside them cannot be read, and the schema says so.

use std::borrow::Cow;

use rmcp::model::JsonObject;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned, de::Error as _};
use serde_json::{Number, Value};

/// The longest description of a wrong argument, in characters. serde quotes its input.
const LONGEST_PROBLEM: usize = 200;

/// No arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoArguments {}

/// A whole number from `MIN` to `MAX`; `DEFAULT` where a tool may be called without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Whole<const MIN: u32, const MAX: u32, const DEFAULT: u32>(u32);

/// A text of one to `MAX` characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text<const MAX: usize>(String);

/// A name of a time zone, in the characters that IANA's and Windows' names have. Whether there is such a zone, Outlook knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct TimeZone(String);

/// Reads arguments, or says in words what is wrong with them.
pub(super) fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, String> {
    T::deserialize(Value::Object(arguments))
        .map_err(|problem| problem.to_string().chars().take(LONGEST_PROBLEM).collect())
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> Whole<MIN, MAX, DEFAULT> {
    pub(super) fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> Default for Whole<MIN, MAX, DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<'de, const MIN: u32, const MAX: u32, const DEFAULT: u32> Deserialize<'de> for Whole<MIN, MAX, DEFAULT> {
    /// JSON Schema's `integer` includes `7.0`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        let whole = (MIN..=MAX).find(|whole| number.as_f64() == Some(f64::from(*whole)));
        whole.map(Self).ok_or_else(|| D::Error::custom(format!("{number} is not a whole number from {MIN} to {MAX}")))
    }
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> JsonSchema for Whole<MIN, MAX, DEFAULT> {
    fn schema_name() -> Cow<'static, str> {
        format!("Whole_{MIN}_{MAX}_{DEFAULT}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

impl<const MAX: usize> Text<MAX> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length = text.chars().count();
        let fits = (1..=MAX).contains(&length);
        if fits {
            Ok(Self(text))
        } else {
            Err(D::Error::custom(format!("a text has {length} characters, not 1 to {MAX}")))
        }
    }
}

impl<const MAX: usize> JsonSchema for Text<MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Text_{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX })
    }
}

impl TimeZone {
    const CHARACTERS: &str = "^[A-Za-z0-9 ./_+()-]{1,64}$";

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Text::<64>::deserialize(deserializer)?.0;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" ./_+()-".contains(&byte);
        if name.bytes().all(allowed) { Ok(Self(name)) } else { Err(D::Error::custom("no time zone has such a name")) }
    }
}

impl JsonSchema for TimeZone {
    fn schema_name() -> Cow<'static, str> {
        "TimeZone".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": Self::CHARACTERS })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::mcp::tools::schema;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        #[serde(default)]
        days: Whole<1, 31, 7>,
        name: Option<Text<5>>,
    }

    fn arguments(value: Value) -> Result<Arguments, String> {
        let Value::Object(members) = value else { panic!("no object: {value}") };
        read(members)
    }

    #[test]
    fn the_schema_says_the_limits_and_that_there_are_no_others() {
        let expected = json!({
            "type": "object",
            "properties": {
                "days": { "type": "integer", "minimum": 1, "maximum": 31, "default": 7 },
                "name": { "type": ["string", "null"], "minLength": 1, "maxLength": 5 },
            },
            "additionalProperties": false,
        });
        assert_eq!(Value::Object(schema::of::<Arguments>()), expected);
        let none = json!({ "type": "object", "additionalProperties": false });
        assert_eq!(Value::Object(schema::of::<NoArguments>()), none);
    }

    #[test]
    fn arguments_within_the_limits_are_read() {
        for (days, read) in [(json!({}), 7), (json!({ "days": 1 }), 1), (json!({ "days": 31.0 }), 31)] {
            assert_eq!(arguments(days).unwrap().days.get(), read);
        }
        assert_eq!(arguments(json!({ "name": "ليلى!" })).unwrap().name.unwrap().as_str(), "ليلى!");
    }

    #[test]
    fn arguments_beyond_the_limits_are_refused_in_words() {
        for (wrong, words) in [
            (json!({ "days": 0 }), "0 is not a whole number from 1 to 31"),
            (json!({ "days": 32 }), "32 is not"),
            (json!({ "days": -1 }), "-1 is not"),
            (json!({ "days": 1.5 }), "1.5 is not"),
            (json!({ "days": "7" }), "invalid type: string"),
            (json!({ "name": "" }), "a text has 0 characters, not 1 to 5"),
            (json!({ "name": "123456" }), "a text has 6 characters"),
            (json!({ "other": 1 }), "unknown field `other`"),
        ] {
            let problem = arguments(wrong.clone()).unwrap_err();
            assert!(problem.contains(words), "{wrong}: {problem}");
        }
        let long = arguments(json!({ "days": "x".repeat(10_000) })).unwrap_err();
        assert_eq!(long.chars().count(), LONGEST_PROBLEM);
    }

    #[test]
    fn a_time_zone_has_a_name_of_iana_or_windows() {
        let read = |name: &str| serde_json::from_value::<TimeZone>(json!(name));
        for name in [
            "UTC",
            "America/Argentina/Buenos_Aires",
            "Etc/GMT+5",
            "W. Europe Standard Time",
            "Eastern Standard Time (Mexico)",
        ] {
            assert_eq!(read(name).unwrap().as_str(), name);
        }
        for name in ["", "UTC\"", "a\r\nb", "a;b", "Европа", &"x".repeat(65)] {
            assert!(read(name).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_read_if_and_only_if_it_is_within_the_limits(days in 0_u32..100) {
            let read = arguments(json!({ "days": days })).ok().map(|arguments| arguments.days.get());
            prop_assert_eq!(read, (1..=31).contains(&days).then_some(days));
        }
    }
}
