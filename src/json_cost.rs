//! The memory that a JSON text can take once it is parsed, known before it is parsed.

/// For a value: itself and its place in its container, in each of the trees that are there at a time.
const VALUE_BYTES: usize = 250;
/// The same for an array, which has room for four elements from the start.
const ARRAY_BYTES: usize = 500;
/// The same for an object, which has room for eleven members from the start.
const OBJECT_BYTES: usize = 1_500;
/// For a byte of the text: itself, a parsed string, and twice in the buffer in which the parser resolves escapes.
const COPIES: usize = 4;
/// More copies of a string with an escape, in what rmcp keeps while it tries one type of message after another. Strings without
/// one are borrowed there.
const BUFFERED_COPIES: usize = 5;

/// The most bytes that this text and all that it is parsed to take, if it is parsed to a [`serde_json::Value`] or to a request for
/// tools.
#[must_use]
pub fn tree_cost(text: &[u8]) -> usize {
    cost(text, COPIES)
}

/// The same of a message whose type rmcp has to find.
#[must_use]
pub fn message_cost(text: &[u8]) -> usize {
    cost(text, COPIES + BUFFERED_COPIES)
}

/// With so many copies of a string that has an escape.
fn cost(text: &[u8], copies_of_escaped: usize) -> usize {
    let (mut values, mut arrays, mut objects) = (1, 0, 0);
    let (mut in_string, mut escaped) = (false, false);
    let (mut start, mut has_escape, mut escaped_bytes) = (0, false, 0);
    for (place, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => (escaped, has_escape) = (true, true),
            b'"' => {
                if in_string && has_escape {
                    escaped_bytes += place - start;
                }
                (in_string, start, has_escape) = (!in_string, place, false);
            }
            b'{' if !in_string => objects += 1,
            b'[' if !in_string => arrays += 1,
            b',' | b':' if !in_string => values += 1,
            _ => {}
        }
    }
    let copies = COPIES * text.len() + (copies_of_escaped - COPIES) * escaped_bytes;
    copies + VALUE_BYTES * values + ARRAY_BYTES * arrays + OBJECT_BYTES * objects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_costs_its_bytes_only() {
        let text = format!(r#""{}""#, r#"{\"[,:\\"#.repeat(100));
        assert_eq!(tree_cost(text.as_bytes()), COPIES * text.len() + VALUE_BYTES);
    }

    #[test]
    fn only_strings_with_an_escape_have_more_copies_in_a_message() {
        let plain = br#"["a","b\\"]"#.map(|byte| if byte == b'\\' { b'c' } else { byte });
        assert_eq!(message_cost(&plain), tree_cost(&plain));
        let escaped = br#"["a","b\\"]"#;
        assert_eq!(message_cost(escaped), tree_cost(escaped) + BUFFERED_COPIES * r#""b\\"#.len());
    }
}
