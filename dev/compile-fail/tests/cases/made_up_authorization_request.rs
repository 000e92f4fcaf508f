//! A valid request has private fields.

use authorization_server::{ground::Id, state::valid_request::ValidRequest};
use oauth_protocol::{pkce::CodeChallenge, redirect_uri::RedirectTarget, scope::Scope};

fn by_hand(client: Id, redirect: RedirectTarget, challenge: CodeChallenge, scope: Scope) -> ValidRequest {
    ValidRequest { client, redirect, challenge, state: None, scope, address: None, metadata: None }
}

fn main() {}
