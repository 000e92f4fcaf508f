//! Texts of other people, as a model gets them: short, on one line, and without characters that nobody sees.

use oauth_protocol::visible::visible;
use serde::Deserialize;

/// The longest text. Outlook's previews have 255 characters.
pub(super) const MAX_TEXT_LENGTH: usize = 255;
/// A longer link is left out: cut off, it would lead nowhere.
pub(super) const LONGEST_LINK: usize = 1024;

/// A `recipient` of Graph: who sent a message, or who organises an event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sender {
    email_address: Option<EmailAddress>,
}

#[derive(Deserialize)]
struct EmailAddress {
    name: Option<String>,
    address: Option<String>,
}

impl Sender {
    /// Name and address on one line, as far as they are known.
    pub(super) fn line(self) -> Option<String> {
        let EmailAddress { name, address } = self.email_address?;
        match (name, address) {
            (Some(name), Some(address)) if name != address => line(&format!("{name} <{address}>")),
            (name, address) => line(&address.or(name)?),
        }
    }
}

/// At most [`MAX_TEXT_LENGTH`] characters, the last of which then says that there was more; `None` if nothing is left.
pub(super) fn line(text: &str) -> Option<String> {
    let shown: String = text.chars().filter_map(visible).collect();
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_TEXT_LENGTH) {
        None => Some(line).filter(|line| !line.is_empty()),
        Some(_) => Some(line.chars().take(MAX_TEXT_LENGTH - 1).chain(['…']).collect()),
    }
}

/// An https link.
pub(super) fn link(text: String) -> Option<String> {
    let is_link = text.starts_with("https://")
        && text.chars().count() <= LONGEST_LINK
        && text.chars().all(|character| visible(character) == Some(character));
    is_link.then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_one_line_of_what_people_see() {
        for (text, expected) in [
            ("Agenda:\r\n1. Budget\r\n", Some("Agenda: 1. Budget")),
            ("\u{202e}evil\u{200b} \u{e0041}tag\u{0}", Some("evil tag")),
            ("Bud\u{fe01}get\u{e0101} \u{2800}\u{3164}", Some("Budget")),
            ("ليلى  حداد", Some("ليلى حداد")),
            (" \r\n\u{feff}", None),
        ] {
            assert_eq!(line(text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(line(&"ü".repeat(MAX_TEXT_LENGTH)), Some("ü".repeat(MAX_TEXT_LENGTH)));
        assert_eq!(line(&"ü".repeat(MAX_TEXT_LENGTH + 1)), Some("ü".repeat(MAX_TEXT_LENGTH - 1) + "…"));
    }

    #[test]
    fn a_link_is_https_and_whole() {
        assert!(link("https://outlook.office365.com/owa/?itemid=1".into()).is_some());
        let long = format!("https://{}", "x".repeat(LONGEST_LINK));
        for text in ["javascript:alert(1)", "http://a.example", "https://a.example/\u{202e}", long.as_str(), ""] {
            assert_eq!(link(text.into()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_longer_than_the_longest_or_has_a_line_break(text in ".*|[\\PC\\s]{200,600}") {
            let line = line(&text).unwrap_or_default();
            prop_assert!(line.chars().count() <= MAX_TEXT_LENGTH && line.lines().count() <= 1);
        }
    }
}
