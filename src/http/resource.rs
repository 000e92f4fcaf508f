//! The protected resources of this server.

use super::head::Head;

/// A protected resource. Clients compare `resource` with the URL that they were given, so each has a document of its own.
#[derive(Clone, Copy)]
pub(super) enum Resource {
    /// The server as a whole.
    Server,
    /// Streamable HTTP.
    Mcp,
    /// HTTP+SSE: the stream and its message endpoint.
    McpSse,
}

impl Resource {
    pub(super) const ALL: [Self; 3] = [Self::Server, Self::Mcp, Self::McpSse];

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Server => "",
            Self::Mcp => "/mcp",
            Self::McpSse => "/mcp/sse",
        }
    }

    /// Its path as the request names it: with a slash at its end, or without.
    pub(super) fn path_of(self, request: &Head) -> &str {
        if self.is_at(&request.path) { &request.path } else { self.path() }
    }

    /// Whether this is its path, if it has one with a slash at its end or without.
    pub(super) fn is_at(self, path: &str) -> bool {
        path == self.path() || (!self.path().is_empty() && path.strip_suffix('/') == Some(self.path()))
    }
}
