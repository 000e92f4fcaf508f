//! An authorization request can be read from storage; outside its crate it gives no redirect target.

use authorization_server::state::valid_request::ValidRequest;
use oauth_protocol::redirect_uri::RedirectTarget;

fn open_redirect(json: &str) -> RedirectTarget {
    let request: ValidRequest = serde_json::from_str(json).unwrap();
    request.redirect().clone()
}

fn main() {}
