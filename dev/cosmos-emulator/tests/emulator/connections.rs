//! HTTP/1.1 and h2, and what the account says about itself.

use reqwest::{ClientBuilder, Version};
use serde_json::Value;

use crate::support::{Rig, authorization};

async fn account(rig: &Rig, client: ClientBuilder) -> (Version, Value) {
    let client = client.no_proxy().build().unwrap();
    let request = client.get(format!("{}/", rig.emulator.url())).header("authorization", authorization(&rig.token()));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    (response.version(), response.json().await.unwrap())
}

fn endpoints(account: &Value) -> Vec<&str> {
    ["readableLocations", "writableLocations"]
        .iter()
        .flat_map(|locations| account[locations].as_array().unwrap())
        .map(|location| location["databaseAccountEndpoint"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_listener_speaks_both_versions() {
    let rig = Rig::start().await;
    let (version, account_1) = account(&rig, reqwest::Client::builder().http1_only()).await;
    assert_eq!(version, Version::HTTP_11);
    let (version, account_2) = account(&rig, reqwest::Client::builder().http2_prior_knowledge()).await;
    assert_eq!(version, Version::HTTP_2);
    assert_eq!(account_1, account_2);
}

#[tokio::test]
async fn the_account_advertises_its_own_listener() {
    let rig = Rig::start().await;
    let (_, account) = account(&rig, reqwest::Client::builder()).await;
    let url = format!("{}/", rig.emulator.url());
    assert_eq!(endpoints(&account), [url.as_str(), url.as_str()]);
    assert_eq!(account["userConsistencyPolicy"]["defaultConsistencyLevel"], "Strong");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let rig = Rig::start().await;
    let port = rig.emulator.url().rsplit_once(':').unwrap().1.parse().unwrap();
    let options = cosmos_emulator::Options { port, ..cosmos_emulator::Options::new("http://localhost:1", "t") };
    let refused = cosmos_emulator::start(options).await.err().unwrap();
    assert_eq!(
        refused.to_string(),
        format!("port {port} is taken by another program: stop it, or choose another port")
    );
}

#[tokio::test]
async fn after_stop_the_port_is_free() {
    let rig = Rig::start().await;
    let address = rig.emulator.url().strip_prefix("http://").unwrap().to_owned();
    rig.emulator.stop().await;
    std::net::TcpListener::bind(address).unwrap();
}
