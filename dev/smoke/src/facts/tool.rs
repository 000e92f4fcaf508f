//! The tool, which needs the first on-behalf-of exchange of the deployment.

use driver::mcp;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::Fact;
use crate::{client::Tokens, server::Server};

/// Over Streamable HTTP.
pub(crate) async fn exchange(server: &Server, tokens: &Tokens) -> Fact {
    let request = server
        .request(Method::POST, "/mcp")
        .bearer_auth(tokens.access_token())
        .header("accept", mcp::ACCEPT)
        .header("mcp-protocol-version", mcp::PROTOCOL_VERSION);
    let answer = Server::answer(request.json(&mcp::tool_call(1))).await?.expect(StatusCode::OK)?.json()?;
    succeeded(&answer)?;
    Ok("the tool answers over Streamable HTTP: sign-in, federation, consent and exchange work".to_owned())
}

/// Whether the tool says so itself; what it says otherwise is written for people.
pub(crate) fn succeeded(answer: &Value) -> Result<(), String> {
    let result = answer.pointer("/result/structuredContent").unwrap_or(&Value::Null);
    if result.get("success") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let reason = mcp::tool_error(answer).unwrap_or_else(|| answer.get("error").unwrap_or(answer).to_string());
    Err(format!("the tool fails: {reason}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_error_of_the_tool_is_passed_on() {
        assert_eq!(succeeded(&json!({ "result": { "structuredContent": { "success": true } } })), Ok(()));
        let text = json!({ "success": false, "error": "Sign in again." }).to_string();
        let refused =
            succeeded(&json!({ "result": { "isError": true, "content": [{ "type": "text", "text": text }] } }));
        assert!(refused.unwrap_err().contains("Sign in again."));
        let fault = succeeded(&json!({ "error": { "code": -32601, "message": "no such method" } }));
        assert!(fault.unwrap_err().contains("no such method"));
        assert!(succeeded(&json!({})).is_err());
    }
}
