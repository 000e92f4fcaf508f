//! Changes of a text. Each needs a place that is there exactly once, and says so if it is not.

use serde_json::Value;

/// Why a text cannot be changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum EditError {
    #[error("{0:?} is not there exactly once")]
    Place(String),
    #[error("it is not the JSON that the tests write")]
    Json,
}

/// Puts a text before the place.
pub(super) fn before(text: &str, place: &str, put: &str) -> Result<String, EditError> {
    once(text, place)?;
    Ok(text.replacen(place, &format!("{put}{place}"), 1))
}

/// Puts a text after the place.
pub(super) fn after(text: &str, place: &str, put: &str) -> Result<String, EditError> {
    once(text, place)?;
    Ok(text.replacen(place, &format!("{place}{put}"), 1))
}

/// Appends an item to the list that begins with this place and ends at the next `end`.
pub(super) fn append(text: &str, place: &str, end: &str, separator: &str, item: &str) -> Result<String, EditError> {
    once(text, place)?;
    let missing = || EditError::Place(place.to_owned());
    let (head, rest) = text.split_once(place).ok_or_else(missing)?;
    let (items, tail) = rest.split_once(end).ok_or_else(missing)?;
    // A list over several lines ends with a separator, too.
    let items = items.trim_end().trim_end_matches(separator.trim_end_matches(' '));
    Ok(format!("{head}{place}{items}{separator}{item}{end}{tail}"))
}

/// Adds `mod NAME;` in its place of the alphabet, among the first lines of that kind.
pub(super) fn declare(text: &str, name: &str) -> Result<String, EditError> {
    let line = format!("mod {name};");
    let lines: Vec<&str> = text.lines().collect();
    let is_module = |line: &&str| line.starts_with("mod ") && line.ends_with(';');
    let later = lines.iter().position(|other| is_module(other) && **other > *line);
    let last = lines.iter().rposition(is_module).map(|last| last + 1);
    let at = later.or(last).ok_or_else(|| EditError::Place("mod …;".to_owned()))?;
    let (head, tail) = lines.split_at(at);
    Ok([head, &[line.as_str()], tail].concat().join("\n") + "\n")
}

/// Changes a JSON file that a test writes.
pub(super) fn json(text: &str, change: impl FnOnce(&mut Value) -> Option<()>) -> Result<String, EditError> {
    let mut value: Value = serde_json::from_str(text).map_err(|_| EditError::Json)?;
    change(&mut value).ok_or(EditError::Json)?;
    Ok(format!("{value:#}\n"))
}

fn once(text: &str, place: &str) -> Result<(), EditError> {
    if text.matches(place).count() == 1 { Ok(()) } else { Err(EditError::Place(place.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_must_be_there_once() {
        assert_eq!(before("a b c", "b", "x ").unwrap(), "a x b c");
        assert_eq!(after("a b c", "b", " x").unwrap(), "a b x c");
        for text in ["a c", "a b b c"] {
            assert_eq!(before(text, "b", "x"), Err(EditError::Place("b".to_owned())));
        }
    }

    #[test]
    fn an_item_goes_to_the_end_of_a_list_on_one_line_or_on_several() {
        assert_eq!(append("x = [a, b]; y = [];", "x = [", "]", ", ", "c").unwrap(), "x = [a, b, c]; y = [];");
        assert_eq!(append("x = [\n  a,\n  b,\n];", "x = [", "]", ", ", "c").unwrap(), "x = [\n  a,\n  b, c];");
        assert_eq!(append("--scope \"a b\"", "--scope \"", "\"", " ", "c").unwrap(), "--scope \"a b c\"");
    }

    #[test]
    fn a_module_is_declared_in_the_order_of_the_alphabet() {
        let text = "//! Docs.\n\nmod a;\nmod c;\n\nuse a::b;\n";
        assert_eq!(declare(text, "b").unwrap(), "//! Docs.\n\nmod a;\nmod b;\nmod c;\n\nuse a::b;\n");
        assert_eq!(declare(text, "d").unwrap(), "//! Docs.\n\nmod a;\nmod c;\nmod d;\n\nuse a::b;\n");
        assert!(declare("fn main() {}", "b").is_err());
    }
}
