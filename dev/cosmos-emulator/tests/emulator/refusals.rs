//! Requests that this emulator does not support.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Rig, item, status};

#[tokio::test]
async fn a_container_that_is_not_there_is_404() {
    let rig = Rig::start().await;
    let missing = rig.container_with("missing", rig.token()).await.err().unwrap();
    assert_eq!(status(&missing), 404);
}

#[tokio::test]
async fn an_unsupported_request_is_refused_and_changes_nothing() {
    let rig = Rig::start().await;
    let docs = "/dbs/mcp/colls/owners/docs";
    let request = |method: &str, path: &str| rig.bare(Method::from_bytes(method.as_bytes()).unwrap(), path);
    let partition = |request: reqwest::RequestBuilder| request.header("x-ms-documentdb-partitionkey", r#"["alice"]"#);
    let rename = item("b", 1).to_string();
    for request in [
        request("POST", docs).header("x-ms-cosmos-is-batch-request", "True").body("[]"),
        request("PATCH", &format!("{docs}/a")).body("{}"),
        partition(request("PUT", &format!("{docs}/a"))).body(rename),
        request("GET", "/dbs/mcp/colls/owners/conflicts"),
        request("POST", "/operations/dtc"),
        request("POST", "/dbs"),
        request("DELETE", "/dbs/mcp"),
        request("POST", "/dbs/mcp/colls"),
        request("PUT", "/dbs/mcp/colls/owners"),
        request("DELETE", "/dbs/mcp/colls/owners"),
        request("GET", "/offers"),
        request("POST", "/dbs/mcp/users/u/permissions"),
        request("POST", "/dbs/mcp/colls/owners/sprocs"),
        request("GET", "/dbs"),
        request("GET", "/dbs/other"),
        request("GET", "/dbs/other/colls/owners"),
        request("GET", "/dbs/other/colls/owners/docs/a"),
        request("GET", &format!("{docs}/a/attachments")),
        request("PUT", "/offers/x"),
        request("POST", "/dbs/mcp/colls/owners/sprocs/s"),
    ] {
        let response = request.send().await.unwrap();
        let (status, body) = (response.status(), response.json::<Value>().await.unwrap());
        assert_eq!((status.as_u16(), &body["code"]), (501, &json!("NotImplemented")), "{body}");
        assert!(body["message"].as_str().unwrap().ends_with("is not implemented by the local Cosmos emulator."));
    }
    assert_eq!(request("HEAD", "/").send().await.unwrap().status(), 501);
    assert!(rig.emulator.dump().await.is_empty());
    assert_eq!(rig.emulator.operations(), []);
    let container = rig.container("owners").await;
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
}

#[tokio::test]
async fn a_malformed_request_is_400() {
    let rig = Rig::start().await;
    let docs = "/dbs/mcp/colls/owners/docs";
    let partition = "x-ms-documentdb-partitionkey";
    let good = item("a", 1).to_string();
    for (request, what) in [
        (rig.bare(Method::POST, docs).body(good.clone()), "no partition key"),
        (rig.bare(Method::POST, docs).header(partition, "alice").body(good.clone()), "partition key is no array"),
        (rig.bare(Method::POST, docs).header(partition, r#"["bob"]"#).body(good), "another partition key"),
        (rig.bare(Method::POST, docs).header(partition, r#"["alice"]"#).body("[]"), "no object"),
        (rig.bare(Method::POST, docs).header(partition, r#"["alice"]"#).body(r#"{"owner":"alice"}"#), "no id"),
        (rig.bare(Method::GET, &format!("{docs}/a")), "read without a partition key"),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 400, "{what}");
    }
    assert!(rig.emulator.dump().await.is_empty());
}
