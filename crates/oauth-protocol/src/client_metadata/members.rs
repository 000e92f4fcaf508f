//! The members of a registration request or a metadata document, read without a tree: a member that is neither a string nor an array of strings is
//! dropped as it is read, so that the kept members are never larger than the text.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// The names of the members that have a type.
const NAMES: [&str; 19] = [
    "redirect_uris",
    "client_name",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "contacts",
    "client_uri",
    "logo_uri",
    "tos_uri",
    "policy_uri",
    "scope",
    "software_id",
    "software_version",
    "client_id",
    "client_secret",
    "client_secret_expires_at",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg",
    "jwks_uri",
];

/// More strings than an array may have. The others are skipped.
const MAX_STRINGS: usize = 64;

/// The members with a type, by name. One that is null is absent; of several with a name the last one counts.
pub(crate) struct Members(BTreeMap<&'static str, Member>);

/// A value, as far as its type matters.
pub(crate) enum Member {
    Text(String),
    Texts(Vec<String>),
    Null,
    Other,
}

impl Members {
    /// Reads an object. `None` for any other text.
    pub(crate) fn from_json(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The member, unless it is absent or null.
    pub(crate) fn get(&self, name: &str) -> Option<&Member> {
        self.0.get(name).filter(|member| !matches!(member, Member::Null))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Members;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            match NAMES.into_iter().find(|known| *known == name) {
                Some(name) => {
                    members.insert(name, entries.next_value()?);
                }
                None => {
                    entries.next_value::<Member>()?;
                }
            }
        }
        Ok(Members(members))
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Member, A::Error> {
        let (mut texts, mut are_strings) = (Vec::new(), true);
        while let Some(element) = elements.next_element::<Element>()? {
            match element.0 {
                Some(text) if are_strings && texts.len() < MAX_STRINGS => texts.push(text),
                Some(_) => {}
                None => are_strings = false,
            }
        }
        Ok(if are_strings { Member::Texts(texts) } else { Member::Other })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Member, A::Error> {
        // Not `IgnoredAny`: it has no limit of depth.
        while entries.next_entry::<String, Self::Value>()?.is_some() {}
        Ok(Member::Other)
    }
}

/// An element of an array: a string, or anything else, which is skipped.
struct Element(Option<String>);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Member::deserialize(deserializer)? {
            Member::Text(text) => Self(Some(text)),
            Member::Texts(_) | Member::Null | Member::Other => Self(None),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn members(text: &str) -> Members {
        Members::from_json(text.as_bytes()).unwrap()
    }

    /// The member again as JSON; `true` for a value that is neither a string nor an array of strings.
    fn kept(members: &Members, name: &str) -> Option<Value> {
        members.get(name).map(|member| match member {
            Member::Text(text) => json!(text),
            Member::Texts(texts) => json!(texts),
            Member::Null => Value::Null,
            Member::Other => json!(true),
        })
    }

    /// The same by way of a tree.
    fn of_tree(tree: &Map<String, Value>, name: &str) -> Option<Value> {
        match tree.get(name)? {
            Value::Null => None,
            text @ Value::String(_) => Some(text.clone()),
            Value::Array(elements) if elements.iter().all(Value::is_string) => {
                Some(elements.iter().take(MAX_STRINGS).cloned().collect())
            }
            _ => Some(json!(true)),
        }
    }

    #[test]
    fn only_an_object_has_members() {
        for text in ["", "null", "[]", "1", "\"a\"", "{", "{\"a\":}", "{} {}", "{\"a\":1,}", "{\"scope\":\"\\ud800\"}"]
        {
            assert!(Members::from_json(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Members::from_json(b"{\"scope\":\"\xff\"}").is_none());
        assert!(members(" {} ").get("scope").is_none());
    }

    #[test]
    fn the_last_of_several_members_of_one_name_counts() {
        let members = members(r#"{"scope":"a","scope":["b"],"client_name":"c","client_name":null}"#);
        assert_eq!(kept(&members, "scope"), Some(json!(["b"])));
        assert_eq!(kept(&members, "client_name"), None);
    }

    #[test]
    fn a_name_is_read_after_its_escapes() {
        assert_eq!(kept(&members(r#"{"sc\u006fpe":"a"}"#), "scope"), Some(json!("a")));
        assert_eq!(kept(&members(r#"{"Scope":"a"}"#), "scope"), None);
    }

    #[test]
    fn strings_beyond_the_limit_are_skipped_and_still_checked() {
        let many = vec!["a"; MAX_STRINGS + 10];
        let text = json!({ "contacts": many }).to_string();
        assert_eq!(kept(&members(&text), "contacts"), Some(json!(vec!["a"; MAX_STRINGS])));
        let mixed: Vec<Value> = many.iter().map(|text| json!(text)).chain([json!(1)]).collect();
        assert_eq!(kept(&members(&json!({ "contacts": mixed }).to_string()), "contacts"), Some(json!(true)));
    }

    #[test]
    fn an_unknown_member_is_not_kept_but_must_be_json() {
        assert!(members(r#"{"jwks":{"keys":[1,{"a":[null]}]}}"#).0.is_empty());
        assert!(Members::from_json(br#"{"jwks":{"keys":[1,}}"#).is_none());
    }

    #[test]
    fn depth_is_limited_in_every_member() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for name in ["scope", "unknown"] {
            assert!(Members::from_json(format!("{{\"{name}\":{}}}", nested(100)).as_bytes()).is_some(), "{name}");
            assert!(Members::from_json(format!("{{\"{name}\":{}}}", nested(100_000)).as_bytes()).is_none(), "{name}");
            let objects = format!("{{\"{name}\":{}1{}}}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
            assert!(Members::from_json(objects.as_bytes()).is_none(), "{name}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec("[a-c]", 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c]", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn members_are_those_that_a_tree_would_have(values in prop::collection::vec((0..NAMES.len(), any_value()), 0..6)) {
            let tree: Map<String, Value> =
                values.into_iter().map(|(at, value)| (NAMES[at].to_owned(), value)).collect();
            let members = members(&Value::Object(tree.clone()).to_string());
            for name in NAMES {
                prop_assert_eq!(kept(&members, name), of_tree(&tree, name), "{}", name);
            }
        }

        #[test]
        fn any_text_is_an_object_or_refused(text in "[\\[\\]{}\",:a-c0-9 nul\\\\]{0,40}") {
            let is_object = serde_json::from_str::<Map<String, Value>>(&text).is_ok();
            prop_assert_eq!(Members::from_json(text.as_bytes()).is_some(), is_object, "{}", text);
        }
    }
}
