//! The changes of a path on its way: the web server decodes it, the proxy encodes it anew.

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
    escape(path, |byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte))
}

/// A query goes through as it came, except for characters that may not stand in a URI.
pub(crate) fn encode_query(query: &str) -> String {
    escape(query, |byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
}

fn escape(text: &str, stays: impl Fn(u8) -> bool) -> String {
    let byte = |byte| if stays(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

/// The character that the escapes at the start of `text` stand for, and their length.
fn escaped_character(text: &str) -> Option<(char, usize)> {
    let bytes: Vec<u8> = text.as_bytes().chunks_exact(3).take(4).map_while(escaped_byte).collect();
    (1..=bytes.len()).find_map(|count| {
        let character = str::from_utf8(bytes.get(..count)?).ok()?.chars().next()?;
        Some((character, count * 3))
    })
}

fn escaped_byte(text: &[u8]) -> Option<u8> {
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
