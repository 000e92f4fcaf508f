//! An expected value, as data.

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::select::{children, text};

/// A value, or as an object with one of these members says.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Expected {
    /// A value that does not fit this.
    Not(Box<Self>),
    /// A value that fits one of these.
    OneOf(Vec<Self>),
    /// An array or object of which an element or member fits.
    Some(Box<Self>),
    /// A number that is not smaller.
    AtLeast(u64),
    /// An array or object with so many elements or members; what is absent has none.
    Items(usize),
    /// A text with this in it.
    Contains(String),
    /// A text that this regular expression matches. Another value is matched as its JSON, and null as the
    /// empty text.
    Matches(Pattern),
    /// An array that has these elements in this order, and may have others.
    InOrder(Vec<Value>),
    /// Whether the text is JSON; null is neither.
    IsJson(bool),
    /// This value itself.
    #[serde(untagged)]
    Is(Value),
}

/// A regular expression.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Pattern(pub Regex);

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Regex::new(&text).map(Self)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}

impl Expected {
    pub(super) fn fits(&self, found: &Value) -> bool {
        match self {
            Self::Not(other) => !other.fits(found),
            Self::OneOf(several) => several.iter().any(|one| one.fits(found)),
            Self::Some(one) => children(found).iter().any(|child| one.fits(child)),
            Self::AtLeast(least) => found.as_u64().is_some_and(|found| found >= *least),
            Self::Items(count) => children(found).len() == *count,
            Self::Contains(part) => text(found).contains(part),
            Self::Matches(pattern) => pattern.0.is_match(&text(found)),
            Self::InOrder(wanted) => {
                let mut found = found.as_array().into_iter().flatten();
                wanted.iter().all(|wanted| found.any(|found| found == wanted))
            }
            Self::IsJson(is) => found.as_str().is_some_and(|text| serde_json::from_str::<Value>(text).is_ok() == *is),
            Self::Is(value) => found == value,
        }
    }

    /// With each text as `resolve` makes it.
    pub(super) fn resolved(&self, resolve: &dyn Fn(&str) -> Result<String, String>) -> Result<Self, String> {
        Ok(match self {
            Self::Not(other) => Self::Not(Box::new(other.resolved(resolve)?)),
            Self::OneOf(several) => {
                Self::OneOf(several.iter().map(|one| one.resolved(resolve)).collect::<Result<_, _>>()?)
            }
            Self::Contains(part) => Self::Contains(resolve(part)?),
            Self::Is(Value::String(text)) => Self::Is(resolve(text)?.into()),
            Self::Is(Value::Array(items)) => {
                let items = items.iter().map(|item| match item {
                    Value::String(text) => resolve(text).map(Value::from),
                    other => Ok(other.clone()),
                });
                Self::Is(items.collect::<Result<_, _>>()?)
            }
            other => other.clone(),
        })
    }

    /// Objects with one member whose name is that of an operator, but for a typing error.
    #[cfg(test)]
    pub(super) fn unknown_operators(&self) -> Vec<String> {
        match self {
            Self::Not(one) | Self::Some(one) => one.unknown_operators(),
            Self::OneOf(several) => several.iter().flat_map(Self::unknown_operators).collect(),
            Self::Is(Value::Object(members)) if members.len() == 1 => {
                members.keys().filter(|name| !name.contains(char::is_uppercase)).cloned().collect()
            }
            _ => vec![],
        }
    }

    /// As it is in the rules.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_operator_tells_apart_what_fits() {
        for (fitting, other, expected) in [
            (json!(1), json!(2), json!(1)),
            (json!(null), json!(true), json!({"not": true})),
            (json!("a"), json!("c"), json!({"one-of": ["a", {"matches": "^b"}]})),
            (json!("bc"), json!("c"), json!({"one-of": ["a", {"matches": "^b"}]})),
            (json!({"x": 1, "y": 2}), json!([1]), json!({"some": 2})),
            (json!(3), json!(null), json!({"at-least": 2})),
            (json!([1]), json!([1, 2]), json!({"items": 1})),
            (json!(null), json!([1, 2]), json!({"items": 0})),
            (json!("a b"), json!("c"), json!({"contains": "b"})),
            (json!("RSA-HSM"), json!("EC"), json!({"matches": "^RSA"})),
            (json!(["a", "x", "b"]), json!(["b", "a"]), json!({"in-order": ["a", "b"]})),
            (json!("{}"), json!("<p>"), json!({"is-json": true})),
            (json!("<p>"), json!(null), json!({"is-json": false})),
        ] {
            let expected: Expected = serde_json::from_value(expected).unwrap();
            assert!(expected.fits(&fitting) && !expected.fits(&other), "{}", expected.json());
        }
    }
}
