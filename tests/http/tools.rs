//! The tools that read a calendar and a mailbox, on both transports.

use serde_json::{Value, json};

use crate::{
    browser::{tokens, tokens_for},
    deployment::{Deployment, body},
    stream::{Stream, initialize, post},
};

const EVERYTHING: &str = "user.read calendars.read mail.read";

fn call(tool: &str, arguments: &Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

/// The answer to a call over Streamable HTTP.
pub(crate) async fn called(server: &Deployment, token: &str, tool: &str, arguments: Value) -> Value {
    body(server.mcp(token, &call(tool, &arguments)).send().await.unwrap()).await
}

/// The answer to a call over HTTP+SSE.
pub(crate) async fn called_beside_a_stream(server: &Deployment, token: &str, tool: &str, arguments: Value) -> Value {
    let mut stream = Stream::open(server, token).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(server, &endpoint, token, &initialize()).await, 202);
    stream.message().await;
    assert_eq!(post(server, &endpoint, token, &call(tool, &arguments)).await, 202);
    stream.message().await
}

#[tokio::test]
async fn the_next_events_are_listed_in_the_time_zone_that_was_asked_for() {
    let server = Deployment::start().await;
    let token = tokens_for(&server, EVERYTHING).await.access_token;
    let asked = json!({ "days": 20, "count": 4, "timeZone": "Asia/Tokyo" });
    let over_http = called(&server, &token, "list_upcoming_events", asked.clone()).await;
    let listed = &over_http["result"]["structuredContent"];
    assert_eq!((&listed["timeZone"], &listed["more"]), (&json!("Asia/Tokyo"), &json!(true)), "{over_http}");
    let events = listed["events"].as_array().unwrap();
    assert_eq!(events.len(), 4);
    for event in events {
        let (start, subject) = (event["start"].as_str().unwrap(), event["subject"].as_str().unwrap());
        assert!(start.ends_with("T08:00:00") || start.ends_with("T09:00:00"), "{event}");
        assert!(subject.ends_with("with Bob") && event["link"].is_string(), "{event}");
        assert!(event["preview"].as_str().unwrap().starts_with("Agenda: 1. "), "{event}");
    }
    let over_sse = called_beside_a_stream(&server, &token, "list_upcoming_events", asked).await;
    assert_eq!(&over_sse["result"]["structuredContent"]["events"], &listed["events"]);
}

#[tokio::test]
async fn twenty_events_fit_and_a_day_has_one_or_two() {
    let server = Deployment::start().await;
    let token = tokens_for(&server, EVERYTHING).await.access_token;
    let count = async |arguments: Value| {
        let answer = called(&server, &token, "list_upcoming_events", arguments).await;
        answer["result"]["structuredContent"]["events"].as_array().unwrap_or_else(|| panic!("{answer}")).len()
    };
    assert_eq!(count(json!({ "days": 31, "count": 20 })).await, 20);
    assert!((1..=2).contains(&count(json!({ "days": 1 })).await));
}

#[tokio::test]
async fn a_mail_search_is_read_to_its_end_by_cursors() {
    let server = Deployment::start().await;
    let token = tokens_for(&server, EVERYTHING).await.access_token;
    let mut page = called(&server, &token, "search_mail", json!({ "query": "from:alice", "count": 8 })).await;
    let (mut found, mut pages) = (Vec::new(), 1);
    loop {
        let content = &page["result"]["structuredContent"];
        let messages = content["messages"].as_array().unwrap_or_else(|| panic!("{page}"));
        assert!(messages.iter().all(|message| message["from"] == "Alice Adams <alice@contoso.example>"), "{page}");
        found.extend(messages.iter().map(|message| message["received"].as_str().unwrap().to_owned()));
        assert_eq!(content["more"], content.get("cursor").is_some(), "{page}");
        let Some(cursor) = content.get("cursor") else { break };
        page = called_beside_a_stream(&server, &token, "search_mail", json!({ "cursor": cursor })).await;
        pages += 1;
    }
    assert_eq!((found.len(), pages), (20, 3));
    assert!(found.is_sorted_by(|one, other| one > other), "{found:?}");
}

#[tokio::test]
async fn wrong_arguments_are_a_tool_error_that_says_what_is_wrong() {
    let server = Deployment::start().await;
    let token = tokens_for(&server, EVERYTHING).await.access_token;
    for (tool, arguments, words) in [
        ("list_upcoming_events", json!({ "days": 32 }), "32 is not a whole number from 1 to 31"),
        ("list_upcoming_events", json!({ "timeZone": "Mars/Olympus" }), "does not know the time zone Mars/Olympus"),
        ("list_upcoming_events", json!({ "user": "alice" }), "unknown field `user`"),
        ("search_mail", json!({}), "give either a query or a cursor"),
        ("search_mail", json!({ "cursor": "bWFkZSB1cA" }), "the cursor is not one that this tool gave"),
    ] {
        let answer = called(&server, &token, tool, arguments).await;
        let told = driver::mcp::tool_error(&answer).unwrap_or_else(|| panic!("{answer}"));
        assert!(told.starts_with("The arguments are wrong: ") && told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn the_text_of_a_search_is_not_logged() {
    let server = Deployment::start().await;
    let token = tokens_for(&server, EVERYTHING).await.access_token;
    called(&server, &token, "search_mail", json!({ "query": "importance:xylophone" })).await;
    let log = server.whole_log().await;
    assert!(log.contains("/v1.0/me/messages") && !log.contains("xylophone"), "{log}");
}

#[tokio::test]
async fn a_tool_whose_scope_was_not_granted_does_not_reach_graph() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    for tool in ["list_upcoming_events", "search_mail"] {
        let arguments = if tool == "search_mail" { json!({ "query": "a" }) } else { json!({}) };
        let answer = called(&server, &token, tool, arguments).await;
        assert!(driver::mcp::tool_error(&answer).unwrap().contains("was not allowed to do that"), "{answer}");
    }
    let asked = server.tenant.as_ref().unwrap().requests();
    assert!(!asked.iter().any(|request| request.path.starts_with("/v1.0/")));
}
