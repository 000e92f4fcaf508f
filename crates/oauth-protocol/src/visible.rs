//! Characters of a text that a stranger wrote, as a person sees them.

use unicode_general_category::{GeneralCategory, get_general_category};

/// The character as it is shown: a space if only a blank is seen, `None` if nothing is.
#[must_use]
pub fn visible(character: char) -> Option<char> {
    if character.is_whitespace() || BLANK.contains(&character) {
        return Some(' ');
    }
    (!is_unseen(character)).then_some(character)
}

/// The empty Braille pattern, the null notehead, and the blanks of hieroglyphs. Fonts draw nothing for them.
const BLANK: [char; 4] = ['\u{2800}', '\u{1d159}', '\u{13441}', '\u{13442}'];

/// Formats include zero-width and bidirectional controls, and the tags in which text is hidden from people.
fn is_unseen(character: char) -> bool {
    let unseen =
        [GeneralCategory::Control, GeneralCategory::Format, GeneralCategory::PrivateUse, GeneralCategory::Unassigned];
    unseen.contains(&get_general_category(character)) || is_ignorable(character)
}

/// The marks and letters among Unicode's `Default_Ignorable_Code_Point`; the others are formats or unassigned.
fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::*;

    /// `Default_Ignorable_Code_Point` of DerivedCoreProperties.txt.
    const IGNORABLE: [RangeInclusive<char>; 17] = [
        '\u{ad}'..='\u{ad}',
        '\u{34f}'..='\u{34f}',
        '\u{61c}'..='\u{61c}',
        '\u{115f}'..='\u{1160}',
        '\u{17b4}'..='\u{17b5}',
        '\u{180b}'..='\u{180f}',
        '\u{200b}'..='\u{200f}',
        '\u{202a}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{3164}'..='\u{3164}',
        '\u{fe00}'..='\u{fe0f}',
        '\u{feff}'..='\u{feff}',
        '\u{ffa0}'..='\u{ffa0}',
        '\u{fff0}'..='\u{fff8}',
        '\u{1bca0}'..='\u{1bca3}',
        '\u{1d173}'..='\u{1d17a}',
        '\u{e0000}'..='\u{e0fff}',
    ];

    #[test]
    fn no_control_format_or_ignorable_character_is_seen() {
        let controls = [GeneralCategory::Control, GeneralCategory::Format];
        let is_control = |character: &char| controls.contains(&get_general_category(*character));
        for character in ('\0'..=char::MAX).filter(is_control).chain(IGNORABLE.into_iter().flatten()) {
            let shown = character.is_whitespace().then_some(' ');
            assert_eq!(visible(character), shown, "{}", character.escape_unicode());
        }
    }

    #[test]
    fn what_fonts_leave_empty_is_a_space() {
        for character in
            [' ', '\n', '\u{a0}', '\u{2028}', '\u{3000}', '\u{2800}', '\u{1d159}', '\u{13441}', '\u{13442}']
        {
            assert_eq!(visible(character), Some(' '), "{}", character.escape_unicode());
        }
    }

    #[test]
    fn letters_marks_and_symbols_are_seen() {
        for character in "aß中ก\u{301}\u{302e}\u{20dd}…😀<\u{2801}".chars() {
            assert_eq!(visible(character), Some(character));
        }
    }
}
