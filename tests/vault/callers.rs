//! The hashes of callers' addresses: one on all processes, another for each deployment and each data key.

use std::{net::IpAddr, sync::Arc};

use authorization_server::ground::Sealer as _;
use remote_auth_mcp::{
    ports::caller_hash::CallerHash as _,
    store::embedded::Embedded,
    vault::{Keyring, RingStore, Rotation},
};
use testkit::{ManualClock, SeededEntropy};
use time::Duration;

use crate::wrap::Versions;

struct Rig {
    clock: Arc<ManualClock>,
    store: Arc<Embedded>,
    vault: Arc<Versions>,
    entropy: Arc<SeededEntropy>,
}

impl Rig {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(Embedded::in_memory(Arc::clone(&clock) as _).unwrap());
        Self { clock, store, vault: Arc::default(), entropy: Arc::new(SeededEntropy::new(7)) }
    }

    /// A process of the deployment at this URL, with the ring's keys.
    async fn process(&self, base_url: &str) -> Keyring {
        let (records, wrap) = (Arc::clone(&self.store) as _, Arc::clone(&self.vault) as _);
        let (clock, entropy) = (Arc::clone(&self.clock) as _, Arc::clone(&self.entropy) as _);
        let keyring = Keyring::new(RingStore { records, wrap, clock, entropy }, base_url, Rotation::default());
        assert_eq!(keyring.hash(address(1)), None, "there is no key yet");
        keyring.seal("purpose", b"text").await.unwrap();
        keyring
    }
}

const HERE: &str = "https://mcp.example.com";

fn address(last: u8) -> IpAddr {
    [20, 1, 2, last].into()
}

#[tokio::test]
async fn processes_of_a_deployment_agree_and_addresses_and_deployments_differ() {
    let rig = Rig::new();
    let (one, other, elsewhere) =
        (rig.process(HERE).await, rig.process(HERE).await, rig.process("https://other.example.com").await);
    let hash = one.hash(address(1)).unwrap();
    assert_eq!((hash.len(), other.hash(address(1)).as_ref()), (16, Some(&hash)));
    assert_ne!(one.hash(address(2)), Some(hash.clone()));
    assert_ne!(elsewhere.hash(address(1)), Some(hash));
}

#[tokio::test]
async fn a_caller_has_another_hash_under_the_next_data_key() {
    let rig = Rig::new();
    let keyring = rig.process(HERE).await;
    let before = keyring.hash(address(1));
    rig.clock.advance(Duration::days(30));
    keyring.refresh().await.unwrap();
    rig.clock.advance(Duration::minutes(15));
    assert_ne!(keyring.hash(address(1)), before);
}
