//! Scope (RFC 6749 §3.3): space-delimited, case-sensitive strings in any order.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A list of scope tokens, in the order given, each once. May be empty.
#[derive(Clone, Debug, Default)]
pub struct Scope(Vec<String>);

/// A character that RFC 6749 §3.3 does not allow in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scope has a character that is not allowed")]
pub struct ScopeError;

impl Scope {
    /// Reads `scope-token *( SP scope-token )`; surplus spaces, which some clients send, are no tokens.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let allowed = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if !text.bytes().all(allowed) {
            return Err(ScopeError);
        }
        let mut known = HashSet::new();
        let tokens = text.split(' ').filter(|token| !token.is_empty() && known.insert(*token));
        Ok(Self(tokens.map(str::to_owned).collect()))
    }

    /// The tokens for which `keeps` holds, in the same order.
    #[must_use]
    pub fn filtered(&self, keeps: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|token| keeps(token)).cloned().collect())
    }

    /// The tokens, in their order.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The tokens of this scope, then those of the other that are new.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let added = other.0.iter().filter(|token| !self.contains(token));
        Self(self.0.iter().chain(added).cloned().collect())
    }

    /// Whether there is no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the token is there.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|own| own == token)
    }

    /// Whether every token is also in `other`. RFC 6749 §6: a refresh must not ask for more than was granted.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        let other: HashSet<&str> = other.0.iter().map(String::as_str).collect();
        self.0.iter().all(|token| other.contains(token.as_str()))
    }
}

/// The order does not matter (RFC 6749 §3.3).
impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.is_subset(other)
    }
}

impl Eq for Scope {}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn the_order_is_kept_and_duplicates_are_dropped() {
        assert_eq!(scope("b a b c a").to_string(), "b a c");
    }

    #[test]
    fn the_order_does_not_matter_and_case_does() {
        assert_eq!(scope("a b"), scope("b a"));
        assert_ne!(scope("a b"), scope("A b"));
        assert_ne!(scope("a"), scope("a b"));
    }

    #[test]
    fn surplus_spaces_are_no_tokens() {
        assert_eq!(scope("  a   b ").to_string(), "a b");
        assert!(scope("").is_empty());
        assert!(scope("   ").is_empty() && !scope(" a").is_empty());
    }

    #[test]
    fn every_allowed_character_is_kept() {
        let text: String = (0x21..=0x7e_u8).map(char::from).filter(|c| *c != '"' && *c != '\\').collect();
        assert!(scope(&text).contains(&text));
    }

    #[test]
    fn quotes_backslashes_controls_and_non_ascii_are_refused() {
        for text in ["a\"b", "a\\b", "a\tb", "a\nb", "a\0", "\x7f", "\u{e9}", "a\u{a0}b", "\u{202e}"] {
            assert_eq!(Scope::parse(text), Err(ScopeError), "{text:?}");
        }
    }

    #[test]
    fn a_token_is_contained_whole() {
        assert!(scope("user.read mail.send").contains("user.read"));
        for part in ["user", "read", "user.read mail.send", ""] {
            assert!(!scope("user.read mail.send").contains(part), "{part}");
        }
    }

    #[test]
    fn a_union_has_every_token_once_and_its_own_first() {
        assert_eq!(scope("b a").union(&scope("c a d")).tokens().collect::<Vec<_>>(), ["b", "a", "c", "d"]);
        assert!(scope("").union(&scope("")).is_empty());
    }

    #[test]
    fn a_wider_scope_is_no_subset() {
        assert!(scope("a").is_subset(&scope("b a")));
        assert!(scope("").is_subset(&scope("a")));
        assert!(!scope("a c").is_subset(&scope("b a")));
    }

    #[test]
    fn a_filtered_scope_keeps_the_order_and_nothing_else() {
        let known = scope("b openid a").filtered(|token| token != "openid");
        assert_eq!(known.to_string(), "b a");
        assert!(scope("openid").filtered(|_| false).is_empty());
    }

    #[test]
    fn it_is_stored_as_one_string() {
        assert_eq!(serde_json::to_string(&scope("a b")).unwrap(), r#""a b""#);
        assert!(serde_json::from_str::<Scope>(r#"["a"]"#).is_err());
        assert!(serde_json::from_str::<Scope>(r#""a\nb""#).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in ".*") {
            let _ = Scope::parse(&text);
        }

        #[test]
        fn a_subset_is_one_in_which_every_token_is_contained(one in "[a-d]( [a-d]){0,4}", other in "[a-d]( [a-d]){0,4}") {
            let (small, large) = (scope(&one), scope(&other));
            prop_assert_eq!(small.is_subset(&large), one.split(' ').all(|token| large.contains(token)));
            prop_assert_eq!(small == large, small.is_subset(&large) && large.is_subset(&small));
        }

        #[test]
        fn a_scope_is_read_back_from_its_text(text in "[!-~ &&[^\"\\\\]]{0,60}") {
            let first = scope(&text);
            let again: Scope = serde_json::from_str(&serde_json::to_string(&first).unwrap()).unwrap();
            prop_assert_eq!(first.to_string(), again.to_string());
        }
    }
}
