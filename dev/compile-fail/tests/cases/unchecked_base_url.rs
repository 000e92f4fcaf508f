//! The issuer is an origin in normal form, or it is none.

use oauth_protocol::issuer::BaseUrl;

fn main() {
    let _ = BaseUrl { issuer: "http://m.example/x".into(), host: "m.example".into(), port: None, is_loopback: true };
}
