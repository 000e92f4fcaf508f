//! An answer goes only to a redirect URI that matched a registered one: an open redirect cannot be written.

use oauth_protocol::{authorization_response::code_response, issuer::BaseUrl, redirect_uri::RedirectTarget};

fn open_redirect(requested: &str, base: &BaseUrl) -> String {
    let _ = RedirectTarget(requested.to_owned());
    let _ = RedirectTarget::matched(requested);
    let _: RedirectTarget = requested.into();
    code_response(requested, "code", None, base)
}

fn main() {}
