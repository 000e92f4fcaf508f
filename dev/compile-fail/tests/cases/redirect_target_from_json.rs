//! Nor does a redirect target come from outside as JSON.

use oauth_protocol::redirect_uri::RedirectTarget;

fn open_redirect(json: &str) -> RedirectTarget {
    serde_json::from_str(json).unwrap()
}

fn main() {}
