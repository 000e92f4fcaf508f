//! The targets to which an error may be redirected before anyone has signed in (RFC 9700 §4.11.2).
//!
//! Anyone can register a client, so a redirect without a click would make this server an open redirector.

use oauth_protocol::redirect_uri::{RedirectKind, RedirectTarget};

/// Callbacks of hosted clients.
const HOSTED: [&str; 5] = [
    "https://vscode.dev/redirect",
    "https://insiders.vscode.dev/redirect",
    "https://claude.ai/api/mcp/auth_callback",
    "https://claude.com/api/mcp/auth_callback",
    "https://chatgpt.com/connector_platform_oauth_redirect",
];
/// ChatGPT gives each connector a path of its own.
const HOSTED_BELOW: &str = "https://chatgpt.com/connector/oauth/";

/// Whether the target is on this computer or belongs to a known client.
#[must_use]
pub fn is_allowed(target: &RedirectTarget) -> bool {
    let uri = target.as_str();
    target.kind() == RedirectKind::Loopback || HOSTED.contains(&uri) || uri.starts_with(HOSTED_BELOW)
}

#[cfg(test)]
mod tests {
    use oauth_protocol::{
        issuer::BaseUrl,
        redirect_uri::{PrivateUseSchemes, RedirectUri},
    };

    use super::*;

    fn safe(uri: &str) -> bool {
        let base = BaseUrl::parse("https://mcp.example.com").unwrap();
        let registered = RedirectUri::parse(uri, &PrivateUseSchemes::default(), &base).unwrap();
        is_allowed(&registered.matches(uri).unwrap())
    }

    #[test]
    fn this_computer_and_known_clients_are_safe() {
        for uri in
            ["http://127.0.0.1:33418/cb", "https://vscode.dev/redirect", "https://chatgpt.com/connector/oauth/x1"]
        {
            assert!(safe(uri), "{uri}");
        }
    }

    #[test]
    fn every_other_address_is_not() {
        for uri in [
            "https://app.example.com/cb",
            "https://vscode.dev/redirect/x",
            "https://vscode.dev.evil.example/redirect",
            "https://chatgpt.com/connector/other",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ] {
            assert!(!safe(uri), "{uri}");
        }
    }
}
