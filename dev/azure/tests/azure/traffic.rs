//! One of each request, and which of the documented answers came.

use reqwest::Response;
use serde_json::Value;

use crate::{
    browser::{Browser, Tokens, authorize_url, consent_form, location, refresh_target},
    deployment::{Deployment, REDIRECT_URI},
    messages::Messages,
};

/// The requests, in the order of [`traffic`]'s answers.
pub(crate) const KINDS: [&str; 6] = ["health", "registration", "refresh", "tool call", "sign-in", "message"];

/// One of each kind at once. Says which worked; the answers to the others were the documented ones.
pub(crate) async fn traffic(server: &Deployment, tokens: &Tokens, messages: &mut Messages) -> [bool; 6] {
    metadata(server).await;
    let worked = tokio::join!(
        health(server),
        register(server),
        refresh(server, tokens),
        tool(server, &tokens.access_token),
        sign_in(server, &tokens.client_id),
        message(server, messages)
    );
    worked.into()
}

/// Needs nothing, so nothing excuses it.
pub(crate) async fn metadata(server: &Deployment) {
    let answer = server.get("/.well-known/oauth-authorization-server").send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// A 503 says when to come back, and in whose words: a JSON-RPC error, an OAuth error, or a page for a person.
async fn is_unavailable(what: &str, answer: Response) -> bool {
    if answer.status() != 503 {
        return false;
    }
    let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
    let text = answer.text().await.unwrap();
    assert!(retry_after.is_some(), "{what}: 503 without Retry-After: {text}");
    let documented = match serde_json::from_str::<Value>(&text) {
        Ok(answer) if what == "health" => answer["store"] == "down" || answer["keyring"] == "down",
        // A JSON-RPC error, or an OAuth error.
        Ok(answer) => answer["error"]["code"] == 503 || answer["error"] == "temporarily_unavailable",
        Err(_) if what == "callback" && text.contains("This sign-in was interrupted") => true,
        Err(_) => text.contains("<html") && text.contains("Temporarily unavailable"),
    };
    assert!(documented, "{what}: {text}");
    true
}

/// This status, or unavailable.
async fn is(what: &str, status: u16, answer: Response) -> bool {
    let worked = answer.status() == status;
    let shown = format!("{what}: {answer:?}");
    assert!(worked || is_unavailable(what, answer).await, "{shown}");
    worked
}

pub(crate) async fn health(server: &Deployment) -> bool {
    is("health", 200, server.get("/health").send().await.unwrap()).await
}

pub(crate) async fn register(server: &Deployment) -> bool {
    let metadata = serde_json::json!({ "client_name": "C", "redirect_uris": [REDIRECT_URI] });
    is("register", 201, server.post("/register").json(&metadata).send().await.unwrap()).await
}

async fn refresh(server: &Deployment, tokens: &Tokens) -> bool {
    let form =
        [("grant_type", "refresh_token"), ("client_id", &tokens.client_id), ("refresh_token", &tokens.refresh_token)];
    is("refresh", 200, server.post("/token").form(&form).send().await.unwrap()).await
}

/// A failed tool answers with an MCP error; a grant that cannot be read is 503.
async fn tool(server: &Deployment, access_token: &str) -> bool {
    let answer = server.tool_request(access_token).send().await.unwrap();
    if answer.status() != 200 {
        return is("tool", 200, answer).await;
    }
    let result = &answer.json::<Value>().await.unwrap()["result"];
    let success = result["structuredContent"]["success"] == true;
    let text = result["content"][0]["text"].as_str().unwrap();
    let again = result["isError"] == true && text.contains("does not answer at the moment");
    assert!(success || again, "tool: {result}");
    success
}

/// To a stream that stays open, at whichever process.
async fn message(server: &Deployment, messages: &mut Messages) -> bool {
    is("message", 202, messages.post(server).await).await
}

/// A code; if not, a page that is 503, or a redirect with `temporarily_unavailable`.
pub(crate) async fn sign_in(server: &Deployment, client_id: &str) -> bool {
    let mut browser = Browser::default();
    let page = browser.get(server, &authorize_url(server, client_id, &[])).await;
    if page.status() != 200 {
        return is("authorize", 200, page).await;
    }
    let form = consent_form(&page.text().await.unwrap());
    let decided = browser.decide(server, &form, "allow").await;
    if decided.status() != 200 {
        return is("consent", 200, decided).await;
    }
    let callback = browser.choose_account(server, &refresh_target(&decided.text().await.unwrap())).await;
    let answer = browser.get(server, &callback).await;
    if answer.status() != 302 {
        return is("callback", 302, answer).await;
    }
    let location = location(&answer);
    let unavailable = location.contains("error=temporarily_unavailable");
    assert!(unavailable != location.contains("code="), "{location}");
    !unavailable
}
