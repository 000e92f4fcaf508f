//! The issuer is an origin in normal form, or it is none.

use oauth_protocol::issuer::BaseUrl;

fn main() {
    let _ = BaseUrl { issuer: "http://mcp.example.com/x".into(), host: "mcp.example.com".into(), port: None };
}
