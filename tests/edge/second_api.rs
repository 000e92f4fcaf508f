//! A tool of another API than Graph, from the challenge to its answer. With `--long` such a tool is built as
//! `docs/adding-a-tool.md` says (`tests/http/adding_a_tool.rs`). The one here only tests have, so that every run walks its way.

use std::thread;

use authorization_server::state::{
    api::{Api, ApiScopes},
    scopes::{Permission, all_known},
};
use axum::{Json, Router, routing::get};
use driver::browser::{between, unescaped};
use http::HeaderMap;
use remote_auth_mcp::{
    graph::Request,
    mcp::{Caller, Tool, ToolError, Tools},
};
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stand_in::{Servers, Site};
use testkit::{
    Asked, ORDERS, parameter,
    second_api::{self, ORDERS_READ},
};
use tokio::net::TcpListener;

use crate::{
    browser::{Browser, authorize, callback, consent_form},
    mcp::Client,
    rig::Edge,
    streams::{Stream, post},
};

const BOTH: &str = "user.read orders.read";
/// The first revision whose clients step up.
const REVISION: &str = "2025-11-25";

/// What the API answers.
#[derive(Deserialize, Serialize, JsonSchema)]
struct Orders {
    orders: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
struct NoArguments {}

struct ListOrders;

impl Tool for ListOrders {
    const NAME: &'static str = "list_orders";
    const TITLE: &'static str = "Orders";
    const DESCRIPTION: &'static str = "List the orders that the user has placed with Contoso.";
    const PERMISSIONS: &'static [&'static Permission] = &[&ORDERS_READ];
    type Arguments = NoArguments;
    type Output = Orders;

    async fn call(caller: Caller<'_>, NoArguments {}: NoArguments) -> Result<Orders, ToolError> {
        caller.get_as(&Request::to(&ORDERS, "/contoso/orders")).await
    }
}

/// Graph and the other API, at one URL. Each answers with the token that it got.
async fn apis() -> (Servers, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, mut servers) = (format!("http://{}", listener.local_addr().unwrap()), Servers::default());
    let token = |headers: &HeaderMap| headers["authorization"].to_str().unwrap().to_owned();
    let me = async move |headers: HeaderMap| Json(json!({ "id": "1", "displayName": token(&headers) }));
    let orders = async move |headers: HeaderMap| Json(json!({ "orders": [token(&headers)] }));
    let router = Router::new().route("/v1.0/me", get(me)).route("/contoso/orders", get(orders));
    servers.serve(vec![listener], &Site::new(router));
    (servers, url)
}

fn call(name: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": {} } })
}

/// The first sign-in for both scopes: the consent page names the API, and Entra is asked for its permission.
async fn signed_in(edge: &Edge, client_id: &str) -> String {
    let mut browser = Browser::default();
    let page = browser.get(edge, &authorize(client_id, &[("scope", Some(BOTH))])).await;
    assert!(page.body.contains(ORDERS_READ.sentence), "{}", page.body);
    let allowed = browser.decide(edge, &consent_form(&page), "allow").await;
    let sign_in = unescaped(&between(&allowed.body, "content=\"0; url=", "\""));
    assert_eq!(parameter(&sign_in, "scope").unwrap(), "User.Read Orders.Read");
    let back = browser.get(edge, &callback(&allowed)).await;
    let code = parameter(back.header("location"), "code").unwrap();
    edge.redeem(client_id, &code.into()).await.unwrap().access_token.expose_secret().to_owned()
}

/// The exchanges for downstream tokens, each with the API and the scopes.
fn exchanges(edge: &Edge) -> Vec<ApiScopes> {
    let exchanged = |asked| if let Asked::OnBehalfOf { scopes, .. } = asked { Some(scopes) } else { None };
    edge.upstream.asked().into_iter().filter_map(exchanged).collect()
}

#[test]
fn the_scope_of_the_other_api_is_known_to_the_test_that_added_it_and_to_no_other() {
    let added = second_api::add();
    assert!(all_known(BOTH).is_ok());
    assert!(thread::spawn(|| all_known(BOTH)).join().unwrap().is_err());
    drop(added);
    assert!(all_known(BOTH).is_err());
}

#[tokio::test]
async fn a_tool_of_another_api_works_after_a_step_up_with_a_token_for_that_api_alone() {
    let _added = second_api::add();
    let (_servers, url) = apis().await;
    let edge = Edge::serving_with(Tools::all().and::<ListOrders>(), &url);
    let token = edge.access_token().await;
    let mut client = Client { edge, token };
    let revision = [("mcp-protocol-version", REVISION)];
    let narrow = client.token.clone();
    let stream = Stream::open(&client.edge, &narrow).await;
    let refused = client.post(&revision, &call("list_orders").to_string()).await;
    for refused in [refused, post(&client.edge, &stream.endpoint, &narrow, &call("list_orders")).await] {
        assert_eq!(refused.status, 403);
        let challenge = refused.header("www-authenticate");
        assert!(challenge.contains("insufficient_scope") && challenge.ends_with(r#"scope="user.read orders.read""#));
    }
    assert_eq!(exchanges(&client.edge), []);

    let client_id = client.edge.register().await.unwrap();
    client.token = signed_in(&client.edge, &client_id).await;
    let mut tokens = Vec::new();
    for (tool, member) in [("get_graph_user_details", "/displayName"), ("list_orders", "/orders/0")] {
        let answer = client.post(&revision, &call(tool).to_string()).await.json();
        let result = &answer["result"]["structuredContent"];
        tokens.push(result.pointer(member).unwrap_or_else(|| panic!("{answer}")).clone());
    }
    assert_ne!(tokens[0], tokens[1]);
    let of = |api, name| ApiScopes { api, names: vec![name] };
    assert_eq!(exchanges(&client.edge), [of(Api::Graph, "User.Read"), of(Api::Registered(&ORDERS), "Orders.Read")]);
    let mut stream = Stream::open(&client.edge, &client.token).await;
    let endpoint = stream.endpoint.clone();
    for message in [driver::mcp::initialize(), driver::mcp::initialized(), call("list_orders")] {
        assert_eq!(post(&client.edge, &endpoint, &client.token, &message).await.status, 202);
    }
    stream.message().await;
    assert_eq!(stream.message().await["result"]["structuredContent"]["orders"][0], tokens[1]);
}
