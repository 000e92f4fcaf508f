//! `infra/delete-ring.sh`, as an operator runs it: the server makes a new ring, and everybody signs in again.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use azure_core::credentials::TokenCredential as _;
use azure_tests::ManagedIdentity;
use tokio::process::Command;

use crate::{browser::tokens, deployment::Deployment};

/// In place of the Azure CLI: a program that prints this token.
fn azure_cli(folder: &Path, token: &str) {
    let program = folder.join("az");
    fs::write(&program, format!("#!/bin/sh\necho '{token}'\n")).unwrap();
    fs::set_permissions(program, fs::Permissions::from_mode(0o700)).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "the script finds curl where this process would")]
async fn delete_ring(server: &Deployment, token: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    azure_cli(folder.path(), token);
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let mut script = Command::new(azure_tests::root().join("infra/delete-ring.sh"));
    script.arg(server.azure.cosmos.url()).env("PATH", path).status().await.unwrap().success()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_ring_was_deleted_everybody_signs_in_again() {
    let server = Deployment::start(1).await;
    let before = tokens(&server).await;
    assert_eq!(server.call_tool(&before.access_token).await.0, 200);

    let identity = ManagedIdentity::of(&server.azure.tenant);
    let token = identity.get_token(&["https://cosmos.azure.com/.default"], None).await.unwrap();
    assert!(!delete_ring(&server, "not-a-token").await, "the store takes any token");
    assert!(delete_ring(&server, token.token.secret()).await, "the script says why");
    assert!(!delete_ring(&server, token.token.secret()).await, "there is no ring to delete twice");
    server.azure.host.kill(0).await;
    server.until_ready().await;

    assert_eq!(server.call_tool(&before.access_token).await.0, 401);
    let (status, answer) = server.refresh(&before.client_id, &before.refresh_token).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")));
    let after = tokens(&server).await;
    assert_eq!(server.call_tool(&after.access_token).await.0, 200);
}
