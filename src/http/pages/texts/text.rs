//! A text, ready to be written into HTML.

use std::fmt;

use askama::filters::{Escaper as _, Html, HtmlSafe};
use fluent_bundle::FluentValue;

/// U+2068 FIRST STRONG ISOLATE. Fluent writes it before each value in a text, so that a name that is written from right to
/// left does not move the words around it.
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
/// U+2069 POP DIRECTIONAL ISOLATE: the end.
const POP_ISOLATE: char = '\u{2069}';

/// A text of a page. Its values stand between marks, which become `<bdi>` elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) struct PageText(String);

impl PageText {
    /// A text that Fluent has formatted. Numbers need no isolation.
    pub(super) fn formatted(text: &str) -> Self {
        let mut parts = text.split(FIRST_STRONG_ISOLATE);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.split_once(POP_ISOLATE) {
                Some((value, rest)) if value.bytes().all(|byte| byte.is_ascii_digit()) => whole.extend([value, rest]),
                _ => whole.extend(["\u{2068}", part]),
            }
        }
        Self(whole)
    }

    /// Without marks, for a place that has no elements, or as a value.
    pub(in crate::http) fn plain(&self) -> String {
        self.0.replace([FIRST_STRONG_ISOLATE, POP_ISOLATE], "")
    }
}

/// The text as HTML.
impl fmt::Display for PageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive([FIRST_STRONG_ISOLATE, POP_ISOLATE]) {
            Html.write_escaped_str(&mut *f, part.trim_end_matches([FIRST_STRONG_ISOLATE, POP_ISOLATE]))?;
            f.write_str(match part.chars().next_back() {
                Some(FIRST_STRONG_ISOLATE) => "<bdi>",
                Some(POP_ISOLATE) => "</bdi>",
                _ => "",
            })?;
        }
        Ok(())
    }
}

impl HtmlSafe for PageText {}

/// A value in a text.
pub(super) trait Value<'a> {
    fn value(self) -> FluentValue<'a>;
}

/// Marks in a value would be taken for ours.
impl<'a> Value<'a> for &'a str {
    fn value(self) -> FluentValue<'a> {
        if self.contains([FIRST_STRONG_ISOLATE, POP_ISOLATE]) {
            self.replace([FIRST_STRONG_ISOLATE, POP_ISOLATE], "").into()
        } else {
            self.into()
        }
    }
}

impl<'a> Value<'a> for &'a PageText {
    fn value(self) -> FluentValue<'a> {
        self.0.as_str().into()
    }
}

impl<'a> Value<'a> for usize {
    fn value(self) -> FluentValue<'a> {
        self.into()
    }
}

impl<'a> Value<'a> for u32 {
    fn value(self) -> FluentValue<'a> {
        self.into()
    }
}

impl<'a> Value<'a> for u8 {
    fn value(self) -> FluentValue<'a> {
        self.into()
    }
}

impl<'a> Value<'a> for i32 {
    fn value(self) -> FluentValue<'a> {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_an_element_of_its_own_and_everything_is_escaped() {
        let text = PageText::formatted("a < \u{2068}<b> & \u{2068}c\u{2069}\u{2069}'s");
        assert_eq!(text.to_string(), "a &#60; <bdi>&#60;b&#62; &#38; <bdi>c</bdi></bdi>&#39;s");
        assert_eq!(text.plain(), "a < <b> & c's");
    }

    #[test]
    fn a_number_is_no_element() {
        assert_eq!(PageText::formatted("\u{2068}12\u{2069} of \u{2068}1a\u{2069}").to_string(), "12 of <bdi>1a</bdi>");
    }

    #[test]
    fn the_marks_of_a_value_are_removed() {
        assert_eq!("a\u{2069}b\u{2068}".value(), FluentValue::from("ab"));
        assert_eq!("a b".value(), FluentValue::from("a b"));
    }
}
