//! Resource indicators (RFC 8707): which `resource` values mean this server.
//!
//! All endpoints of the protected resource are one audience. The MCP specification asks to accept scheme and host in
//! upper case.

use serde::{Deserialize, Serialize};

use crate::issuer::BaseUrl;

/// The OAuth endpoint to which the client sent `resource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthEndpoint {
    /// RFC 8707 §2.1.
    Authorize,
    /// RFC 8707 §2.2. Some clients send the URL of the MCP message that they were about to post.
    Token,
}

/// RFC 8707 §2: `invalid_target`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("resource does not name this server")]
pub struct ResourceError;

/// Whether every value is this server; none at all is fine.
pub fn check(base: &BaseUrl, values: &[impl AsRef<str>], endpoint: OAuthEndpoint) -> Result<(), ResourceError> {
    if values.iter().all(|value| is_ours(base, value.as_ref(), endpoint)) { Ok(()) } else { Err(ResourceError) }
}

/// One of the two addresses at which clients connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceAddress {
    /// Streamable HTTP.
    Mcp,
    /// HTTP+SSE.
    McpSse,
}

impl ResourceAddress {
    /// The address that these values name, if it is one.
    #[must_use]
    pub fn named(base: &BaseUrl, values: &[impl AsRef<str>]) -> Option<Self> {
        let path = |value: &str| match value.split_at_checked(base.issuer().len())?.1 {
            "/mcp" | "/mcp/" => Some(Self::Mcp),
            "/mcp/sse" | "/mcp/sse/" => Some(Self::McpSse),
            _ => None,
        };
        values.iter().find_map(|value| path(value.as_ref()))
    }

    /// Its path.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Mcp => "/mcp",
            Self::McpSse => "/mcp/sse",
        }
    }
}

fn is_ours(base: &BaseUrl, value: &str, endpoint: OAuthEndpoint) -> bool {
    let Some((origin, path)) = value.split_at_checked(base.issuer().len()) else { return false };
    origin.eq_ignore_ascii_case(base.issuer())
        && match path {
            "" | "/" | "/mcp" | "/mcp/" | "/mcp/sse" | "/mcp/sse/" => true,
            _ => endpoint == OAuthEndpoint::Token && is_message(path),
        }
}

/// RFC 8707 §2: a resource must not have a fragment.
fn is_message(path: &str) -> bool {
    let query = path.strip_prefix("/mcp/message");
    query.is_some_and(|query| (query.is_empty() || query.starts_with('?')) && !query.contains('#'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINE: &str = "https://mcp.example.com";

    fn ours(values: &[&str], endpoint: OAuthEndpoint) -> bool {
        check(&BaseUrl::parse(MINE).unwrap(), values, endpoint).is_ok()
    }

    #[test]
    fn an_absent_resource_is_fine() {
        assert!(ours(&[], OAuthEndpoint::Authorize));
        assert!(ours(&[], OAuthEndpoint::Token));
    }

    #[test]
    fn the_address_is_the_one_that_is_named() {
        let named = |values: &[&str]| ResourceAddress::named(&BaseUrl::parse(MINE).unwrap(), values);
        for address in [ResourceAddress::Mcp, ResourceAddress::McpSse] {
            assert_eq!(named(&[MINE, &format!("{MINE}{}", address.path())]), Some(address));
        }
        assert_eq!([named(&[]), named(&[MINE]), named(&["https://mcp.example.com/"])], [None; 3]);
    }

    #[test]
    fn an_address_is_known_however_its_host_is_written_and_by_its_whole_path() {
        let named = |value: &str| ResourceAddress::named(&BaseUrl::parse(MINE).unwrap(), &[value]);
        let upper = MINE.to_ascii_uppercase().replacen("HTTPS", "https", 1);
        assert_eq!(named(&format!("{upper}/mcp")), Some(ResourceAddress::Mcp));
        assert_eq!(named(&format!("{MINE}/mcp/sse/")), Some(ResourceAddress::McpSse));
        for path in ["/mcp//", "/mcp/sse//", "/mcp?x", "/MCP", "/mcpx", "/mcp/message", "\u{e9}/mcp"] {
            assert_eq!(named(&format!("{MINE}{path}")), None, "{path}");
        }
        // Cut in the middle of a character.
        assert_eq!(named(&format!("{}\u{e9}", &MINE[..MINE.len() - 1])), None);
    }

    #[test]
    fn an_address_is_stored_as_one_word() {
        for (address, word) in [(ResourceAddress::Mcp, "\"mcp\""), (ResourceAddress::McpSse, "\"mcp_sse\"")] {
            assert_eq!(serde_json::to_string(&address).unwrap(), word);
            assert_eq!(serde_json::from_str::<ResourceAddress>(word).unwrap(), address);
        }
        assert!(serde_json::from_str::<ResourceAddress>("\"sse\"").is_err());
    }

    #[test]
    fn base_and_both_transports_are_one_audience() {
        for path in ["", "/", "/mcp", "/mcp/", "/mcp/sse", "/mcp/sse/"] {
            let value = format!("{MINE}{path}");
            assert!(ours(&[&value], OAuthEndpoint::Authorize), "{value}");
            assert!(ours(&[&value], OAuthEndpoint::Token), "{value}");
        }
        assert!(ours(&[MINE, "https://mcp.example.com/mcp"], OAuthEndpoint::Authorize));
    }

    #[test]
    fn the_message_url_counts_at_the_token_endpoint_only() {
        for query in ["", "?", "?sessionId=abc&x=%2F"] {
            let value = format!("{MINE}/mcp/message{query}");
            assert!(ours(&[&value], OAuthEndpoint::Token), "{value}");
            assert!(!ours(&[&value], OAuthEndpoint::Authorize), "{value}");
        }
    }

    #[test]
    fn scheme_and_host_may_be_in_upper_case_and_paths_may_not() {
        assert!(ours(&["HTTPS://MCP.example.com/mcp"], OAuthEndpoint::Authorize));
        assert!(!ours(&["https://mcp.example.com/MCP"], OAuthEndpoint::Authorize));
    }

    #[test]
    fn another_server_is_refused() {
        for value in [
            "https://other.example.com",
            "https://mcp.example.com.evil.com",
            "https://mcp.example.com:8443",
            "https://mcp.example.com@evil.com",
            "http://mcp.example.com",
            "https://mcp.example.com\\@evil.com",
            "mcp.example.com",
            "https://",
            "https://graph.microsoft.com",
            "",
            "\u{e9}".repeat(20).as_str(),
        ] {
            assert!(!ours(&[value], OAuthEndpoint::Authorize), "{value}");
            assert!(!ours(&[value], OAuthEndpoint::Token), "{value}");
        }
    }

    #[test]
    fn other_paths_queries_and_fragments_are_refused() {
        for path in [
            "/mcp//",
            "/mcp/sse//",
            "/mcp?x",
            "/token",
            "//",
            "/mcp/message/x",
            "/mcp/messages",
            "#",
            "/mcp#x",
            "/mcp/message?a#b",
            "/x/../mcp",
        ] {
            let value = format!("{MINE}{path}");
            assert!(!ours(&[&value], OAuthEndpoint::Token), "{value}");
        }
    }

    #[test]
    fn one_foreign_value_among_ours_is_refused() {
        assert!(!ours(&[MINE, "https://other.example.com"], OAuthEndpoint::Authorize));
    }

    proptest! {
        #[test]
        fn any_value_is_accepted_or_refused(value in ".*") {
            let _ = ours(&[&value], OAuthEndpoint::Token);
        }

        #[test]
        fn an_accepted_resource_leads_to_this_server(tail in "[:@./?#\\\\a-z]{0,12}") {
            let value = format!("{MINE}{tail}");
            if ours(&[&value], OAuthEndpoint::Token) {
                prop_assert_eq!(url::Url::parse(&value).unwrap().origin().ascii_serialization(), MINE);
            }
        }
    }
}
