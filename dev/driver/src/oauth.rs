//! An OAuth client with PKCE (RFC 7636), as far as it needs no HTTP.

use std::collections::HashMap;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use uuid::Uuid;

/// A client's registration request (RFC 7591).
#[must_use]
pub fn registration(client_name: &str, redirect_uri: &str) -> Value {
    json!({ "client_name": client_name, "redirect_uris": [redirect_uri] })
}

/// The form that redeems a code.
#[must_use]
pub fn redemption<'a>(
    client_id: &'a str,
    code: &'a str,
    redirect_uri: &'a str,
    verifier: &'a str,
) -> [(&'static str, &'a str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ]
}

/// The form that redeems a refresh token.
#[must_use]
pub fn refresh<'a>(client_id: &'a str, refresh_token: &'a str) -> [(&'static str, &'a str); 3] {
    [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)]
}

/// An authorization request, and what only its client knows.
pub struct AuthorizationRequest {
    /// To open in a browser.
    pub url: Url,
    issuer: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    verifier: String,
}

impl AuthorizationRequest {
    /// For the resource `{issuer}/mcp`. The endpoint is the server's `/authorize`.
    #[must_use]
    pub fn new(endpoint: Url, issuer: &str, client_id: &str, redirect_uri: &str) -> Self {
        let (state, verifier) = (random(), random());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let mut url = endpoint;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", &state),
            ("resource", &format!("{issuer}/mcp")),
        ]);
        let [issuer, client_id, redirect_uri] = [issuer, client_id, redirect_uri].map(str::to_owned);
        Self { url, issuer, client_id, redirect_uri, state, verifier }
    }

    /// The code in the parameters of a redirect without error, if `state` and `iss` (RFC 9207) are right.
    pub fn code(&self, redirect: &HashMap<String, String>) -> Result<String, String> {
        let member = |name: &str| redirect.get(name).map(String::as_str);
        if member("state") != Some(&self.state) {
            return Err("the state did not come back as it was sent".to_owned());
        }
        if member("iss") != Some(&self.issuer) {
            return Err(format!("iss is {:?}, and not {:?}", member("iss").unwrap_or_default(), self.issuer));
        }
        member("code").map(str::to_owned).ok_or_else(|| "the redirect has no code".to_owned())
    }

    /// The form that redeems its code.
    #[must_use]
    pub fn redemption<'a>(&'a self, code: &'a str) -> [(&'static str, &'a str); 5] {
        redemption(&self.client_id, code, &self.redirect_uri, &self.verifier)
    }
}

/// 244 random bits.
fn random() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
