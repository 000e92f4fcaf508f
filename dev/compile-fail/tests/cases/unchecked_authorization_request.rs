//! Only the crate that checks an authorization request makes a valid one.

use authorization_server::{ground::Id, state::valid_request::ValidRequest};
use oauth_protocol::{pkce::CodeChallenge, redirect_uri::RedirectTarget, scope::Scope};

fn by_its_constructor(client: Id, redirect: RedirectTarget, challenge: CodeChallenge, scope: Scope) -> ValidRequest {
    ValidRequest::new(client, redirect, challenge, scope)
}

fn changed(mut request: ValidRequest, redirect: RedirectTarget) -> ValidRequest {
    request.redirect = redirect;
    request
}

fn main() {}
