//! An OAuth client: registration, the authorization request with PKCE, redemption, revocation.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use uuid::Uuid;

use crate::callback::Listening;
use crate::facts::Fact;
use crate::server::Server;

/// What the client was issued. Never shown.
pub(crate) struct Tokens {
    client_id: String,
    access_token: String,
    refresh_token: String,
}

impl Tokens {
    pub(crate) fn access_token(&self) -> &str {
        &self.access_token
    }

    #[cfg(test)]
    pub(crate) fn forged() -> Self {
        let text = || "forged".to_owned();
        Self { client_id: text(), access_token: text(), refresh_token: text() }
    }
}

/// Registers, and returns the client's id.
pub(crate) async fn register(server: &Server, redirect_uri: &str) -> Result<String, String> {
    let metadata = json!({ "client_name": "Smoke test", "redirect_uris": [redirect_uri] });
    let answer = Server::answer(server.request(Method::POST, "/register").json(&metadata)).await?;
    text(&answer.expect(StatusCode::CREATED)?.json()?, "client_id")
}

/// RFC 7009.
pub(crate) async fn revoke(server: &Server, tokens: &Tokens) -> Fact {
    let form = [("token", tokens.refresh_token.as_str()), ("client_id", &tokens.client_id)];
    Server::answer(server.request(Method::POST, "/revoke").form(&form)).await?.expect(StatusCode::OK)?;
    Ok("POST /revoke is 200: the grant of this test is gone".to_owned())
}

/// One authorization request, and what only its client knows.
pub(crate) struct AuthorizationRequest {
    url: Url,
    issuer: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    verifier: String,
}

impl AuthorizationRequest {
    pub(crate) fn new(server: &Server, client_id: &str, redirect_uri: &str) -> Self {
        let (state, verifier) = (random(), random());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let issuer = server.base().to_owned();
        let mut url = server.url("/authorize");
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", &state),
            ("resource", &format!("{issuer}/mcp")),
        ]);
        let (client_id, redirect_uri) = (client_id.to_owned(), redirect_uri.to_owned());
        Self { url, issuer, client_id, redirect_uri, state, verifier }
    }

    /// For a browser.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Waits for the redirect back; its code, if `state` and `iss` (RFC 9207) are right.
    pub(crate) async fn code(&self, listening: Listening, within: Duration) -> Result<String, String> {
        let answer = tokio::time::timeout(within, listening.answer()).await;
        let answer = answer.map_err(|_| format!("nobody signed in within {} s", within.as_secs()))??;
        let member = |name: &str| answer.get(name).map(String::as_str);
        if let Some(error) = member("error") {
            return Err(format!("the server answers {error}: {}", member("error_description").unwrap_or_default()));
        }
        if member("state") != Some(&self.state) {
            return Err("the state did not come back as it was sent".to_owned());
        }
        if member("iss") != Some(&self.issuer) {
            return Err(format!("iss is {:?}, and not {:?}", member("iss").unwrap_or_default(), self.issuer));
        }
        member("code").map(str::to_owned).ok_or_else(|| "the redirect has no code".to_owned())
    }

    pub(crate) async fn redeem(&self, server: &Server, code: &str) -> Result<Tokens, String> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client_id),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &self.verifier),
        ];
        let answer = Server::answer(server.request(Method::POST, "/token").form(&form)).await?;
        let issued = answer.expect(StatusCode::OK)?.json()?;
        let (access_token, refresh_token) = (text(&issued, "access_token")?, text(&issued, "refresh_token")?);
        Ok(Tokens { client_id: self.client_id.clone(), access_token, refresh_token })
    }
}

fn text(answer: &Value, member: &str) -> Result<String, String> {
    let text = answer.get(member).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| format!("the answer has no {member}"))
}

/// 244 random bits.
fn random() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
