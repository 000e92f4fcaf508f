//! The answers of a server, and whether another one answers the same.

use std::error::Error;

use serde::Serialize;
use serde_json::Value;

use crate::kind::Kind;

/// An answer, as `bench-server` reads it.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// The answer of a server to each kind of request.
pub(crate) async fn all(url: &str, token: &str) -> Result<[Answer; 3], Box<dyn Error>> {
    let unauthorized = ask(url, None, Kind::Unauthorized).await?;
    Ok([unauthorized, ask(url, Some(token), Kind::List).await?, ask(url, Some(token), Kind::Call).await?])
}

/// A request of a kind.
pub(crate) fn request(http: &reqwest::Client, url: &str, token: Option<&str>, kind: Kind) -> reqwest::RequestBuilder {
    let request = http.post(url).body(kind.body());
    let request = request.header("content-type", "application/json").header("mcp-protocol-version", "2025-11-25");
    let request = request.header("accept", "application/json, text/event-stream");
    token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth)
}

async fn ask(url: &str, token: Option<&str>, kind: Kind) -> Result<Answer, Box<dyn Error>> {
    let response = request(&reqwest::Client::builder().no_proxy().build()?, url, token, kind).send().await?;
    let status = response.status().as_u16();
    let kept = |name: &str| !["date", "content-length"].contains(&name);
    let headers = response.headers().iter().filter(|(name, _)| kept(name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
    let headers = headers.collect();
    Ok(Answer { status, headers, body: response.text().await? })
}

/// Why another server's answers are not ours.
pub(crate) fn compare(ours: &[Answer; 3], theirs: &[Answer; 3]) -> Result<(), String> {
    let ([_, our_list, our_call], [challenge, list, call]) = (ours, theirs);
    let challenged = challenge.header("www-authenticate").is_some_and(|value| value.contains("resource_metadata="));
    if challenge.status != 401 || !challenged {
        return Err(format!("without a token it answers {challenge:?}"));
    }
    let tools = |answer: &Answer| answer.result().get("tools").and_then(Value::as_array).cloned().unwrap_or_default();
    let (our_tools, their_tools) = (tools(our_list), tools(list));
    let same = |tool: &Value| their_tools.iter().any(|other| has_members(other, tool));
    if our_tools.is_empty() || our_tools.len() != their_tools.len() || !our_tools.iter().all(same) {
        return Err(format!("it lists other tools: {}", list.body));
    }
    let content = |answer: &Answer| {
        let result = answer.result();
        let text = result.pointer("/content/0/text").and_then(Value::as_str).unwrap_or_default().to_owned();
        let shown: Value = serde_json::from_str(&text).unwrap_or_default();
        (text.len(), shown, result.get("structuredContent").cloned())
    };
    let (our_content, their_content) = (content(our_call), content(call));
    if our_content.2.is_none() || our_content != their_content {
        return Err(format!("its call has another result: {}", call.body));
    }
    Ok(())
}

/// Whether an object has all members of another; its own may be more.
fn has_members(object: &Value, other: &Value) -> bool {
    match (object, other) {
        (Value::Object(object), Value::Object(other)) => {
            other.iter().all(|(name, value)| object.get(name).is_some_and(|own| has_members(own, value)))
        }
        _ => object == other,
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn result(&self) -> Value {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body.get("result").cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answers(list: &Value, call: &Value, challenge: &str) -> [Answer; 3] {
        let answer = |status, body: &Value| {
            let headers = vec![("www-authenticate".to_owned(), challenge.to_owned())];
            Answer { status, headers, body: json!({ "result": body }).to_string() }
        };
        [answer(401, &Value::Null), answer(200, list), answer(200, call)]
    }

    fn list(tool: &Value) -> Value {
        json!({ "tools": [tool] })
    }

    fn call(user: &Value, text: &str) -> Value {
        json!({ "content": [{ "type": "text", "text": text }], "structuredContent": user })
    }

    const CHALLENGE: &str = "Bearer resource_metadata=\"https://x\"";

    #[test]
    fn order_and_further_members_may_differ() {
        let user = json!({ "a": 1, "b": 2 });
        let ours = answers(&list(&json!({ "name": "x" })), &call(&user, r#"{"a":1,"b":2}"#), CHALLENGE);
        let more = list(&json!({ "name": "x", "_meta": {} }));
        let theirs = answers(&more, &call(&user, r#"{"b":2,"a":1}"#), "Bearer scope=\"x\", resource_metadata=\"y\"");
        assert_eq!(compare(&ours, &theirs), Ok(()));
    }

    #[test]
    fn a_server_that_does_less_is_found() {
        let (user, text) = (json!({ "a": 1 }), r#"{"a":1}"#);
        let tool = || list(&json!({ "name": "x", "description": "long" }));
        let ours = answers(&tool(), &call(&user, text), CHALLENGE);
        let less = list(&json!({ "name": "x" }));
        for (theirs, said) in [
            (answers(&tool(), &call(&user, text), "Bearer"), "without a token"),
            (answers(&less, &call(&user, text), CHALLENGE), "other tools"),
            (answers(&json!({ "tools": [] }), &call(&user, text), CHALLENGE), "other tools"),
            (answers(&tool(), &call(&json!({}), "{}"), CHALLENGE), "another result"),
            (answers(&tool(), &call(&user, ""), CHALLENGE), "another result"),
            (answers(&tool(), &call(&user, "{ \"a\": 1 }"), CHALLENGE), "another result"),
        ] {
            let why = compare(&ours, &theirs).unwrap_err();
            assert!(why.contains(said), "{why}");
        }
    }
}
