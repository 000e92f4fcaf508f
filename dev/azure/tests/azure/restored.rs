//! The store goes back to an earlier time, as after a restore of Cosmos DB's backup.

use azure_core::credentials::TokenCredential as _;
use azure_tests::ManagedIdentity;
use serde_json::{Value, json};
use stand_in::wait::until;

use crate::{browser::tokens, deployment::Deployment};

/// Each container, with the member of its items that names the partition.
const CONTAINERS: [(&str, &str); 4] =
    [("clients", "id"), ("authorizations", "id"), ("owners", "owner"), ("keyring", "id")];

/// The items of all containers, at one time.
struct Backup(Vec<(String, String, Value)>);

impl Backup {
    async fn of(server: &Deployment) -> Self {
        let mut items = Vec::new();
        for (container, key) in CONTAINERS {
            for item in server.azure.cosmos.dump_container(container).await {
                items.push((container.to_owned(), item[key].as_str().unwrap().to_owned(), item));
            }
        }
        Self(items)
    }

    /// Over the wire, because the emulator has no restore. Items of a later time stay: none of them is read again.
    async fn restore(&self, server: &Deployment) {
        let identity = ManagedIdentity::of(&server.azure.tenant);
        let token = identity.get_token(&["https://cosmos.azure.com/.default"], None).await.unwrap();
        let client = reqwest::Client::new();
        for (container, partition, item) in &self.0 {
            let url = format!("{}/dbs/mcp/colls/{container}/docs", server.azure.cosmos.url());
            let request = client
                .post(url)
                .header("authorization", format!("type%3Daad%26ver%3D1.0%26sig%3D{}", token.token.secret()))
                .header("x-ms-version", "2018-12-31")
                .header("x-ms-documentdb-partitionkey", json!([partition]).to_string())
                .header("x-ms-documentdb-is-upsert", "true");
            let answer = request.body(item.to_string()).send().await.unwrap();
            assert!(answer.status().is_success(), "{}", answer.status());
        }
        server.azure.host.kill(0).await;
        server.until_ready().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_store_knows_no_later_rotation_and_no_later_revocation() {
    let server = Deployment::start(1).await;
    let (rotated, revoked) = (tokens(&server).await, tokens(&server).await);
    let backup = Backup::of(&server).await;
    let (status, later) = server.refresh(&rotated.client_id, &rotated.refresh_token).await;
    assert_eq!(status, 200);
    let form = [("token", revoked.refresh_token.as_str()), ("client_id", &revoked.client_id)];
    assert_eq!(server.post("/revoke").form(&form).send().await.unwrap().status(), 200);
    assert_eq!(server.call_tool(&revoked.access_token).await.0, 401);

    backup.restore(&server).await;

    let (status, answer) = server.refresh(&rotated.client_id, later["refresh_token"].as_str().unwrap()).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")));
    // The host reads the lines of the handlers later.
    until(async || server.log().contains("the store lost a write")).await;
    // Nobody stole anything: the refresh token that the store knows is good.
    assert_eq!(server.refresh(&rotated.client_id, &rotated.refresh_token).await.0, 200);
    // This is why docs/operations.md says to delete the ring.
    assert_eq!(server.call_tool(&revoked.access_token).await.0, 200);
    assert_eq!(server.refresh(&revoked.client_id, &revoked.refresh_token).await.0, 200);
}
