//! Protected resource metadata (RFC 9728 §2).

use serde::Serialize;

use crate::issuer::BaseUrl;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The document of one resource path.
#[derive(Clone, Debug, Serialize)]
pub struct ProtectedResourceMetadata {
    /// Exactly the URL that the document was asked for (RFC 9728 §3.3).
    pub resource: String,
    /// This server's issuer alone.
    pub authorization_servers: Vec<String>,
    /// The supported scopes.
    pub scopes_supported: Vec<String>,
    /// `header` alone (RFC 6750 §2.1).
    pub bearer_methods_supported: &'static [&'static str],
    /// The name for people.
    pub resource_name: String,
}

impl ProtectedResourceMetadata {
    /// The document of the resource at `path` (`""` for the base URL itself, `"/mcp"`, …).
    #[must_use]
    pub fn new(base: &BaseUrl, path: &str, scopes: &[&str], name: &str) -> Self {
        Self {
            resource: format!("{}{path}", base.issuer()),
            authorization_servers: vec![base.issuer().to_owned()],
            scopes_supported: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            bearer_methods_supported: &["header"],
            resource_name: name.to_owned(),
        }
    }

    /// The path of the resource whose document has this path; `None` if it is the path of none.
    #[must_use]
    pub fn resource_path(path: &str) -> Option<&str> {
        path.strip_prefix(WELL_KNOWN)
    }

    /// The URL of that document: the well-known string goes between host and path (RFC 9728 §3.1).
    #[must_use]
    pub fn url(base: &BaseUrl, path: &str) -> String {
        format!("{}{WELL_KNOWN}{path}", base.issuer())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    fn base() -> BaseUrl {
        BaseUrl::parse("https://mcp.example.com").unwrap()
    }

    #[test]
    fn the_document_names_its_own_resource() {
        let expected = json!({
            "resource": "https://mcp.example.com/mcp/sse",
            "authorization_servers": ["https://mcp.example.com"],
            "scopes_supported": ["user.read"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Mini MCP Server",
        });
        let document = ProtectedResourceMetadata::new(&base(), "/mcp/sse", &["user.read"], "Mini MCP Server");
        assert_eq!(to_value(document).unwrap(), expected);
    }

    #[test]
    fn resource_and_document_url_belong_together() {
        for (path, resource, url) in [
            ("", "https://mcp.example.com", "https://mcp.example.com/.well-known/oauth-protected-resource"),
            ("/mcp", "https://mcp.example.com/mcp", "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"),
        ] {
            assert_eq!(ProtectedResourceMetadata::new(&base(), path, &[], "").resource, resource);
            assert_eq!(ProtectedResourceMetadata::url(&base(), path), url);
            let document = url.strip_prefix("https://mcp.example.com").unwrap();
            assert_eq!(ProtectedResourceMetadata::resource_path(document), Some(path));
            assert_eq!(ProtectedResourceMetadata::resource_path(path), None);
        }
    }
}
