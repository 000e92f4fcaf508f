//! Start, stop and the program.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener},
    process::Stdio,
};

use local_tenant::{ListenError, Options, StartError};
use reqwest::Url;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use crate::support::{CALLBACK, Local};

fn port(url: &str) -> u16 {
    Url::parse(url).unwrap().port().unwrap()
}

#[tokio::test]
async fn a_taken_port_is_named_with_the_way_out() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = local_tenant::start(Options { port, ..Options::default() }).await.err().unwrap();
    assert!(matches!(error, StartError::Listen(ListenError::PortTaken(named)) if named == port));
    let message = error.to_string();
    assert!(message.contains(&port.to_string()) && message.contains("choose another port"), "{message}");
}

#[tokio::test]
async fn both_loopback_addresses_answer() {
    let local = Local::start().await;
    let port = port(local.tenant.base_url());
    let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        addresses.push(IpAddr::V6(Ipv6Addr::LOCALHOST));
    }
    for address in addresses {
        TcpStream::connect((address, port)).await.unwrap();
    }
}

#[tokio::test]
async fn stopping_closes_connections_that_wait() {
    let local = Local::start().await;
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port(local.tenant.base_url()))).await.unwrap();
    connection.write_all(b"GET /v1.0/me HTTP/1.1\r\nHost: localhost\r\n\r\nGET /half-of-a-request").await.unwrap();
    assert_ne!(connection.read_u8().await.unwrap(), 0, "it is being served");
    local.tenant.stop().await;
    let mut rest = Vec::new();
    // The end of the stream or a reset: either way it is over.
    let _ = connection.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn bad_options_are_named() {
    let unknown = Options { silent_user: Some("mallory@contoso.example".into()), ..Options::default() };
    assert!(
        matches!(local_tenant::start(unknown).await.err(), Some(StartError::UnknownUser(name)) if name.starts_with("mallory"))
    );
    for uri in ["/oauth-callback", "http://127.0.0.1:7071/#fragment"] {
        let options = Options { redirect_uris: vec![uri.into()], ..Options::default() };
        assert!(
            matches!(local_tenant::start(options).await.err(), Some(StartError::RedirectUri(named)) if named == uri)
        );
    }
}

#[tokio::test]
async fn a_damaged_state_file_stops_the_start_and_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json");
    let newer = r#"{"version":2,"signing_key":"","identity_header":"","refresh_tokens":{},"consents":{}}"#;
    for text in ["", "{", "{}", newer] {
        std::fs::write(&file, text).unwrap();
        let options = Options { state_file: Some(file.clone()), ..Options::default() };
        assert!(matches!(local_tenant::start(options).await.err(), Some(StartError::State(named, _)) if named == file));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "it is not overwritten");
    }
}

#[tokio::test]
async fn the_program_says_it_is_ready_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_local-tenant"))
        .args(["--port", "0", "--redirect-uri", CALLBACK, "--https-ca"])
        .arg(&ca_file)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let ready: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(ready["ready"], true);
    let url = ready["url"].as_str().unwrap();
    assert_eq!(ready["settings"]["ENTRA_AUTHORITY_HOST"], url);
    assert_eq!(ready["users"].as_array().unwrap().len(), 3);
    assert_eq!(ready["control_token"].as_str().unwrap().len(), 43);
    assert_eq!(ready["https"]["settings"]["ENTRA_AUTHORITY_HOST"], ready["https"]["url"]);
    let ca = std::fs::read_to_string(ready["https"]["ca_file"].as_str().unwrap()).unwrap();
    assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"), "{ca}");
    TcpStream::connect((Ipv4Addr::LOCALHOST, port(url))).await.unwrap();
    let id = program.id().unwrap().to_string();
    assert!(tokio::process::Command::new("kill").arg(&id).status().await.unwrap().success());
    assert!(program.wait().await.unwrap().success());
    assert_eq!(lines.next_line().await.unwrap(), None, "one line only");
}
