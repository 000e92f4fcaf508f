//! The name of a client or user on a page.

use authorization_server::state::visible_name::visible_name;

use super::texts::Texts;

/// The visible part of the name. The template escapes it.
pub(super) fn display_name(texts: &Texts, name: Option<&str>) -> String {
    visible_name(name).unwrap_or_else(|| texts.unnamed().plain())
}

#[cfg(test)]
mod tests {
    use super::{super::language::Language, *};

    #[test]
    fn a_name_without_visible_characters_is_replaced() {
        let unnamed = "An application without a name";
        for (name, shown) in [(None, unnamed), (Some("\u{200b}"), unnamed), (Some("VS\u{200b} Code"), "VS Code")] {
            assert_eq!(display_name(Texts::of(Language::English), name), shown);
        }
    }
}
