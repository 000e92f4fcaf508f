//! Two keyrings on one store stand for two processes.

use std::sync::{Arc, atomic::Ordering};

use authorization_server::ground::Sealer as _;
use remote_auth_mcp::{
    ports::records::{Address, Container, ItemStore},
    store::embedded::Embedded,
    vault::{Keyring, RingStore, Rotation},
};
use serde_json::Value;
use testkit::{ManualClock, SeededEntropy};
use time::Duration;

use crate::wrap::Versions;

/// A deployment's store, vault and clock.
pub(crate) struct Rig {
    pub(crate) clock: Arc<ManualClock>,
    store: Arc<Embedded>,
    vault: Arc<Versions>,
    entropy: Arc<SeededEntropy>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(Embedded::in_memory(Arc::clone(&clock) as _).unwrap());
        Self { clock, store, vault: Arc::default(), entropy: Arc::new(SeededEntropy::new(7)) }
    }

    fn process(&self) -> Keyring {
        self.process_at("https://mcp.example.com")
    }

    pub(crate) fn process_at(&self, base_url: &str) -> Keyring {
        let (records, wrap) = (Arc::clone(&self.store) as _, Arc::clone(&self.vault) as _);
        let (clock, entropy) = (Arc::clone(&self.clock) as _, Arc::clone(&self.entropy) as _);
        Keyring::new(RingStore { records, wrap, clock, entropy }, base_url, Rotation::default())
    }

    async fn ring(&self) -> Vec<Value> {
        let address = Address { container: Container::Keyring, partition: "ring".into(), id: "ring".into() };
        let item = self.store.get(&address).await.unwrap().unwrap();
        item.body["keys"].as_array().unwrap().clone()
    }

    async fn wrapped_by(&self) -> Vec<String> {
        self.ring().await.iter().map(|key| key["wrapped_by"].as_str().unwrap().to_owned()).collect()
    }
}

fn kid(sealed: &str) -> &str {
    sealed.split('.').next().unwrap()
}

async fn opens(keyring: &Keyring, sealed: &str) -> bool {
    keyring.open("purpose", sealed).await.unwrap().as_deref() == Some(b"text".as_slice())
}

async fn seal(keyring: &Keyring) -> String {
    keyring.seal("purpose", b"text").await.unwrap()
}

#[tokio::test]
async fn processes_that_start_together_agree_on_one_key() {
    let rig = Rig::new();
    let (one, other) = (rig.process(), rig.process());
    let (first, second) = tokio::join!(seal(&one), seal(&other));
    assert_eq!(kid(&first), kid(&second));
    assert!(opens(&other, &first).await && opens(&one, &second).await);
    assert_eq!(rig.ring().await.len(), 1);
}

#[tokio::test]
async fn a_sealed_value_opens_only_for_its_purpose_and_deployment() {
    let rig = Rig::new();
    let keyring = rig.process();
    let sealed = seal(&keyring).await;
    assert_eq!(keyring.open("another", &sealed).await.unwrap(), None);
    let elsewhere = RingStore {
        records: Arc::clone(&rig.store) as _,
        wrap: Arc::clone(&rig.vault) as _,
        clock: Arc::clone(&rig.clock) as _,
        entropy: Arc::clone(&rig.entropy) as _,
    };
    let elsewhere = Keyring::new(elsewhere, "https://other.example.com", Rotation::default());
    assert!(!opens(&elsewhere, &sealed).await);
}

#[tokio::test]
async fn a_new_key_is_known_to_every_process_before_any_seals_with_it() {
    let rig = Rig::new();
    let (one, other) = (rig.process(), rig.process());
    let old = seal(&one).await;
    rig.clock.advance(Duration::days(30) - Duration::minutes(15));
    one.refresh().await.unwrap();
    assert_eq!(rig.ring().await.len(), 2);
    assert_eq!(kid(&seal(&one).await), kid(&old));
    rig.clock.advance(Duration::minutes(5));
    other.refresh().await.unwrap();
    rig.clock.advance(Duration::minutes(10));
    let (first, second) = (seal(&one).await, seal(&other).await);
    assert_ne!(kid(&first), kid(&old));
    assert_eq!(kid(&first), kid(&second));
    assert!(opens(&other, &first).await && opens(&other, &old).await);
}

#[tokio::test]
async fn processes_that_find_a_rotation_due_together_publish_one_key() {
    let rig = Rig::new();
    let (one, other) = (rig.process(), rig.process());
    seal(&one).await;
    seal(&other).await;
    rig.clock.advance(Duration::days(30));
    let (first, second) = tokio::join!(one.refresh(), other.refresh());
    first.and(second).unwrap();
    assert_eq!(rig.ring().await.len(), 2);
}

#[tokio::test]
async fn a_key_id_that_is_not_known_makes_the_ring_be_read_at_most_once_in_thirty_seconds() {
    let rig = Rig::new();
    let (one, late) = (rig.process(), rig.process());
    seal(&late).await;
    rig.clock.advance(Duration::days(30));
    one.refresh().await.unwrap();
    rig.clock.advance(Duration::minutes(15));
    let sealed = seal(&one).await;
    assert!(opens(&late, &sealed).await);
    let unknown = "AAAAAAAA.AAAA.AAAA";
    assert_eq!(late.open("purpose", unknown).await.unwrap(), None);
    // The ring is as good as lost; it is not asked for again so soon.
    let address = Address { container: Container::Keyring, partition: "ring".into(), id: "ring".into() };
    rig.store.delete(&address).await.unwrap();
    assert_eq!(late.open("purpose", unknown).await.unwrap(), None);
    assert!(rig.store.get(&address).await.unwrap().is_none());
    rig.clock.advance(Duration::seconds(30));
    assert_eq!(late.open("purpose", unknown).await.unwrap(), None);
    assert!(rig.store.get(&address).await.unwrap().is_some());
}

#[tokio::test]
async fn a_new_version_of_the_wrapping_key_wraps_every_data_key_again() {
    let rig = Rig::new();
    let keyring = rig.process();
    let sealed = seal(&keyring).await;
    rig.clock.advance(Duration::days(30));
    keyring.refresh().await.unwrap();
    assert_eq!(rig.wrapped_by().await, ["v0", "v0"]);
    rig.vault.rotate();
    keyring.refresh().await.unwrap();
    assert_eq!(rig.wrapped_by().await, ["v1", "v1"]);
    rig.vault.disable("v0");
    assert!(opens(&keyring, &sealed).await);
    assert!(opens(&rig.process(), &sealed).await);
}

#[tokio::test]
async fn opened_keys_serve_while_the_vault_is_down() {
    let rig = Rig::new();
    let keyring = rig.process();
    let sealed = seal(&keyring).await;
    rig.vault.set_down(true);
    rig.clock.advance(Duration::days(40));
    keyring.refresh().await.unwrap();
    assert!(opens(&keyring, &sealed).await);
    assert!(opens(&keyring, &seal(&keyring).await).await);
    rig.vault.set_down(false);
    keyring.refresh().await.unwrap();
    assert_eq!(rig.ring().await.len(), 2);
}

#[tokio::test]
async fn a_process_that_starts_without_the_vault_is_unavailable_and_recovers() {
    let rig = Rig::new();
    seal(&rig.process()).await;
    rig.vault.set_down(true);
    let keyring = rig.process();
    keyring.seal("purpose", b"text").await.unwrap_err();
    rig.vault.set_down(false);
    // Not at every request: once a second.
    keyring.seal("purpose", b"text").await.unwrap_err();
    rig.clock.advance(Duration::SECOND);
    assert!(opens(&keyring, &seal(&keyring).await).await);
}

/// The vault's key is rotated and its old version disabled before anyone could wrap again; a process, and what it sealed
/// before.
async fn with_a_disabled_version() -> (Rig, Keyring, String) {
    let rig = Rig::new();
    let first = rig.process();
    let old = seal(&first).await;
    rig.vault.rotate();
    rig.vault.disable("v0");
    rig.clock.advance(Duration::days(30));
    first.refresh().await.unwrap();
    (rig, first, old)
}

#[tokio::test]
async fn a_key_wrapped_by_a_disabled_version_is_unavailable_and_not_refused() {
    let (rig, first, old) = with_a_disabled_version().await;
    let late = rig.process();
    late.open("purpose", &old).await.unwrap_err();
    assert!(opens(&first, &old).await);
    assert_eq!(rig.wrapped_by().await, ["v0", "v1"]);
    rig.clock.advance(Duration::minutes(15));
    assert!(opens(&late, &seal(&late).await).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_could_not_be_opened_is_tried_again_long_before_the_ring_is_due() {
    let (rig, _, old) = with_a_disabled_version().await;
    let late = Arc::new(rig.process());
    late.keep_fresh();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    late.open("purpose", &old).await.unwrap_err();
    rig.vault.enable("v0");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(opens(&late, &old).await);
}

#[tokio::test]
async fn text_that_no_key_could_have_sealed_needs_no_request() {
    let rig = Rig::new();
    rig.vault.set_down(true);
    let keyring = rig.process();
    for nonsense in ["", ".", "a.b.c", "!!!!!!!!.x.y", "AAAAAAAAAAAA.x.y"] {
        assert_eq!(keyring.open("purpose", nonsense).await.unwrap(), None, "{nonsense}");
    }
}

#[tokio::test]
async fn each_key_is_unwrapped_once_per_process() {
    let rig = Rig::new();
    let keyring = rig.process();
    let sealed = seal(&keyring).await;
    for _ in 0..3 {
        keyring.refresh().await.unwrap();
        assert!(opens(&keyring, &sealed).await);
    }
    assert_eq!(rig.vault.unwraps.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_retired_key_opens_nothing_any_more() {
    let rig = Rig::new();
    let keyring = rig.process();
    let sealed = seal(&keyring).await;
    rig.clock.advance(Duration::days(30) - Duration::minutes(15));
    keyring.refresh().await.unwrap();
    rig.clock.advance(Duration::days(91) + Duration::minutes(15));
    keyring.refresh().await.unwrap();
    assert_eq!(keyring.open("purpose", &sealed).await.unwrap(), None);
}

#[tokio::test]
async fn a_new_process_serves_while_the_vault_is_too_slow_to_wrap_anything_again() {
    let rig = Rig::new();
    let sealed = seal(&rig.process()).await;
    rig.vault.rotate();
    rig.vault.stop_wrapping();
    let late = rig.process();
    assert!(opens(&late, &sealed).await);
    assert!(opens(&late, &seal(&late).await).await);
    assert_eq!(rig.wrapped_by().await, ["v0"]);
}
