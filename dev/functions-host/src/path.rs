//! What happens to a path on its way: the web server decodes it, the proxy encodes it anew.

/// A path that no web server accepts: `%00`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct HasNul;

/// Decodes as the host's web server does: valid UTF-8 escapes become characters, except `%2F`; what is no valid
/// escape stays as it is. Dot segments are resolved afterwards, so that `%2e%2e` counts as one.
pub(crate) fn decode(path: &str) -> Result<String, HasNul> {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(next) = rest.chars().next() {
        let (character, length) = escaped_character(rest).unwrap_or((next, next.len_utf8()));
        if character == '\0' {
            return Err(HasNul);
        }
        let (taken, after) = rest.split_at(length);
        match character {
            '/' => decoded.push_str(taken),
            _ => decoded.push(character),
        }
        rest = after;
    }
    Ok(resolve_dot_segments(&decoded))
}

/// Encodes as the proxy does. A `%` left over from decoding becomes `%25`: it is not an escape any more.
pub(crate) fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            push_escape(&mut encoded, byte);
        }
    }
    encoded
}

/// A query goes through as it came, except for characters that may not stand in a URI.
pub(crate) fn encode_query(query: &str) -> String {
    let mut encoded = String::with_capacity(query.len());
    for byte in query.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            push_escape(&mut encoded, byte);
        }
    }
    encoded
}

fn push_escape(encoded: &mut String, byte: u8) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    encoded.push('%');
    encoded.extend([byte >> 4, byte & 15].iter().filter_map(|digit| DIGITS.get(usize::from(*digit))));
}

/// The character that the escapes at the start of `text` stand for, and their length.
fn escaped_character(text: &str) -> Option<(char, usize)> {
    let bytes: Vec<u8> = text.as_bytes().chunks_exact(3).take(4).map_while(escape).collect();
    (1..=bytes.len()).find_map(|count| {
        let character = str::from_utf8(bytes.get(..count)?).ok()?.chars().next()?;
        Some((character, count * 3))
    })
}

fn escape(text: &[u8]) -> Option<u8> {
    let [b'%', high, low] = *text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

fn resolve_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." && kept.len() > 1 {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_characters_except_the_slash() {
        for (path, decoded) in [
            ("/%74oken", "/token"),
            ("/a%20b%2Bc", "/a b+c"),
            ("/%C3%A9%e2%82%ac", "/é€"),
            ("/a%2Fb%2fc", "/a%2Fb%2fc"),
            ("/%zz%4", "/%zz%4"),
            ("/%C3%28", "/%C3("),
            ("/%FF", "/%FF"),
            ("/100%25", "/100%"),
        ] {
            assert_eq!(decode(path).unwrap(), decoded, "{path}");
        }
        assert_eq!(decode("/token%00"), Err(HasNul));
    }

    #[test]
    fn dot_segments_are_resolved_also_when_escaped() {
        for (path, resolved) in [
            ("/a/../b", "/b"),
            ("/a/%2e%2e/b", "/b"),
            ("/a/./b", "/a/b"),
            ("/../../b", "/b"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("//a", "//a"),
            ("/", "/"),
        ] {
            assert_eq!(decode(path).unwrap(), resolved, "{path}");
        }
    }

    #[test]
    fn a_percent_sign_that_survived_decoding_is_encoded() {
        assert_eq!(encode("/mcp%2Fsse"), "/mcp%252Fsse");
        assert_eq!(encode("/a b+c;d=é"), "/a%20b+c;d=%C3%A9");
    }

    #[test]
    fn a_query_keeps_its_escapes_and_reserved_characters() {
        assert_eq!(encode_query("?a=%2f+%zz&b=[::1]:/?'"), "?a=%2f+%zz&b=[::1]:/?'");
        assert_eq!(encode_query("?{|}^`\"<>\\"), "?%7B%7C%7D%5E%60%22%3C%3E%5C");
    }
}
