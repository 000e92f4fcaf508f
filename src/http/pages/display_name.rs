//! The name of a client or user on a page.

use authorization_server::state::visible_name::visible_name;

const UNNAMED: &str = "An application without a name";

/// The visible part of the name. The template escapes it.
pub(super) fn display_name(name: Option<&str>) -> String {
    visible_name(name).unwrap_or_else(|| UNNAMED.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_visible_characters_is_replaced() {
        for (name, shown) in [(None, UNNAMED), (Some("\u{200b}"), UNNAMED), (Some("VS\u{200b} Code"), "VS Code")] {
            assert_eq!(display_name(name), shown);
        }
    }
}
