//! Store operations per request, as docs/operations.md lists them.

use azure_tests::{Plan, is_by_the_clock};
use driver::mcp::tool_call;
use serde_json::json;

use crate::{
    browser::{Browser, Redirect, authorize_url, consent_form, location, redemption, refresh_target, tokens},
    deployment::Deployment,
    entra_clients,
    stream::{Stream, initialize, post},
};

/// The requests to the store since the last call, as words.
fn taken(server: &Deployment) -> Vec<String> {
    let operations = server.azure.cosmos.clear_operations();
    let of_requests = operations.iter().filter(|operation| !is_by_the_clock(operation));
    of_requests.map(|operation| format!("{:?} {}", operation.verb, operation.container).to_lowercase()).collect()
}

/// The rows of the table.
fn documented() -> Vec<String> {
    let text = std::fs::read_to_string(azure_tests::root().join("docs/operations.md")).unwrap();
    let table = text.lines().skip_while(|line| !line.starts_with("| request |")).skip(2);
    table.take_while(|line| line.starts_with('|')).map(str::to_owned).collect()
}

/// The requests so far, each with what it asked.
#[derive(Default)]
struct Table(Vec<String>);

impl Table {
    fn row(&mut self, server: &Deployment, request: &str) {
        let operations = taken(server);
        let operations = if operations.is_empty() { "none".to_owned() } else { operations.join(", ") };
        self.0.push(format!("| {request} | {operations} |"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_costs_what_the_table_says() {
    let server = Deployment::start(1).await;
    let (mut browser, mut table) = (Browser::default(), Table::default());
    taken(&server);
    let client_id = server.register().await;
    table.row(&server, "POST /register");
    let form = browser.authorize(&server, &client_id).await;
    table.row(&server, "GET /authorize");
    let callback = browser.allow(&server, &form).await;
    table.row(&server, "POST /consent");
    let answer = browser.get(&server, &callback).await;
    let code = Redirect(location(&answer).parse().unwrap()).get("code").unwrap();
    table.row(&server, "GET /oauth-callback");
    let (_, tokens) = server.token(&redemption(&client_id, &code)).await;
    table.row(&server, "POST /token, code");
    let access_token = tokens["access_token"].as_str().unwrap();
    server.call_tool(access_token).await;
    table.row(&server, "tool call, the first of a grant");
    server.call_tool(access_token).await;
    table.row(&server, "tool call, warm");
    let (_, tokens) = server.refresh(&client_id, tokens["refresh_token"].as_str().unwrap()).await;
    table.row(&server, "POST /token, refresh");
    server.call_tool(tokens["access_token"].as_str().unwrap()).await;
    table.row(&server, "tool call, the first after a refresh");
    let form = [("token", tokens["refresh_token"].as_str().unwrap()), ("client_id", &client_id)];
    server.post("/revoke").form(&form).send().await.unwrap();
    table.row(&server, "POST /revoke");
    pages(&server, &client_id, &mut browser, &mut table).await;
    streams(&mut table).await;
    streams_of_entra(&mut table).await;
    roles(&mut table).await;
    assert_eq!(table.0, documented(), "the table should be\n{}", table.0.join("\n"));
}

/// The other requests of a person: denial, confirmation, and /connections.
async fn pages(server: &Deployment, client_id: &str, browser: &mut Browser, table: &mut Table) {
    let mut other = Browser::default();
    let form = other.authorize(server, client_id).await;
    taken(server);
    other.decide(server, &form, "deny").await;
    table.row(server, "POST /consent, denial");
    browser.user = "alice@contoso.example";
    let form = consent_form(&browser.get(server, &authorize_url(server, client_id, &[])).await.text().await.unwrap());
    let callback = browser.allow(server, &form).await;
    let question = location(&browser.get(server, &callback).await);
    taken(server);
    assert_eq!(browser.get(server, &question).await.status(), 200);
    table.row(server, "GET /consent");
    let page = other.post(server, "/connections", &[("action", "sign-in")]).await.text().await.unwrap();
    let callback = other.choose_account(server, &refresh_target(&page)).await;
    let connections = location(&other.get(server, &callback).await);
    taken(server);
    let page = other.get(server, &connections).await.text().await.unwrap();
    assert!(page.contains("Bob Brown"), "{page}");
    table.row(server, "GET /connections");
}

/// A stream whose messages arrive at another process.
async fn streams(table: &mut Table) {
    let server = Deployment::start(2).await;
    server.azure.host.keep_apart("/mcp/sse");
    let token = tokens(&server).await.access_token;
    taken(&server);
    let mut stream = Stream::open(&server, &token).await;
    let endpoint = stream.endpoint().await;
    table.row(&server, "GET /mcp/sse, the first of a grant");
    let head = server.http.head(format!("{}/mcp/sse", server.url)).bearer_auth(&token);
    assert_eq!(head.send().await.unwrap().status(), 200);
    table.row(&server, "HEAD /mcp/sse");
    // The other process reads the grant once.
    assert_eq!(post(&server, &endpoint, &token, &initialize()).await, 202);
    stream.message().await;
    taken(&server);
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    assert_eq!(post(&server, &endpoint, &token, &message).await, 202);
    table.row(&server, "POST /mcp/message, the stream elsewhere");
}

/// The same of a client that got its token from Entra and takes claims challenges.
async fn streams_of_entra(table: &mut Table) {
    let (server, mut session) = entra_clients::stream_elsewhere().await;
    for _ in 0..2 {
        taken(&server);
        assert_eq!(session.request(&server, &tool_call(1)).send().await.unwrap().status(), 202);
    }
    table.row(&server, "tool call by POST /mcp/message with a token of Entra, the stream elsewhere");
    session.stream.message().await;
}

/// A tool for those with a role. Whether the caller has it makes no difference here.
async fn roles(table: &mut Table) {
    let settings = vec![("TOOLS".to_owned(), "get_graph_user_details=Admin".to_owned())];
    let server = Deployment::of(Plan { settings, ..Plan::of(1) }).await;
    server.until_ready().await;
    let token = tokens(&server).await.access_token;
    server.call_tool(&token).await;
    taken(&server);
    server.call_tool(&token).await;
    table.row(&server, "tool call that needs a role, warm");
}
