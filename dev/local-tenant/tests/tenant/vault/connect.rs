//! The CONNECT proxy.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{KEY, Rig};
use crate::support::Local;

/// The status of a CONNECT, or nothing if the connection is closed instead.
async fn connect(local: &Local, target: &str) -> String {
    let address = local.tenant.base_url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n\r\n").as_bytes()).await.unwrap();
    let mut start = [0; 12];
    match stream.read_exact(&mut start).await {
        Ok(_) => String::from_utf8(start.to_vec()).unwrap(),
        Err(_) => String::new(),
    }
}

#[tokio::test]
async fn the_proxy_leads_to_the_vault_and_nowhere_else() {
    let rig = Rig::start().await;
    for (target, status) in [
        ("local-vault.vault.azure.net:443", "200"),
        ("another-vault.vault.azure.net:443", "502"),
        ("local-vault.vault.azure.net:80", "403"),
        ("login.microsoftonline.com:443", "403"),
        ("vault.azure.net.example:443", "403"),
        ("127.0.0.1:443", "403"),
    ] {
        assert_eq!(connect(&rig.local, target).await, format!("HTTP/1.1 {status}"), "{target}");
    }
}

#[tokio::test]
async fn without_a_vault_there_is_no_proxy() {
    let local = Local::start().await;
    assert_eq!(connect(&local, "local-vault.vault.azure.net:443").await, "HTTP/1.1 501");
    assert!(local.tenant.vault_settings().is_empty() && local.tenant.vault().is_none());
}

#[tokio::test]
async fn a_paused_vault_is_not_reached_and_closes_what_is_open() {
    let rig = Rig::start().await;
    assert_eq!(rig.get("").await.0, 200, "and the connection stays open");
    rig.vault().pause();
    assert!(rig.request(reqwest::Method::GET, "").send().await.is_err());
    assert_eq!(connect(&rig.local, "local-vault.vault.azure.net:443").await, "");
    rig.vault().resume();
    assert_eq!(rig.get("").await.0, 200);
}

#[tokio::test]
async fn the_tenant_itself_is_not_served_under_the_vaults_name() {
    let rig = Rig::start().await;
    let metadata = format!("/{}/v2.0/.well-known/openid-configuration", rig.local.setting("ENTRA_TENANT_ID"));
    let url = KEY.replace("/keys/data-key-wrap", &metadata);
    assert_eq!(rig.http.get(url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn stopping_closes_the_tunnels() {
    let rig = Rig::start().await;
    assert_eq!(rig.get("").await.0, 200);
    let Rig { local, http, .. } = rig;
    local.tenant.stop().await;
    assert!(http.get(KEY).send().await.is_err());
}
