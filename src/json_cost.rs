//! The memory that a JSON text can take once it is parsed, known before it is parsed.

/// For a value: itself and its place in its container, in each of the trees that are there at a time.
const VALUE_BYTES: usize = 250;
/// The same for an array, which has room for four elements from the start.
const ARRAY_BYTES: usize = 500;
/// The same for an object, which has room for eleven members from the start.
const OBJECT_BYTES: usize = 1_500;
/// For a byte of the text: its copies.
const COPIES: usize = 4;

/// The most bytes that are allocated while this text is parsed, to a message of rmcp or to a [`serde_json::Value`].
#[must_use]
pub fn tree_cost(text: &[u8]) -> usize {
    let (mut values, mut arrays, mut objects) = (1, 0, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => objects += 1,
            b'[' if !in_string => arrays += 1,
            b',' | b':' if !in_string => values += 1,
            _ => {}
        }
    }
    COPIES * text.len() + VALUE_BYTES * values + ARRAY_BYTES * arrays + OBJECT_BYTES * objects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_costs_its_bytes_only() {
        let text = format!(r#""{}""#, r#"{\"[,:\\"#.repeat(100));
        assert_eq!(tree_cost(text.as_bytes()), COPIES * text.len() + VALUE_BYTES);
    }
}
