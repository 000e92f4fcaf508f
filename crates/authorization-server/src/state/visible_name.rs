//! A name that a client or user chose, as it is shown.

use oauth_protocol::visible::visible;
use unicode_general_category::{GeneralCategory, get_general_category};

const MAX_CHARACTERS: usize = 60;
/// The most marks on one letter that take no place of their own. Hebrew and Vietnamese need three; a pile of them would cover
/// the page.
const MAX_MARKS_WITHOUT_PLACE: usize = 3;
/// The most marks on one letter. Burmese needs five. Some that take a place are drawn in a pile all the same.
const MAX_MARKS: usize = 6;

/// The name on one line, at most 60 characters long and with few marks on each letter, without control, bidirectional
/// and invisible characters; `None` if nothing is left. It is not escaped.
#[must_use]
pub fn visible_name(name: Option<&str>) -> Option<String> {
    let visible: String = name?
        .chars()
        .filter_map(visible)
        .scan([MAX_MARKS_WITHOUT_PLACE, MAX_MARKS], |marks, c| {
            let [without_place, all] = *marks;
            *marks = match get_general_category(c) {
                GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark => [without_place + 1, all + 1],
                GeneralCategory::SpacingMark => [without_place, all + 1],
                _ => [0, 0],
            };
            Some((marks[0] <= MAX_MARKS_WITHOUT_PLACE && marks[1] <= MAX_MARKS).then_some(c))
        })
        .flatten()
        .collect();
    let words = visible.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if words.chars().count() <= MAX_CHARACTERS {
        return (!words.is_empty()).then_some(words);
    }
    Some(words.chars().take(MAX_CHARACTERS - 1).chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    fn shown(name: &str) -> String {
        visible_name(Some(name)).unwrap()
    }

    #[test]
    fn a_plain_name_is_not_changed() {
        for name in ["MCP Inspector", "VS Code – Insiders", "Ünïcödé 中文", "تطبيق"] {
            assert_eq!(visible_name(Some(name)).as_deref(), Some(name));
        }
    }

    #[test]
    fn invisible_characters_are_dropped() {
        assert_eq!(shown("Mi\u{200b}cro\u{202e}soft\0\u{feff}"), "Microsoft");
        assert_eq!(shown("a\r\n\tb"), "a b");
    }

    #[test]
    fn no_unseen_character_changes_a_name_or_the_count_of_marks() {
        let assigned = ('\0'..'\u{40000}').chain('\u{e0000}'..'\u{e1000}');
        let unseen: Vec<char> = assigned.filter(|character| visible(*character).is_none()).collect();
        let name: String = "Na".chars().chain(unseen.clone()).chain("me".chars()).collect();
        assert_eq!(shown(&name), "Name");
        let pile: String = iter::once('a').chain(unseen.into_iter().flat_map(|unseen| ['\u{301}', unseen])).collect();
        assert_eq!(shown(&pile), "a\u{301}\u{301}\u{301}");
        assert_eq!(shown(&format!("a{}", "\u{301}\u{301}\u{301}\u{1d173}".repeat(14))), "a\u{301}\u{301}\u{301}");
    }

    #[test]
    fn a_letter_carries_few_marks_and_a_name_begins_with_none() {
        let pile = "\u{301}".repeat(40);
        assert_eq!(shown(&format!("a{pile}b{pile}")), "a\u{301}\u{301}\u{301}b\u{301}\u{301}\u{301}");
        assert_eq!(shown(&format!("{pile}\u{20dd}a")), "a");
        assert_eq!(visible_name(Some(&pile)), None);
        assert_eq!(shown(&format!("a\u{200b}\u{301}\u{200b}{pile}")), "a\u{301}\u{301}\u{301}");
        for name in ["שָׁלוֹם", "e\u{302}\u{301}", "ไม้เอก", "हिन्दी", "ကြွေးမြို့", "ഹിന്ദി"]
        {
            assert_eq!(visible_name(Some(name)).as_deref(), Some(name));
        }
    }

    /// U+302E is a spacing mark; Unicode normalization puts those of one letter side by side, and so their neighbours.
    #[test]
    fn marks_that_take_a_place_end_no_pile() {
        let pile = "\u{301}\u{301}\u{301}\u{302e}".repeat(14);
        assert_eq!(shown(&format!("a{pile}b")), "a\u{301}\u{301}\u{301}\u{302e}b");
        assert_eq!(shown(&format!("a{}b", "\u{302e}".repeat(59))), format!("a{}b", "\u{302e}".repeat(6)));
        assert_eq!(shown("\u{302e}a"), "a");
        let both = "a\u{301}\u{301}\u{301}\u{302e}\u{302e}\u{302e}";
        assert_eq!(shown(&format!("{both}\u{302e}")), both, "both kinds count together");
    }

    #[test]
    fn of_a_name_without_visible_characters_nothing_is_left() {
        for name in [None, Some(""), Some(" \u{200b}\n"), Some("\u{2800}\u{3164}\u{115f}\u{1160}\u{ffa0}")] {
            assert_eq!(visible_name(name), None);
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(shown(&"x".repeat(10_000)).chars().count(), MAX_CHARACTERS);
    }
}
