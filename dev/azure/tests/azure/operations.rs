//! Store operations per request, as docs/operations.md lists them.

use crate::{
    browser::{Browser, Redirect, location, redemption},
    deployment::Deployment,
};

/// What was asked of the store since the last time, as words.
fn taken(server: &Deployment) -> Vec<String> {
    let operations = server.azure.cosmos.operations();
    server.azure.cosmos.clear_operations();
    // The ring is read by the clock, not by requests.
    let of_requests = operations.iter().filter(|operation| operation.container != "keyring");
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
    assert_eq!(table.0, documented(), "the table should be\n{}", table.0.join("\n"));
}
