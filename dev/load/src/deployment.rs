//! A deployment: a person signs in for each user, in a browser on this machine.

use std::sync::Arc;

use driver::{Server, oauth, redirect::RedirectListener};
use serde_json::Value;
use url::Url;

use crate::{
    answers::{answer, tokens},
    user::User,
};

/// Registers a client, prints the URL to sign in at, and waits.
pub async fn sign_in(server: &Arc<Server>) -> Result<User, String> {
    let mut listener = RedirectListener::bind().await.map_err(|error| format!("could not open a port: {error}"))?;
    let redirect_uri = listener.uri();
    let registration = oauth::registration("Load test", &redirect_uri);
    let registered = answer(server.post("/register").json(&registration)).await?;
    let client_id = registered.get("client_id").and_then(Value::as_str).ok_or("no client_id")?.to_owned();
    let endpoint = Url::parse(&format!("{}/authorize", server.url)).map_err(|error| error.to_string())?;
    let request = oauth::AuthorizationRequest::new(endpoint, &server.url, &client_id, &redirect_uri);
    println!("sign in at {}", request.url);
    let redirect = listener.parameters().await.map_err(|error| error.to_string())?;
    let code = request.code(&redirect)?;
    let (access_token, refresh_token) = tokens(&answer(server.post("/token").form(&request.redemption(&code))).await?)?;
    Ok(User { server: Arc::clone(server), client_id, access_token, refresh_token })
}
