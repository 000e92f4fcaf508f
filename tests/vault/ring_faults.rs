//! The keyring when the store of the ring fails, hangs, is contended, or holds something else than what was written.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use authorization_server::ground::Sealer as _;
use futures_util::future::join_all;
use remote_auth_mcp::{
    store::embedded::Embedded,
    vault::{Keyring, RingStore, Rotation},
};
use serde_json::{Value, json};
use testkit::{EventLog, ManualClock, SeededEntropy};
use tokio::time::{Instant, sleep};

use crate::{
    failing_store::{Behaviour, FailingStore},
    wrap::Versions,
};

/// How often a process reads the ring.
const RELOAD: Duration = Duration::from_mins(5);

struct Rig {
    clock: Arc<ManualClock>,
    store: Arc<FailingStore>,
    vault: Arc<Versions>,
    entropy: Arc<SeededEntropy>,
}

impl Rig {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Embedded::in_memory(Arc::clone(&clock) as _).unwrap();
        let entropy = Arc::new(SeededEntropy::new(7));
        Self { clock, store: Arc::new(FailingStore::new(store)), vault: Arc::default(), entropy }
    }

    fn process(&self) -> Arc<Keyring> {
        let (records, wrap) = (Arc::clone(&self.store) as _, Arc::clone(&self.vault) as _);
        let (clock, entropy) = (Arc::clone(&self.clock) as _, Arc::clone(&self.entropy) as _);
        let ring = RingStore { records, wrap, clock, entropy };
        Arc::new(Keyring::new(ring, "https://mcp.example.com", Rotation::default()))
    }
}

async fn seal(keyring: &Keyring) -> String {
    keyring.seal("purpose", b"text").await.unwrap()
}

async fn opens(keyring: &Keyring, sealed: &str) -> bool {
    keyring.open("purpose", sealed).await.unwrap().as_deref() == Some(b"text".as_slice())
}

/// Why a process that starts now cannot seal.
async fn refusal(rig: &Rig) -> String {
    rig.process().seal("purpose", b"text").await.unwrap_err().reason
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_store_that_hangs_longer_than_five_seconds() {
    let rig = Rig::new();
    let keyring = rig.process();
    rig.store.set(Behaviour::Hangs);
    let began = Instant::now();
    let sealing = join_all((0..20).map(|_| keyring.seal("purpose", b"text")));
    for outcome in sealing.await {
        assert_eq!(outcome.unwrap_err().reason, "not read within 5 s");
    }
    assert!(began.elapsed() < Duration::from_secs(6), "they wait beside each other: {:?}", began.elapsed());
    assert_eq!(rig.store.reads(), 1, "one reads for all");
}

#[tokio::test]
async fn many_callers_of_a_new_process_read_the_ring_once() {
    let rig = Rig::new();
    seal(&rig.process()).await;
    let (keyring, before) = (rig.process(), rig.store.reads());
    join_all((0..50).map(|_| seal(&keyring))).await;
    assert_eq!(rig.store.reads() - before, 1);
    assert_eq!(rig.vault.unwraps.load(Ordering::SeqCst), 2, "each of the two processes unwrapped it");
}

#[tokio::test]
async fn a_ring_that_others_always_write_first_is_given_up_after_five_attempts() {
    let rig = Rig::new();
    rig.store.set(Behaviour::Contended);
    assert_eq!(refusal(&rig).await, "too many processes write the ring at once");
    assert_eq!(rig.store.writes(), 5);
}

#[tokio::test]
async fn maintenance_that_others_always_precede_leaves_the_ring_and_its_keys_as_they_are() {
    let rig = Rig::new();
    let keyring = rig.process();
    let sealed = seal(&keyring).await;
    rig.clock.advance(time::Duration::days(30));
    rig.store.set(Behaviour::Contended);
    let (log, _guard) = EventLog::start();
    keyring.refresh().await.unwrap();
    assert!(
        log.events().iter().any(|line| line.contains("key ring unchanged: maintenance failed")),
        "{:?}",
        log.events()
    );
    assert_eq!(rig.store.writes(), 1 + 5);
    rig.store.set(Behaviour::Works);
    assert!(opens(&keyring, &sealed).await && opens(&rig.process(), &sealed).await);
}

#[tokio::test]
async fn a_ring_of_another_schema_is_not_guessed_at() {
    let rig = Rig::new();
    seal(&rig.process()).await;
    rig.store.tamper(|ring| ring["schema"] = 2.into()).await;
    assert_eq!(refusal(&rig).await, "schema 2, expected 1");
    rig.store.tamper(|ring| *ring = json!({ "id": "ring", "schema": 1 })).await;
    assert!(refusal(&rig).await.contains("missing field `keys`"));
}

#[tokio::test]
async fn a_wrapped_key_under_the_id_of_another_is_refused() {
    let rig = Rig::new();
    let first = rig.process();
    seal(&first).await;
    rig.clock.advance(time::Duration::days(30));
    first.refresh().await.unwrap();
    let swap = |ring: &mut Value| {
        let keys = ring["keys"].as_array_mut().unwrap();
        assert_eq!(keys.len(), 2);
        let (one, other) = (keys[0]["kid"].clone(), keys[1]["kid"].clone());
        keys[0]["kid"] = other;
        keys[1]["kid"] = one;
    };
    rig.store.tamper(swap).await;
    assert_eq!(refusal(&rig).await, "a wrapped key has another id");
}

#[tokio::test]
async fn one_malformed_key_does_not_take_the_others_with_it() {
    let rig = Rig::new();
    let first = rig.process();
    let old = seal(&first).await;
    rig.clock.advance(time::Duration::days(30));
    first.refresh().await.unwrap();
    rig.store.tamper(|ring| ring["keys"][0]["wrapped"] = "no Base64!".into()).await;
    let late = rig.process();
    rig.clock.advance(time::Duration::minutes(15));
    assert!(opens(&late, &seal(&late).await).await);
    let unopened = late.open("purpose", &old).await.unwrap_err();
    assert_eq!(unopened.reason, "the data key for this text cannot be unwrapped");
}

#[tokio::test]
async fn a_ring_without_keys_gets_one_as_soon_as_it_is_maintained() {
    let rig = Rig::new();
    seal(&rig.process()).await;
    rig.store.tamper(|ring| ring["keys"] = json!([])).await;
    assert_eq!(refusal(&rig).await, "the ring is empty");
    let keyring = rig.process();
    keyring.refresh().await.unwrap();
    assert!(opens(&keyring, &seal(&keyring).await).await);
}

#[tokio::test(start_paused = true)]
async fn the_ring_is_read_every_five_minutes_until_the_keyring_is_dropped() {
    let rig = Rig::new();
    let keyring = rig.process();
    keyring.keep_fresh();
    sleep(Duration::from_secs(1)).await;
    let before = rig.store.reads();
    sleep(RELOAD * 10).await;
    // Each refresh reads twice: to open keys, and to maintain the ring.
    assert_eq!(rig.store.reads() - before, 20);
    drop(keyring);
    sleep(RELOAD).await;
    let after = rig.store.reads();
    sleep(RELOAD * 10).await;
    assert_eq!(rig.store.reads(), after);
}

#[tokio::test(start_paused = true)]
async fn a_ring_that_cannot_be_read_is_tried_again_at_once_and_then_every_five_seconds() {
    let rig = Rig::new();
    rig.store.set(Behaviour::Fails);
    let keyring = rig.process();
    keyring.keep_fresh();
    sleep(Duration::from_secs(1)).await;
    assert!((2..=4).contains(&rig.store.reads()), "{} reads in the first second", rig.store.reads());
    sleep(Duration::from_mins(1)).await;
    let before = rig.store.reads();
    sleep(Duration::from_mins(1)).await;
    assert_eq!(rig.store.reads() - before, 12);
    rig.store.set(Behaviour::Works);
    sleep(Duration::from_secs(6)).await;
    assert!(opens(&keyring, &seal(&keyring).await).await);
    let before = rig.store.reads();
    sleep(Duration::from_secs(293)).await;
    assert_eq!(rig.store.reads(), before, "then it is read as seldom as ever");
}

#[tokio::test]
async fn operators_are_told_of_new_keys_and_of_keys_that_are_wrapped_again() {
    let rig = Rig::new();
    let (log, _guard) = EventLog::start();
    let keyring = rig.process();
    seal(&keyring).await;
    let told = |message: &str| log.events().iter().filter(|line| line.contains(message)).count();
    assert_eq!((told("data key created"), told("data key wrapped again")), (1, 0));
    rig.clock.advance(time::Duration::days(30));
    keyring.refresh().await.unwrap();
    assert_eq!((told("data key created"), told("data key wrapped again")), (2, 0));
    rig.vault.rotate();
    keyring.refresh().await.unwrap();
    assert_eq!((told("data key created"), told("data key wrapped again")), (2, 2));
    keyring.refresh().await.unwrap();
    assert_eq!((told("data key created"), told("data key wrapped again")), (2, 2));
}

#[tokio::test]
async fn nothing_of_a_key_is_logged() {
    let rig = Rig::new();
    let (log, _guard) = EventLog::start();
    let keyring = rig.process();
    seal(&keyring).await;
    rig.vault.rotate();
    keyring.refresh().await.unwrap();
    rig.store.tamper(|ring| ring["keys"][0]["wrapped"] = "A".repeat(43).into()).await;
    let _ = rig.process().seal("purpose", b"text").await;
    let log = log.events().join("\n");
    assert!(log.contains("data key wrapped again"), "{log}");
    assert!(!log.contains("AAAA") && !log.contains("wrapped=\""), "{log}");
}
