//! The identity endpoint, asked by the product's own credential.

use std::process::Stdio;

use remote_auth_mcp::{
    entra::{ManagedIdentityAssertion, managed_identity},
    platform::SystemClock,
};

use crate::{
    requests::{assert_alike, ours},
    support::{AUDIENCE, Local},
};

/// The identity reads the process's environment, so that it needs a process of its own.
const CHILD: &str = "identity::a_process_with_an_identity_gets_its_assertion";

#[tokio::test]
async fn the_request_for_the_assertion_is_the_recorded_one() {
    let local = Local::start().await;
    let status = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--include-ignored"])
        .env("IDENTITY_ENDPOINT", local.setting("IDENTITY_ENDPOINT"))
        .env("IDENTITY_HEADER", local.setting("IDENTITY_HEADER"))
        .env("AZURE_CLIENT_ID", local.setting("AZURE_CLIENT_ID"))
        .stdout(Stdio::null())
        .status();
    assert!(status.await.unwrap().success());
    let requests = local.tenant.requests();
    assert_eq!(requests.len(), 1, "asked once, and cached");
    assert_alike(
        &ours(&requests[0], &local),
        &["msal.mi.app_service.user_client_id", "idweb.mi_assertion.default", "azid.mi.app_service.user_client_id"],
        "/msi/token",
    );
}

#[tokio::test]
#[ignore = "run by the test above, with an identity in the environment"]
#[expect(clippy::disallowed_methods, reason = "says whether it was run by the test above")]
async fn a_process_with_an_identity_gets_its_assertion() {
    let Ok(client_id) = std::env::var("AZURE_CLIENT_ID") else { return };
    let assertion = ManagedIdentityAssertion::new(managed_identity(&client_id).unwrap(), AUDIENCE);
    for _ in 0..2 {
        assertion.get(&SystemClock).await.unwrap();
    }
}
