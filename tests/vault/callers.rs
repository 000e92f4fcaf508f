//! The hashes of callers' addresses: one on all processes, another for each deployment and each data key.

use std::net::IpAddr;

use authorization_server::ground::Sealer as _;
use remote_auth_mcp::{ports::caller_hash::CallerHash as _, vault::Keyring};
use time::Duration;

use crate::keyring::Rig;

/// A process of the deployment at this URL, with the ring's keys.
async fn process(rig: &Rig, base_url: &str) -> Keyring {
    let keyring = rig.process_at(base_url);
    assert_eq!(keyring.hash(address(1)), None, "there is no key yet");
    keyring.seal("purpose", b"text").await.unwrap();
    keyring
}

const HERE: &str = "https://mcp.example.com";

fn address(last: u8) -> IpAddr {
    [20, 1, 2, last].into()
}

#[tokio::test]
async fn processes_of_a_deployment_agree_and_addresses_and_deployments_differ() {
    let rig = Rig::new();
    let (one, other, elsewhere) =
        (process(&rig, HERE).await, process(&rig, HERE).await, process(&rig, "https://other.example.com").await);
    let hash = one.hash(address(1)).unwrap();
    assert_eq!((hash.len(), other.hash(address(1)).as_ref()), (16, Some(&hash)));
    assert_ne!(one.hash(address(2)), Some(hash.clone()));
    assert_ne!(elsewhere.hash(address(1)), Some(hash));
}

#[tokio::test]
async fn a_caller_has_another_hash_under_the_next_data_key() {
    let rig = Rig::new();
    let keyring = process(&rig, HERE).await;
    let before = keyring.hash(address(1)).unwrap();
    rig.clock.advance(Duration::days(30));
    keyring.refresh().await.unwrap();
    rig.clock.advance(Duration::minutes(15));
    assert_ne!(keyring.hash(address(1)).unwrap(), before);
}
