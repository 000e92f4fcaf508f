//! `client_name` (RFC 7591 §2): text of a stranger that will be shown to the owner.

use crate::visible::visible;

const MAX_CHARACTERS: usize = 100;

/// The name without what could disguise it; `None` if nothing is left.
pub(super) fn cleaned(name: &str) -> Option<String> {
    let visible: String = name.chars().filter_map(visible).take(MAX_CHARACTERS).collect();
    let trimmed = visible.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_name_is_kept() {
        assert_eq!(cleaned("Visual Studio Code").as_deref(), Some("Visual Studio Code"));
        assert_eq!(cleaned(" B\u{fc}cher \u{1f4da} ").as_deref(), Some("B\u{fc}cher \u{1f4da}"));
    }

    #[test]
    fn control_bidirectional_and_zero_width_characters_are_dropped() {
        assert_eq!(cleaned("Mi\u{202e}cro\u{200b}so\u{7f}ft\0\u{feff}\u{2066}").as_deref(), Some("Microsoft"));
    }

    #[test]
    fn an_endless_name_is_cut() {
        assert_eq!(cleaned(&"\u{e9}".repeat(10_000)).unwrap().chars().count(), MAX_CHARACTERS);
    }

    #[test]
    fn a_name_of_nothing_visible_is_none() {
        for name in ["", "   ", "\u{200b}", "\r\n\t", "\u{2800}", "\u{3164}", "\u{115f}", "\u{1160}", "\u{ffa0}"] {
            assert_eq!(cleaned(name), None, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn no_name_is_disguised_or_endless(name in "\\PC*|(.|[\u{200b}-\u{202f}\r\n]){0,300}") {
            let cleaned = cleaned(&name).unwrap_or_default();
            prop_assert!(cleaned.chars().count() <= MAX_CHARACTERS && cleaned.chars().all(|c| visible(c) == Some(c)));
        }
    }
}
