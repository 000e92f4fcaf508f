//! The requests of an OAuth client: registration, sign-in, redemption, revocation.

use std::time::Duration;

use driver::oauth::{AuthorizationRequest, registration};
use driver::redirect::RedirectListener;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::{facts::Fact, server::Server};

/// Only the handler's log has Entra's reason: a client is not told it.
const WHERE_TO_LOOK: &str = ". Entra's reason is in the handler's log, in the line `sign-in code not redeemed` (Application \
    Insights, table traces): AADSTS[700211] there means that the app's federated credential has a wrong issuer, \
    AADSTS[700212] a wrong audience, AADSTS[700213] a wrong subject";

/// The client's tokens. They are never printed.
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
    let metadata = registration("Smoke test", redirect_uri);
    let answer = Server::answer(server.request(Method::POST, "/register").json(&metadata)).await?;
    text(&answer.expect(StatusCode::CREATED)?.json()?, "client_id")
}

/// RFC 7009.
pub(crate) async fn revoke(server: &Server, tokens: &Tokens) -> Fact {
    let form = [("token", tokens.refresh_token.as_str()), ("client_id", &tokens.client_id)];
    Server::answer(server.request(Method::POST, "/revoke").form(&form)).await?.expect(StatusCode::OK)?;
    Ok("POST /revoke is 200: the grant of this test is gone".to_owned())
}

/// Waits for the redirect back. Returns its code.
pub(crate) async fn code(
    request: &AuthorizationRequest,
    mut listener: RedirectListener,
    within: Duration,
) -> Result<String, String> {
    let answer = tokio::time::timeout(within, listener.parameters()).await;
    let answer = answer.map_err(|_| format!("nobody signed in within {} s", within.as_secs()))?;
    let answer = answer.map_err(|error| error.to_string())?;
    if let Some(error) = answer.get("error") {
        return Err(refusal(error, answer.get("error_description").map(String::as_str).unwrap_or_default()));
    }
    request.code(&answer)
}

/// The message for an error that came back instead of a code.
fn refusal(error: &str, description: &str) -> String {
    let hint = if error == "server_error" { WHERE_TO_LOOK } else { "" };
    format!("the server answers {error}: {description}{hint}")
}

/// Redeems the code.
pub(crate) async fn redeem(server: &Server, form: &[(&str, &str); 5], client_id: String) -> Result<Tokens, String> {
    let answer = Server::answer(server.request(Method::POST, "/token").form(form)).await?;
    let issued = answer.expect(StatusCode::OK)?.json()?;
    let (access_token, refresh_token) = (text(&issued, "access_token")?, text(&issued, "refresh_token")?);
    Ok(Tokens { client_id, access_token, refresh_token })
}

fn text(answer: &Value, member: &str) -> Result<String, String> {
    let text = answer.get(member).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| format!("the answer has no {member}"))
}
