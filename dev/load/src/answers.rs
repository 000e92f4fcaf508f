//! The meaning of an answer, in words that count together.

use driver::mcp::tool_error;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

/// The tokens of an answer of the token endpoint.
pub(crate) fn tokens(answer: &Value) -> Result<(String, String), String> {
    let text = |member: &str| answer.get(member).and_then(Value::as_str).map(str::to_owned);
    let tokens = (text("access_token"), text("refresh_token"));
    if let (Some(access_token), Some(refresh_token)) = tokens {
        Ok((access_token, refresh_token))
    } else {
        Err("an answer without tokens".to_owned())
    }
}

/// The JSON of an answer that is 200 or 201.
pub(crate) async fn answer(request: RequestBuilder) -> Result<Value, String> {
    let answer = request.send().await.map_err(|error| sentence(&error))?;
    let status = answer.status();
    if !matches!(status, StatusCode::OK | StatusCode::CREATED) {
        return Err(status.to_string());
    }
    answer.json().await.map_err(|error| sentence(&error))
}

/// Whether a tool answered.
pub(crate) fn succeeded(answer: &Value) -> Result<(), String> {
    match (tool_error(answer), answer.get("result")) {
        (Some(error), _) => Err(format!("tool error: {error}")),
        (None, Some(_)) => Ok(()),
        (None, None) => Err(answer.pointer("/error/message").map_or_else(|| "no result".to_owned(), Value::to_string)),
    }
}

/// Without the URL, so that equal failures count together.
pub(crate) fn sentence(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the answer broke off".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_result_without_a_tool_error_is_a_success() {
        let failed = json!({ "result": { "isError": true, "content": [
            { "type": "text", "text": r#"{"success":false,"error":"Graph does not answer"}"# },
        ] } });
        assert_eq!(succeeded(&failed), Err("tool error: Graph does not answer".to_owned()));
        assert_eq!(succeeded(&json!({ "error": { "message": "no" } })), Err("\"no\"".to_owned()));
        assert_eq!(succeeded(&json!({ "result": { "content": [] } })), Ok(()));
        assert!(succeeded(&json!({})).is_err());
    }

    #[test]
    fn both_tokens_are_needed() {
        let answer = json!({ "access_token": "a", "refresh_token": "r" });
        assert_eq!(tokens(&answer), Ok(("a".to_owned(), "r".to_owned())));
        assert!(tokens(&json!({ "access_token": "a" })).is_err());
    }
}
