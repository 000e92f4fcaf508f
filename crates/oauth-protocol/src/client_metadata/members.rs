//! The members of a registration request, read without a tree: whatever is neither a string nor an array of strings is
//! dropped as it is read, so that what is kept is never larger than the text.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// The names of the members that have a type.
const NAMES: [&str; 13] = [
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
];

/// More strings than an array may have. The others are skipped.
const MAX_STRINGS: usize = 64;

/// The members with a type, by name. One that is null is absent; of several with a name the last one counts.
pub(super) struct Members(BTreeMap<&'static str, Member>);

/// A value, as far as its type matters.
pub(super) enum Member {
    Text(String),
    Texts(Vec<String>),
    Null,
    Other,
}

impl Members {
    /// Reads an object. `None` for any other text.
    pub(super) fn from_json(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The member, unless it is absent or null.
    pub(super) fn get(&self, name: &str) -> Option<&Member> {
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
