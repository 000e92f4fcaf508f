//! The requests of an OAuth client: registration, sign-in, redemption, revocation.

use std::time::Duration;

use driver::oauth::{AuthorizationRequest, registration};
use driver::redirect::RedirectListener;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::facts::Fact;
use crate::server::Server;

/// Entra does not say this to a client; the handler's log has its number.
const FEDERATION: &str = ". If the handler's log has AADSTS700211, the issuer of the app's federated credential is wrong; \
                          with AADSTS700213 it is the subject, with AADSTS700212 the audience";

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
    let member = |name: &str| answer.get(name).map(String::as_str);
    if let Some(error) = member("error") {
        let description = member("error_description").unwrap_or_default();
        let hint = if error == "server_error" { FEDERATION } else { "" };
        return Err(format!("the server answers {error}: {description}{hint}"));
    }
    request.code(&answer)
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
