//! The targets of the lines that our own code writes.

use super::audit;

/// The crates that log.
pub(super) const CRATES: [&str; 3] = ["remote_auth_mcp", "authorization_server", "handler"];

/// Whether our own code writes lines with this target.
pub(super) fn is_ours(target: &str) -> bool {
    let first = target.split("::").next().unwrap_or_default();
    first == audit::TARGET || CRATES.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_ours_with_its_modules_and_not_with_a_longer_name() {
        for ours in ["handler", "remote_auth_mcp::http", "audit", "authorization_server::endpoints::token"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in ["remote_auth_mcp_sdk", "rmcp::remote_auth_mcp", "auditor", ""] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
