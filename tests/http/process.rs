//! The process itself: its settings, its exit codes, its folder.

use std::net::TcpListener;

use functions_host::StartError;

use crate::deployment::{Deployment, host_options};

async fn start(environment: Vec<(String, String)>) -> StartError {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    match functions_host::start(host_options(listener, environment, &folder)).await {
        Ok(_) => panic!("the handler started"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn faulty_settings_stop_the_start_with_every_fault_by_name_and_exit_64() {
    let error = start(vec![("PUBLIC_BASE_URL".into(), "http://mcp.example.com".into())]).await.to_string();
    assert!(error.contains("64"), "{error}");
    for setting in [
        "PUBLIC_BASE_URL",
        "ENTRA_TENANT_ID",
        "ENTRA_CLIENT_ID",
        "AZURE_CLIENT_ID",
        "COSMOS_ENDPOINT",
        "KEY_VAULT_KEY_ID",
        "GATEWAY_PRINCIPAL_ID",
        "IDENTITY_ENDPOINT",
    ] {
        assert!(error.contains(setting), "{setting} in {error}");
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_says_that_it_is_in_use() {
    let first = Deployment::start().await;
    let mut environment = first.tenant.as_ref().unwrap().settings();
    environment.push(("PUBLIC_BASE_URL".into(), first.url.clone()));
    environment.push(("DATA_DIR".into(), first.folder.path().to_str().unwrap().to_owned()));
    let error = start(environment).await.to_string();
    assert!(error.contains("in use by another process"), "{error}");
}

#[tokio::test]
async fn a_key_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let first = Deployment::start().await;
    let mut environment = first.tenant.as_ref().unwrap().settings();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("data-key");
    std::fs::write(&key, [7; 32]).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    environment.push(("PUBLIC_BASE_URL".into(), first.url.clone()));
    environment.push(("DATA_DIR".into(), folder.path().to_str().unwrap().to_owned()));
    let error = start(environment).await.to_string();
    assert!(error.contains("chmod 600"), "{error}");
}

#[tokio::test]
async fn the_key_file_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Deployment::start().await;
    let mode = std::fs::metadata(server.folder.path().join("data-key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
