//! Tools that name an app role: who sees them, who may keep the list, and what a call without the role is told, on every
//! revision and both transports.

use authorization_server::{
    ground::{EventName, Unavailable},
    state::roles::{ADMIN, AppRole},
};
use remote_auth_mcp::{config::ChosenTool, mcp::Tools};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{Asked, SignedIn};
use time::Duration;

use crate::{
    mcp::{Client, STATELESS, all},
    rig::Edge,
    streams::{Stream, post},
};

const OPEN: &str = "get_graph_user_details";
/// It needs the role, and a scope that a first sign-in does not bring.
const GUARDED: &str = "search_mail";
const FIVE_MINUTES: u64 = 300_000;

fn edge() -> Edge {
    let chosen = |name: &str, role: Option<&'static AppRole>| ChosenTool { name: name.to_owned(), role };
    Edge::serving(Tools::all().only(&[chosen(OPEN, None), chosen(GUARDED, Some(&ADMIN))]))
}

/// A client whose user signed in with these roles. The upstream's access tokens live for three hours.
async fn client(roles: &[&'static str]) -> (Client, SignedIn) {
    let edge = edge();
    edge.upstream.set_lifetime(Duration::hours(3));
    edge.upstream.set_roles(roles);
    let signed_in = edge.sign_in().await.unwrap();
    let token = signed_in.tokens.access_token.expose_secret().to_owned();
    (Client { edge, token }, signed_in)
}

/// A client of a fresh access token. The upstream's tokens are not renewed for it.
async fn refreshed(client: Client, signed_in: &SignedIn) -> Client {
    let tokens = client.edge.refresh(&signed_in.client_id, &signed_in.tokens.refresh_token).await.unwrap();
    Client { token: tokens.access_token.expose_secret().to_owned(), ..client }
}

/// A client of a fresh access token, the roles of whose user must be read again.
pub(crate) async fn client_of_old_roles() -> Client {
    let (client, signed_in) = client(&["Admin"]).await;
    client.edge.clock.advance(Duration::minutes(50));
    let client = refreshed(client, &signed_in).await;
    client.edge.clock.advance(Duration::minutes(10));
    client
}

async fn list(client: &Client, revision: &str) -> Value {
    client.ask(revision, "tools/list", json!({})).await.1["result"].clone()
}

async fn listed(client: &Client) -> Vec<String> {
    let list = list(client, STATELESS).await;
    list["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn search() -> Value {
    json!({ "name": GUARDED, "arguments": { "query": "budget" } })
}

fn assert_needs_admin(answer: &Value) {
    let told = driver_words(answer);
    assert!(told.contains("the role “Admin”") && told.contains("administrator"), "{told}");
}

/// What a tool error says.
fn driver_words(answer: &Value) -> String {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
}

fn has_asked_for_an_api(client: &Client) -> bool {
    client.edge.upstream.asked().iter().any(|asked| matches!(asked, Asked::OnBehalfOf { .. }))
}

#[tokio::test]
async fn the_list_has_the_tool_for_those_with_its_role_only() {
    for (roles, expected) in [
        (&[][..], &[OPEN][..]),
        (&["User"], &[OPEN]),
        (&["Gateway"], &[OPEN]),
        (&["Admin"], &[OPEN, GUARDED]),
        (&["User", "Admin"], &[OPEN, GUARDED]),
    ] {
        let (client, _) = client(roles).await;
        for revision in all() {
            let tools = list(&client, revision).await["tools"].clone();
            let names: Vec<_> = tools.as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
            assert_eq!(names, expected, "{roles:?} {revision}");
        }
    }
}

#[tokio::test]
async fn a_list_that_depends_on_roles_is_of_one_user_and_not_kept_longer_than_they_are_believed() {
    let (client, _) = client(&[]).await;
    let hints = |list: &Value| (list["cacheScope"].clone(), list["ttlMs"].as_u64().unwrap());
    assert_eq!(hints(&list(&client, STATELESS).await), ("private".into(), FIVE_MINUTES));
    client.edge.clock.advance(Duration::minutes(58));
    assert_eq!(hints(&list(&client, STATELESS).await), ("private".into(), 120_000));
    let edge = Edge::new();
    let token = edge.access_token().await;
    let public = Client { edge, token };
    assert_eq!(hints(&list(&public, STATELESS).await), ("public".into(), FIVE_MINUTES));
}

#[tokio::test]
async fn a_call_without_the_role_is_a_tool_error_and_never_a_challenge() {
    let (client, _) = client(&["User"]).await;
    for revision in all() {
        let (status, answer) = client.ask(revision, "tools/call", search()).await;
        assert_eq!(status, 200, "{revision}: {answer}");
        assert_needs_admin(&answer);
        let refused = client.edge.audit.events();
        let last = refused.iter().rfind(|event| event.name == EventName::ToolRefused).unwrap();
        assert_eq!(last.reason, Some("the role is missing"), "{revision}");
    }
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": search() });
    let batch = client.post(&[("mcp-protocol-version", "2025-03-26")], &json!([call]).to_string()).await;
    assert_eq!(batch.status, 200);
    assert_needs_admin(&batch.json()[0]);
    assert!(!has_asked_for_an_api(&client));
}

#[tokio::test]
async fn over_a_stream_it_is_the_same_tool_error() {
    let (client, _) = client(&[]).await;
    let mut stream = Stream::open(&client.edge, &client.token).await;
    let endpoint = stream.endpoint.clone();
    let info = json!({ "name": "t", "version": "1" });
    let handshake = json!({ "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": info });
    for (id, method, params) in
        [(1, "initialize", handshake), (2, "tools/list", json!({})), (3, "tools/call", search())]
    {
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        assert_eq!(post(&client.edge, &endpoint, &client.token, &message).await.status, 202, "{method}");
        let answer = stream.message().await;
        match method {
            "tools/list" => assert_eq!(answer["result"]["tools"].as_array().unwrap().len(), 1),
            "tools/call" => assert_needs_admin(&answer),
            _ => {}
        }
    }
    assert!(!has_asked_for_an_api(&client));
}

#[tokio::test]
async fn with_the_role_the_scope_is_asked_for_as_ever() {
    let (client, _) = client(&["Admin"]).await;
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": search() });
    let answer = client.post(&[("mcp-protocol-version", "2025-11-25")], &call.to_string()).await;
    assert_eq!(answer.status, 403);
    assert!(answer.header("www-authenticate").contains("insufficient_scope"));
    let stream = Stream::open(&client.edge, &client.token).await;
    assert_eq!(post(&client.edge, &stream.endpoint, &client.token, &call).await.status, 403);
}

#[tokio::test]
async fn a_role_that_is_taken_away_counts_for_an_hour_at_most() {
    let (client, signed_in) = client(&["Admin"]).await;
    client.edge.upstream.set_roles(&[]);
    client.edge.clock.advance(Duration::minutes(50));
    let client = refreshed(client, &signed_in).await;
    client.edge.clock.advance(Duration::minutes(10) - Duration::SECOND);
    assert_eq!(listed(&client).await, [OPEN, GUARDED]);
    client.edge.clock.advance(Duration::SECOND);
    assert_eq!(listed(&client).await, [OPEN]);
    assert_needs_admin(&client.ask("2025-11-25", "tools/call", search()).await.1);
}

#[tokio::test]
async fn while_nobody_can_tell_the_roles_the_guarded_tool_is_not_there() {
    let client = client_of_old_roles().await;
    let fail = || client.edge.upstream.refuse_refresh(Unavailable::upstream("down").into());
    fail();
    let list = list(&client, STATELESS).await;
    assert_eq!((list["tools"].as_array().unwrap().len(), &list["ttlMs"]), (1, &0.into()));
    for revision in all() {
        fail();
        let (status, answer) = client.ask(revision, "tools/call", search()).await;
        assert_eq!(status, 200, "{revision}: {answer}");
        assert!(driver_words(&answer).contains("does not answer at the moment"), "{answer}");
    }
    assert_eq!(listed(&client).await, [OPEN, GUARDED], "each call has asked once");
}

/// The call lacks the scope of its tool, too, which is told only to those with the role.
#[tokio::test]
async fn the_roles_of_a_caller_are_read_once_for_a_call() {
    let (client, _) = client(&[]).await;
    let mut read = Vec::new();
    for revision in ["2025-06-18", "2025-11-25"] {
        let before = client.edge.keyring.operations();
        assert_needs_admin(&client.ask(revision, "tools/call", search()).await.1);
        read.push(client.edge.keyring.operations() - before);
    }
    assert_eq!(read[0], read[1], "a client of the newer revision is asked before the call is dispatched");
}
