//! Nor does a redirect URI that no registration has checked.

use oauth_protocol::redirect_uri::RedirectUri;

fn open_redirect(json: &str) -> RedirectUri {
    serde_json::from_str(json).unwrap()
}

fn main() {}
