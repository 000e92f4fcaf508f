//! The kinds of requests.

use serde_json::json;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Without a token.
    Unauthorized,
    /// `tools/list`.
    List,
    /// `tools/call`, with one request to Graph.
    Call,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Unauthorized, Self::List, Self::Call];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "401",
            Self::List => "tools/list",
            Self::Call => "warm tools/call",
        }
    }

    pub(crate) fn body(self) -> String {
        let call = json!({ "name": "get_graph_user_details", "arguments": {} });
        let message = match self {
            Self::Unauthorized | Self::List => json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }),
            Self::Call => json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call }),
        };
        message.to_string()
    }
}
