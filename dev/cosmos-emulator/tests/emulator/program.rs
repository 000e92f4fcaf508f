//! The program: one ready line, settings that work, an end when told.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::support::{TENANT_ID, Tenant, authorization, cosmos_claims};

async fn program(tenant: &Tenant) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cosmos-emulator"))
        .args(["--port", "0", "--https-port", "0", "--authority", tenant.url(), "--tenant-id", TENANT_ID])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    (child, ready)
}

#[tokio::test]
async fn the_ready_line_says_where_it_is_and_how_to_use_it() {
    let tenant = Tenant::start().await;
    let (mut child, ready) = program(&tenant).await;
    let url = ready["url"].as_str().unwrap();
    assert_eq!(ready["ready"], true);
    let settings = json!({ "COSMOS_ENDPOINT": url, "COSMOS_DATABASE": "mcp", "COSMOS_DISABLE_IMDS": "1" });
    assert_eq!(ready["settings"], settings);
    assert!(ready["https"]["certificate"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let token = tenant.sign(&cosmos_claims(tenant.url()));
    let account = client.get(format!("{url}/")).header("authorization", authorization(&token)).send().await.unwrap();
    assert_eq!(account.status(), 200);
    let items = client
        .get(format!("{}/items", ready["control_url"].as_str().unwrap()))
        .bearer_auth(ready["control_token"].as_str().unwrap());
    assert_eq!(items.send().await.unwrap().json::<Value>().await.unwrap(), json!([]));
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(id).status().await.unwrap().success());
    assert!(child.wait().await.unwrap().success(), "it ends in good order when told");
}

#[tokio::test]
async fn a_taken_port_is_a_failure_with_a_reason() {
    let tenant = Tenant::start().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_cosmos-emulator"))
        .args(["--port", &port, "--authority", tenant.url(), "--tenant-id", TENANT_ID])
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    let expected = format!("cosmos-emulator: port {port} is taken by another program\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
}
