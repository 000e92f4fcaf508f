//! HTTP/1.1 and h2, with and without TLS, and what the account says about itself.

use reqwest::{Certificate, ClientBuilder, Version};
use serde_json::Value;

use crate::support::{Rig, authorization, cosmos_claims, item, value};

async fn account(rig: &Rig, client: ClientBuilder, url: &str) -> (Version, Value) {
    let token = rig.tenant.sign(&cosmos_claims(rig.tenant.url()));
    let client = client.no_proxy().build().unwrap();
    let response = client.get(format!("{url}/")).header("authorization", authorization(&token)).send().await.unwrap();
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
async fn the_plain_listener_speaks_both_versions() {
    let rig = Rig::start().await;
    let url = rig.emulator.url().to_owned();
    let (version, account_1) = account(&rig, reqwest::Client::builder().http1_only(), &url).await;
    assert_eq!(version, Version::HTTP_11);
    let (version, account_2) = account(&rig, reqwest::Client::builder().http2_prior_knowledge(), &url).await;
    assert_eq!(version, Version::HTTP_2);
    assert_eq!(account_1, account_2);
}

#[tokio::test]
async fn the_https_listener_speaks_both_versions_under_its_certificate() {
    let mut rig = Rig::start().await;
    let https = rig.emulator.listen_https(0).await.unwrap();
    let trusting = || {
        let certificate = Certificate::from_pem(https.certificate.as_bytes()).unwrap();
        reqwest::Client::builder().tls_certs_only([certificate])
    };
    assert_eq!(account(&rig, trusting().http1_only(), &https.url).await.0, Version::HTTP_11);
    assert_eq!(account(&rig, trusting(), &https.url).await.0, Version::HTTP_2, "by ALPN");
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(&https.url).send().await.is_err(), "nobody else trusts it");
}

#[tokio::test]
async fn the_account_advertises_the_listener_that_was_asked() {
    let mut rig = Rig::start().await;
    let https = rig.emulator.listen_https(0).await.unwrap();
    let url = rig.emulator.url().to_owned();
    let (_, plain) = account(&rig, reqwest::Client::builder(), &url).await;
    assert_eq!(endpoints(&plain), [format!("{url}/"), format!("{url}/")]);
    assert_eq!(plain["userConsistencyPolicy"]["defaultConsistencyLevel"], "Strong");
    let certificate = Certificate::from_pem(https.certificate.as_bytes()).unwrap();
    let (_, secure) = account(&rig, reqwest::Client::builder().tls_certs_only([certificate]), &https.url).await;
    assert_eq!(endpoints(&secure), [format!("{}/", https.url), format!("{}/", https.url)]);
}

#[tokio::test]
async fn the_sdk_uses_both_listeners_of_one_account() {
    let mut rig = Rig::start().await;
    let https = rig.emulator.listen_https(0).await.unwrap();
    let secure = rig.container_at(&https.url, "owners", &rig.tenant).await.unwrap();
    secure.create_item("alice", "a", item("a", 1), None).await.unwrap();
    assert_eq!(value(&rig.container("owners").await, "a").await, Ok(1));
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let rig = Rig::start().await;
    let port = rig.emulator.url().rsplit_once(':').unwrap().1.parse().unwrap();
    let options = cosmos_emulator::Options { port, ..cosmos_emulator::Options::new("http://localhost:1", "t") };
    let refused = cosmos_emulator::start(options).await.err().unwrap();
    assert_eq!(refused.to_string(), format!("port {port} is taken by another program"));
}

#[tokio::test]
async fn after_stop_the_port_is_free() {
    let rig = Rig::start().await;
    let address = rig.emulator.url().strip_prefix("http://").unwrap().to_owned();
    rig.emulator.stop().await;
    std::net::TcpListener::bind(address).unwrap();
}
