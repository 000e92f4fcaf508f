//! A handler with the tools of docs/adding-a-tool.md, built exactly as the page says, in front of Graph and of another API.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use driver::mcp::tool_error;
use local_tenant::{Endpoint, Fault};
use serde_json::{Value, json};
use testkit::{copy_checkout, write_if_changed};

use crate::{
    browser::{Browser, Tokens, authorize_url},
    conditional_access::{CLAIMS, authorizations, is_signed_out, opened, says_sign_in_again},
    deployment::{Deployment, body},
    step_up::sent,
    stream::{Stream, initialize, post},
};

const PAGE: &str = include_str!("../../docs/adding-a-tool.md");
const STEP_UP: Option<&str> = Some("2025-11-25");
/// Graph's first scope and that of the second API.
const BOTH: &str = "user.read orders.read";
/// Each tool, the scope that it needs, and the beginning of its result.
const TOOLS: [(&str, &str, &str); 2] = [
    ("list_contacts", "contacts.read", r#"{"contacts":[{"addresses":["alice@contoso.example"],"name":"Alice Adams"}"#),
    ("list_orders", "orders.read", r#"{"orders":[{"id":"Bob-3","item":"Desk lamp"}"#),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A block of the page: the language and the file that its first line names, and its text.
fn blocks() -> Vec<(&'static str, &'static str, &'static str)> {
    let blocks = PAGE.split("\n```").skip(1).step_by(2);
    let named = blocks.filter_map(|block| {
        let (fence, text) = block.split_once('\n')?;
        let (language, file) = fence.split_once(' ')?;
        Some((language, file, text))
    });
    named.collect()
}

/// The text with the change that a block makes: lines with a space and with `-` become those with a space and with `+`.
fn changed(text: &str, block: &str) -> String {
    let side = |sign: char| {
        let lines = block.lines().filter(|line| line.starts_with([' ', sign]));
        lines.flat_map(|line| [&line[1..], "\n"]).collect::<String>()
    };
    let (before, after) = (side('-'), side('+'));
    assert_eq!(text.matches(&before).count(), 1, "the page changes what is not there once:\n{before}");
    text.replacen(&before, &after, 1)
}

/// The files that the page writes or changes, as they then are.
fn files() -> BTreeMap<&'static str, String> {
    let mut files = BTreeMap::new();
    for (language, file, block) in blocks() {
        let before = || fs::read_to_string(root().join(file)).unwrap();
        let after = match language {
            "rust" => format!("{block}\n"),
            "diff" => changed(&files.remove(file).unwrap_or_else(before), block),
            other => panic!("a block of {file} is {other}"),
        };
        files.insert(file, after);
    }
    files
}

/// Compiles the handler of a copy of the checkout that the page has changed, and puts it there, where host.json names it: dev/e2e
/// runs the copy as a package. It has a folder of its own for what is built: cargo would take the crates of the copy for those of the
/// checkout.
fn build() -> PathBuf {
    let (copy, built) = (root().join("target/adding-a-tool/checkout"), root().join("target/adding-a-tool/target"));
    copy_checkout(root(), &copy).unwrap();
    for (file, text) in files() {
        write_if_changed(&copy.join(file), text.as_bytes()).unwrap();
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "-p", "remote-auth-mcp", "--bin", "handler"])
        .current_dir(&copy)
        .env("CARGO_TARGET_DIR", &built);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let handler = copy.join("handler");
    fs::copy(built.join("debug/handler"), &handler).unwrap();
    handler
}

async fn start() -> Deployment {
    let handler = tokio::task::spawn_blocking(build).await.unwrap();
    let start = async |listener, environment, log| {
        let options = functions_host::Options { root: root().into(), listener, handler, handlers: 1, environment, log };
        functions_host::start(options).await.unwrap()
    };
    Deployment::start_by(async |listener, environment, log| start(listener, environment, Some(log)).await).await
}

fn call(tool: &str) -> Value {
    let params = json!({ "name": tool, "arguments": {} });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

fn assert_result(answer: &Value, beginning: &str) {
    let result = answer["result"]["structuredContent"].to_string();
    assert!(result.starts_with(beginning), "{answer}");
}

/// The answer to a call over HTTP+SSE.
async fn called_beside_a_stream(server: &Deployment, token: &str, tool: &str) -> Value {
    let mut stream = Stream::open(server, token).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(server, &endpoint, token, &initialize()).await, 202);
    stream.message().await;
    assert_eq!(post(server, &endpoint, token, &call(tool)).await, 202);
    stream.message().await
}

/// The scopes that Entra was asked for in on-behalf-of exchanges.
fn exchanged(server: &Deployment) -> Vec<String> {
    let requests = server.tenant.as_ref().unwrap().requests();
    let value = |request: &local_tenant::Recorded, name| request.form_value(name).map(str::to_owned);
    let exchanges = requests.iter().filter(|request| value(request, "requested_token_use").is_some());
    exchanges.filter_map(|request| value(request, "scope")).collect()
}

#[tokio::test]
#[ignore = "run by `cargo xtask test http --long`: it compiles the handler with all that it needs"]
async fn the_tools_of_the_page_work_after_a_step_up_and_each_api_gets_a_token_of_its_own() {
    let server = start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let without_role = browser.tokens(&server, &client_id, "user.read").await.access_token;
    let refused = body(sent(&server, &without_role, &call("list_orders"), STEP_UP).await).await;
    let words = tool_error(&refused).unwrap();
    assert!(words.contains("the role “Orders.Clerk”"), "{words}");
    server.tenant.as_ref().unwrap().assign_roles("bob@contoso.example", &["Orders.Clerk"]).unwrap();
    let narrow = browser.tokens(&server, &client_id, "user.read").await.access_token;
    for (tool, scope, result) in TOOLS {
        let refused = sent(&server, &narrow, &call(tool), STEP_UP).await;
        assert_eq!(refused.status(), 403);
        let wider = format!("user.read {scope}");
        let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.ends_with(&format!("scope=\"{wider}\"")), "{challenge}");
        let wide = Browser::default().tokens(&server, &client_id, &wider).await.access_token;
        assert_result(&body(sent(&server, &wide, &call(tool), STEP_UP).await).await, result);
        assert_result(&called_beside_a_stream(&server, &wide, tool).await, result);
    }
    let orders = "api://contoso.example/orders/Orders.Read";
    assert_eq!(exchanged(&server), ["https://graph.microsoft.com/Contacts.Read", orders]);

    let all = "user.read contacts.read orders.read";
    let page = browser.get(&server, &authorize_url(&server, &client_id, &[("scope", all)])).await.text().await.unwrap();
    assert!(page.contains("Read your orders in Contoso Orders."), "{page}");
    let token = browser.tokens(&server, &client_id, all).await.access_token;
    for (tool, _, result) in TOOLS {
        assert_result(&body(sent(&server, &token, &call(tool), STEP_UP).await).await, result);
    }
    a_demand_at_the_exchange_is_met_by_one_sign_in(&server, &client_id).await;
    a_challenge_of_the_api_is_met_by_one_sign_in(&server, &client_id).await;
}

fn fail(server: &Deployment, endpoint: Endpoint, times: usize, fault: Fault) {
    server.tenant.as_ref().unwrap().fail_next(endpoint, times, fault).unwrap();
}

/// The next sign-in of the client for this scope, and whether each of its legs brought the demand to Entra.
async fn signed_in_again(server: &Deployment, client_id: &str, scope: &str) -> (Tokens, Vec<bool>) {
    server.tenant.as_ref().unwrap().forget_requests();
    let tokens = Browser::default().tokens(server, client_id, scope).await;
    let demand = |claims: Option<String>| {
        let claims: Value = serde_json::from_str(&claims.unwrap()).unwrap();
        claims["access_token"]["acrs"] == json!({ "essential": true, "value": "c1" })
    };
    (tokens, authorizations(server, "claims").into_iter().map(demand).collect())
}

/// Entra refuses the exchange for the second API, with claims. A sign-in for Graph alone is asked for nothing.
async fn a_demand_at_the_exchange_is_met_by_one_sign_in(server: &Deployment, client_id: &str) {
    let (orders, _, result) = TOOLS[1];
    let (tokens, _) = signed_in_again(server, client_id, BOTH).await;
    // The exchange of the tool, and that of the first leg.
    let refusal = Fault::Aadsts { number: 50_076, suberror: None, claims: Some(CLAIMS.into()) };
    fail(server, Endpoint::OnBehalfOf, 2, refusal);
    assert!(says_sign_in_again(&body(sent(server, &tokens.access_token, &call(orders), STEP_UP).await).await));
    is_signed_out(server, &tokens).await;
    assert_eq!(signed_in_again(server, client_id, "user.read").await.1, [false]);
    let (again, legs) = signed_in_again(server, client_id, BOTH).await;
    assert_eq!(legs, [false, true]);
    assert_result(&body(sent(server, &again.access_token, &call(orders), STEP_UP).await).await, result);
    assert!(exchanged(server).iter().all(|scope| scope.contains("Orders.Read")), "{:?}", exchanged(server));
}

/// The second API itself answers 401 with a challenge, while a stream is open, and Entra refuses the exchange with its claims.
async fn a_challenge_of_the_api_is_met_by_one_sign_in(server: &Deployment, client_id: &str) {
    let (orders, _, result) = TOOLS[1];
    let (tokens, _) = signed_in_again(server, client_id, BOTH).await;
    let (mut stream, endpoint) = opened(server, &tokens).await;
    let demand = || Fault::Claims { claims: CLAIMS.into() };
    fail(server, Endpoint::Orders, 1, demand());
    assert_eq!(post(server, &endpoint, &tokens.access_token, &call(orders)).await, 202);
    assert_result(&stream.message().await, result);
    fail(server, Endpoint::Orders, 1, demand());
    fail(server, Endpoint::OnBehalfOf, 2, Fault::Aadsts { number: 50_076, suberror: None, claims: None });
    assert_eq!(post(server, &endpoint, &tokens.access_token, &call(orders)).await, 202);
    assert!(says_sign_in_again(&stream.message().await));
    assert_eq!(post(server, &endpoint, &tokens.access_token, &call(orders)).await, 401);
    is_signed_out(server, &tokens).await;
    let (again, legs) = signed_in_again(server, client_id, BOTH).await;
    assert_eq!(legs, [false, true]);
    assert_result(&called_beside_a_stream(server, &again.access_token, orders).await, result);
}

#[test]
fn every_change_of_the_page_fits_the_checkout() {
    let files = files();
    let named: Vec<_> = files.keys().copied().collect();
    let tools = "src/mcp/tools";
    let added = ["list_contacts", "list_orders", "mod"].map(|name| format!("{tools}/{name}.rs"));
    let states = ["roles", "scopes"].map(|name| format!("crates/authorization-server/src/state/{name}.rs"));
    assert_eq!(named, [&states[..], &added].concat());
    assert!(files[named[1]].contains("&CONTACTS_READ, &ORDERS_READ];"), "both rows are in the table");
    assert!(files["src/mcp/tools/list_orders.rs"].contains("Some(&ORDERS_CLERK)"));
}

#[test]
fn a_change_is_made_once_or_not_at_all() {
    let block = " b\n-c\n+d\n+e\n";
    assert_eq!(changed("a\nb\nc\nf\n", block), "a\nb\nd\ne\nf\n");
    for text in ["a\nb\n", "b\nc\nb\nc\n"] {
        assert!(std::panic::catch_unwind(|| changed(text, block)).is_err(), "{text}");
    }
    assert_eq!(blocks().len(), 12);
}
