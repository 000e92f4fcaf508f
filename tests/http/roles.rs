//! Tools with a role, against a tenant that assigns roles: who sees them, and who may call them.

use driver::mcp::tool_error;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    deployment::{Deployment, body},
    step_up::sent,
    stream::{Stream, initialize, post},
};

const BOB: &str = "bob@contoso.example";
const REVISIONS: [Option<&str>; 4] = [None, Some("2025-03-26"), Some("2025-06-18"), Some("2025-11-25")];

async fn start() -> Deployment {
    let tools = "get_graph_user_details=Admin,list_upcoming_events=User,search_mail";
    Deployment::start_with(&[("TOOLS", tools)]).await
}

fn assign(server: &Deployment, roles: &[&str]) {
    server.tenant.as_ref().unwrap().assign_roles(BOB, roles).unwrap();
}

/// A new sign-in of Bob's.
async fn token(server: &Deployment) -> String {
    let client_id = server.register().await;
    Browser::default().tokens(server, &client_id, "user.read").await.access_token
}

fn message(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn list() -> Value {
    message("tools/list", &json!({}))
}

fn details() -> Value {
    message("tools/call", &json!({ "name": "get_graph_user_details", "arguments": {} }))
}

fn names(list: &Value) -> Vec<&str> {
    list["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_user_sees_and_calls_what_their_roles_allow() {
    let server = start().await;
    for (roles, expected) in [
        (&[][..], &["search_mail"][..]),
        (&["User"], &["list_upcoming_events", "search_mail"]),
        (&["Admin"], &["get_graph_user_details", "search_mail"]),
    ] {
        assign(&server, roles);
        let token = token(&server).await;
        for revision in REVISIONS {
            assert_eq!(names(&body(sent(&server, &token, &list(), revision).await).await), expected, "{roles:?}");
            let answer = sent(&server, &token, &details(), revision).await;
            assert_eq!(answer.status(), 200, "{roles:?}");
            let answer = body(answer).await;
            match tool_error(&answer) {
                None => assert!(roles.contains(&"Admin"), "{answer}"),
                Some(words) => assert!(!roles.contains(&"Admin") && words.contains("the role “Admin”"), "{words}"),
            }
        }
    }
}

#[tokio::test]
async fn a_stream_shows_and_refuses_the_same() {
    let server = start().await;
    let token = token(&server).await;
    let mut stream = Stream::open(&server, &token).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(&server, &endpoint, &token, &initialize()).await, 202);
    stream.message().await;
    assert_eq!(post(&server, &endpoint, &token, &list()).await, 202);
    assert_eq!(names(&stream.message().await), ["search_mail"]);
    assert_eq!(post(&server, &endpoint, &token, &details()).await, 202);
    let words = tool_error(&stream.message().await).unwrap();
    assert!(words.contains("the role “Admin”"), "{words}");
}

/// It counts at the next sign-in; the token that the earlier one brought does not change.
#[tokio::test]
async fn a_role_counts_from_the_next_sign_in_on() {
    let server = start().await;
    assign(&server, &[]);
    let before = token(&server).await;
    assign(&server, &["Admin"]);
    let after = token(&server).await;
    for (token, expected) in [(before, false), (after, true)] {
        let answer = body(sent(&server, &token, &details(), None).await).await;
        assert_eq!(tool_error(&answer).is_none(), expected, "{answer}");
    }
}
