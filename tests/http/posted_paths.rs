//! The paths to which clients post.

use remote_auth_mcp::http::endpoints;

/// The paths that take a body.
pub(crate) fn posted_paths() -> Vec<String> {
    let taking = endpoints().filter(|endpoint| endpoint.methods.contains(&"POST"));
    let paths: Vec<_> = taking.flat_map(|endpoint| endpoint.paths).collect();
    assert!(["/operator", "/mcp/sse"].iter().all(|path| paths.iter().any(|found| found == path)), "{paths:?}");
    paths
}
