//! The head of an HTTP/1.1 message (RFC 9112 sections 2 to 5): a start line and field lines, nothing repaired.

/// A head. Its bytes are read as Latin-1, so that a byte above 127 is seen and judged later.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) start_line: String,
    pub(crate) fields: Vec<Field>,
}

/// A field line. The name keeps its letter case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Bytes that are no head.
#[derive(Debug)]
pub(crate) struct Malformed;

impl Head {
    /// Parses everything before the empty line, without the last CRLF.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let text: String = bytes.iter().copied().map(char::from).collect();
        let mut lines = text.split("\r\n");
        let start_line = lines.next().ok_or(Malformed)?.to_owned();
        let fields = lines.map(Field::parse).collect::<Result<_, _>>()?;
        Ok(Self { start_line, fields })
    }

    /// The values of all fields with this name, in any letter case.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |field| field.is(name)).map(|field| field.value.as_str())
    }

    /// Whether a list field (RFC 9110 section 5.6.1) has this member.
    pub(crate) fn lists(&self, name: &str, member: &str) -> bool {
        self.values(name).flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(member))
    }

    pub(crate) fn is_ascii(&self) -> bool {
        self.start_line.is_ascii() && self.fields.iter().all(|field| field.value.is_ascii())
    }
}

impl Field {
    /// A folded line (RFC 9112 section 5.2) and a space before the colon (section 5.1) are malformed.
    fn parse(line: &str) -> Result<Self, Malformed> {
        let (name, value) = line.split_once(':').ok_or(Malformed)?;
        if !is_token(name) || value.contains(['\0', '\r', '\n']) {
            return Err(Malformed);
        }
        Ok(Self { name: name.to_owned(), value: value.trim_matches([' ', '\t']).to_owned() })
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// RFC 9110 section 5.6.2.
pub(crate) fn is_token(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(token)
}

/// Content-Length (RFC 9110 section 8.6): digits and nothing else.
pub(crate) fn content_length(value: &str) -> Option<u64> {
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok()).flatten()
}
