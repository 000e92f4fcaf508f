//! A scope is asked for when a tool first needs it (MCP 2025-11-25, "Scope Challenge Handling").

use driver::mcp::tool_error;
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, REDIRECT_URI, authorize_url, tokens},
    deployment::{Deployment, body},
    stream::{Stream, initialize, post},
};

/// The first revision without a handshake.
pub(crate) const STATELESS: &str = "2026-07-28";
const WIDER: &str = "user.read mail.read";

fn search(id: u32) -> Value {
    let params = json!({ "name": "search_mail", "arguments": { "query": "budget" } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

/// A POST to `/mcp` by a client of this revision, with the headers and metadata that the revision demands.
pub(crate) async fn sent(server: &Deployment, token: &str, message: &Value, revision: Option<&str>) -> Response {
    let mut message = message.clone();
    let mut request = server.post("/mcp").bearer_auth(token).header("accept", driver::mcp::ACCEPT);
    if let Some(revision) = revision {
        request = request.header("mcp-protocol-version", revision);
    }
    if revision == Some(STATELESS) {
        let meta = &mut message["params"]["_meta"];
        meta["io.modelcontextprotocol/protocolVersion"] = json!(STATELESS);
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "t", "version": "1" });
        request = request.header("mcp-method", message["method"].as_str().unwrap());
        if let Some(name) = message["params"]["name"].as_str() {
            request = request.header("mcp-name", name);
        }
    }
    request.json(&message).send().await.unwrap()
}

fn assert_demand(answer: &Response, document: &str, server: &Deployment) {
    assert_eq!(answer.status(), 403);
    let expected = format!(
        "Bearer error=\"insufficient_scope\", resource_metadata=\"{}/.well-known/oauth-protected-resource/{document}\", \
         scope=\"{WIDER}\"",
        server.url
    );
    assert_eq!(answer.headers()["www-authenticate"], expected);
}

fn asked_graph(server: &Deployment) -> bool {
    server.tenant.as_ref().unwrap().requests().iter().any(|request| request.path.starts_with("/v1.0/"))
}

#[tokio::test]
async fn a_call_that_needs_more_is_refused_with_all_that_is_needed_and_works_after_the_step_up() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let narrow = browser.tokens(&server, &client_id, "user.read").await;
    let refused = sent(&server, &narrow.access_token, &search(7), Some("2025-11-25")).await;
    assert_demand(&refused, "mcp", &server);
    let refused = body(refused).await;
    assert_eq!(refused["id"], 7);
    assert!(refused["error"]["message"].as_str().unwrap().contains(WIDER), "{refused}");
    assert!(!asked_graph(&server));

    let wide = browser.tokens(&server, &client_id, WIDER).await;
    let answer = body(sent(&server, &wide.access_token, &search(8), Some("2025-11-25")).await).await;
    assert!(!answer["result"]["structuredContent"]["messages"].as_array().unwrap().is_empty(), "{answer}");
    let entra =
        server.tenant.as_ref().unwrap().requests().into_iter().rfind(|asked| asked.path.ends_with("/authorize"));
    let scope = entra.unwrap().query.into_iter().find(|member| member.name == "scope").unwrap().value.unwrap();
    // All scopes of the authorization are named, and no others. ADR 15.
    let of_graph: Vec<_> =
        scope.split(' ').filter_map(|scope| scope.strip_prefix("https://graph.microsoft.com/")).collect();
    assert_eq!(of_graph, ["User.Read", "Mail.Read"], "{scope}");
}

#[tokio::test]
async fn beside_a_stream_the_post_is_refused_and_the_stream_serves_the_wider_token() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let narrow = browser.tokens(&server, &client_id, "user.read").await.access_token;
    let mut stream = Stream::open(&server, &narrow).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(&server, &endpoint, &narrow, &initialize()).await, 202);
    stream.message().await;
    let mut notification = search(1);
    notification.as_object_mut().unwrap().remove("id");
    assert_eq!(post(&server, &endpoint, &narrow, &notification).await, 202, "a notification is asked for nothing");
    let refused = server.post(&endpoint).bearer_auth(&narrow).json(&search(1)).send().await.unwrap();
    assert_demand(&refused, "mcp/sse", &server);
    assert!(!asked_graph(&server));

    let wide = browser.tokens(&server, &client_id, WIDER).await.access_token;
    assert_eq!(post(&server, &endpoint, &wide, &search(2)).await, 202);
    let answer = stream.message().await;
    assert_eq!(answer["id"], 2, "the refused call has no answer on the stream: {answer}");
    assert!(answer["result"]["structuredContent"]["messages"].is_array(), "{answer}");
}

#[tokio::test]
async fn a_client_of_a_revision_without_step_up_gets_a_tool_error_that_says_how_to_reconnect() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    for revision in [None, Some("2025-03-26"), Some("2025-06-18")] {
        let answer = sent(&server, &token, &search(1), revision).await;
        assert_eq!(answer.status(), 200, "{revision:?}");
        let told = tool_error(&body(answer).await).unwrap();
        assert!(told.contains(&format!("ask for the scopes “{WIDER}”")), "{told}");
    }
    assert!(!asked_graph(&server));
}

#[tokio::test]
async fn other_messages_and_tools_that_do_not_exist_are_asked_for_no_scope() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "name": "search_mail" } });
    let unknown = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "send_mail" } });
    for message in [list, unknown] {
        assert_ne!(sent(&server, &token, &message, Some("2025-11-25")).await.status(), 403, "{message}");
    }
}

#[tokio::test]
async fn the_consent_page_says_what_is_added_to_what_was_allowed_before() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    browser.tokens(&server, &client_id, "user.read").await;
    let page = async |browser: &mut Browser| {
        let url = authorize_url(&server, &client_id, &[("scope", WIDER), ("redirect_uri", REDIRECT_URI)]);
        browser.get(&server, &url).await.text().await.unwrap()
    };
    let second = page(&mut browser).await;
    let (added, before) = second.split_once("You already allowed it to").unwrap();
    assert!(added.contains("now also wants to") && added.contains("Search and read your e-mail."), "{second}");
    assert!(!added.contains("Sign you in") && before.contains("Sign you in and read your profile"), "{second}");
    let elsewhere = page(&mut Browser::default()).await;
    assert!(elsewhere.contains("will be able to") && !elsewhere.contains("already"), "{elsewhere}");
}

/// As clients ask that want the person to see the page.
#[tokio::test]
async fn asked_again_for_the_same_the_page_lists_it_as_for_the_first_time() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    browser.tokens(&server, &client_id, WIDER).await;
    for (scope, mail) in [(WIDER, true), ("user.read", false)] {
        let request = [("scope", scope), ("redirect_uri", REDIRECT_URI), ("prompt", "consent")];
        let page = browser.get(&server, &authorize_url(&server, &client_id, &request)).await.text().await.unwrap();
        assert!(page.contains("will be able to") && !page.contains("already"), "{page}");
        assert!(page.contains("Sign you in and read your profile"), "{page}");
        assert_eq!(page.contains("Search and read your e-mail."), mail, "{page}");
    }
}

#[tokio::test]
async fn an_operator_may_ask_for_more_at_the_first_sign_in_and_choose_the_tools() {
    let settings = [("DEFAULT_SCOPES", "user.read,mail.read"), ("TOOLS", "search_mail")];
    let server = Deployment::start_with(&settings).await;
    let challenged = server.post("/mcp").json(&search(1)).send().await.unwrap();
    let challenge = challenged.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.ends_with(&format!("scope=\"{WIDER}\"")), "{challenge}");
    for document in ["oauth-authorization-server", "oauth-protected-resource/mcp"] {
        let document = body(server.get(&format!("/.well-known/{document}")).send().await.unwrap()).await;
        assert_eq!(document["scopes_supported"], json!(["user.read", "mail.read"]), "{document}");
    }
    let client_id = server.register().await;
    let page = Browser::default().get(&server, &authorize_url(&server, &client_id, &[("scope", "")])).await;
    assert!(page.text().await.unwrap().contains("Search and read your e-mail."), "an absent scope is the default");
    let token = Browser::default().tokens(&server, &client_id, WIDER).await.access_token;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let listed = body(sent(&server, &token, &list, None).await).await;
    let names: Vec<_> = listed["result"]["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["search_mail"]);
}
