//! The hosts whose clients may use this server without a registration.

/// Which hosts may publish the metadata document of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentHosts {
    allowed: Vec<HostPattern>,
    refused: Vec<HostPattern>,
}

/// One or many hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    /// `*`.
    Every,
    /// `*.example.com`: the hosts below it. The text has the dot.
    Below(String),
    /// `example.com`.
    Host(String),
}

impl DocumentHosts {
    /// Reads a list such as `claude.ai *.example.com !test.example.com`, separated by commas or spaces. A host may publish if a
    /// member allows it and no member with `!` refuses it. The error is the member that is wrong.
    pub fn parse(list: &str) -> Result<Self, String> {
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for member in list.split([',', ' ']).filter(|member| !member.is_empty()) {
            let (patterns, text) = match member.strip_prefix('!') {
                Some(text) => (&mut refused, text),
                None => (&mut allowed, member),
            };
            patterns.push(HostPattern::parse(text).ok_or_else(|| member.to_owned())?);
        }
        Ok(Self { allowed, refused })
    }

    /// Whether this host may publish.
    #[must_use]
    pub fn allow(&self, host: &str) -> bool {
        let names = |patterns: &[HostPattern]| patterns.iter().any(|pattern| pattern.names(host));
        names(&self.allowed) && !names(&self.refused)
    }

    /// Whether there is a host that may publish.
    #[must_use]
    pub fn allow_any(&self) -> bool {
        !self.allowed.is_empty() && !self.refused.contains(&HostPattern::Every)
    }
}

/// Every host.
impl Default for DocumentHosts {
    fn default() -> Self {
        Self { allowed: vec![HostPattern::Every], refused: Vec::new() }
    }
}

impl HostPattern {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Every);
        }
        let host = text.strip_prefix("*.").unwrap_or(text);
        let is_label = |label: &str| {
            let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            !label.is_empty() && label.bytes().all(allowed)
        };
        let is_host = host.contains('.') && host.split('.').all(is_label);
        is_host.then(|| if host == text { Self::Host(host.to_owned()) } else { Self::Below(format!(".{host}")) })
    }

    fn names(&self, host: &str) -> bool {
        match self {
            Self::Every => true,
            Self::Below(below) => host.ends_with(below.as_str()),
            Self::Host(own) => own == host,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(list: &str, host: &str) -> bool {
        DocumentHosts::parse(list).unwrap().allow(host)
    }

    #[test]
    fn a_host_is_allowed_by_its_name_or_by_one_above_it() {
        assert!(DocumentHosts::default().allow("client.example"));
        assert!(allowed("claude.ai, vscode.dev", "vscode.dev"));
        assert!(!allowed("claude.ai", "evil.claude.ai") && !allowed("claude.ai", "notclaude.ai"));
        assert!(allowed("h2.my-client.example", "h2.my-client.example"));
        assert!(allowed("*.example.com", "a.b.example.com"));
        assert!(!allowed("*.example.com", "example.com") && !allowed("*.example.com", "evilexample.com"));
        assert!(!allowed("", "claude.ai"));
    }

    #[test]
    fn a_refusal_counts_before_what_is_allowed() {
        assert!(!allowed("* !evil.example", "evil.example") && allowed("* !evil.example", "client.example"));
        assert!(!allowed("!*.example.com a.example.com", "a.example.com"));
        assert!(!allowed("!*", "claude.ai"));
    }

    #[test]
    fn documents_are_supported_if_a_host_may_publish_one() {
        for (list, any) in [("*", true), ("claude.ai", true), ("* !evil.example", true), ("!*", false), ("* !*", false)]
        {
            assert_eq!(DocumentHosts::parse(list).unwrap().allow_any(), any, "{list}");
        }
        assert!(!DocumentHosts::parse("").unwrap().allow_any());
    }

    #[test]
    fn a_member_that_is_no_host_is_named() {
        for member in [
            "https://claude.ai",
            "claude.ai/x",
            "CLAUDE.ai",
            "claude",
            "claude.ai.",
            "*claude.ai",
            "!!a.b",
            "!",
            "a.*",
            "a.b:1",
        ] {
            assert_eq!(DocumentHosts::parse(&format!("claude.ai {member}")).unwrap_err(), member);
        }
    }
}
