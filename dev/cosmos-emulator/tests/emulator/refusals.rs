//! What Azure does not let an Entra token do, and what this emulator cannot.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Rig, item, status};

#[tokio::test]
async fn administration_is_403_as_azure_answers_entra_tokens() {
    let rig = Rig::start().await;
    for (method, path) in [
        (Method::POST, "/dbs"),
        (Method::DELETE, "/dbs/mcp"),
        (Method::POST, "/dbs/mcp/colls"),
        (Method::PUT, "/dbs/mcp/colls/owners"),
        (Method::DELETE, "/dbs/mcp/colls/owners"),
        (Method::GET, "/offers"),
        (Method::PUT, "/offers/x"),
        (Method::POST, "/dbs/mcp/users"),
        (Method::POST, "/dbs/mcp/users/u/permissions"),
        (Method::POST, "/dbs/mcp/colls/owners/sprocs"),
    ] {
        let response = rig.bare(method.clone(), path).body(json!({ "id": "x" }).to_string()).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x-ms-substatus"].to_str().unwrap()),
            (403, &"5300")
        );
        let body: Value = response.json().await.unwrap();
        let expected = format!("The given request [{method} {path}] cannot be authorized by AAD token in data plane.");
        assert!(body["message"].as_str().unwrap().starts_with(&expected), "{body}");
    }
    let container = rig.container("owners").await;
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
}

#[tokio::test]
async fn another_database_is_not_ours() {
    let rig = Rig::start().await;
    for path in ["/dbs/other", "/dbs/other/colls/owners", "/dbs/other/colls/owners/docs/a"] {
        assert_eq!(rig.bare(Method::GET, path).send().await.unwrap().status(), 403, "{path}");
    }
}

#[tokio::test]
async fn a_container_that_is_not_there_is_404() {
    let rig = Rig::start().await;
    let missing = rig.container_at(rig.emulator.url(), "missing", &rig.tenant).await.err().unwrap();
    assert_eq!(status(&missing), 404);
}

#[tokio::test]
async fn what_is_not_implemented_is_refused_loudly_and_does_nothing() {
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
    ] {
        let response = request.send().await.unwrap();
        let (status, body) = (response.status(), response.json::<Value>().await.unwrap());
        assert_eq!((status.as_u16(), &body["code"]), (501, &json!("NotImplemented")), "{body}");
        assert!(body["message"].as_str().unwrap().ends_with("is not implemented by the local Cosmos emulator."));
    }
    assert!(rig.emulator.dump().await.is_empty());
    assert_eq!(rig.emulator.operations(), []);
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
