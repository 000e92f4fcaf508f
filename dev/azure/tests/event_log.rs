//! The event log in Cosmos DB, through the Azure SDK, on the emulator.
#![cfg(test)]

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use authorization_server::ground::{Clock, Id};
use azure_tests::ManagedIdentity;
use cosmos_emulator::{Effect, Emulator, Fault, Verb};
use local_tenant::Tenant;
use remote_auth_mcp::{
    config::{AzureSettings, VaultKeyId},
    platform::{SystemClock, SystemEntropy},
    ports::{
        event_log::{EventLog, Follow, LoggedEvent},
        records::Container,
    },
    store::{cosmos::Cosmos, cosmos_events::CosmosEvents},
};
use serde_json::Value;
use stand_in::wait::until;
use testkit::ManualClock;

const APPLICATION: &str = "http://127.0.0.1:7071/oauth-callback";

/// A deployment's store, and the identity that may use it.
struct Deployment {
    emulator: Emulator,
    tenant: Tenant,
    /// By which the store lets items expire.
    now: Arc<AtomicI64>,
}

impl Deployment {
    async fn start() -> Self {
        let redirect_uris = vec![APPLICATION.to_owned()];
        let options = local_tenant::Options { port: 0, state_file: None, redirect_uris, silent_user: None };
        let tenant = local_tenant::start(options).await.unwrap();
        let settings: HashMap<_, _> = tenant.settings().into_iter().collect();
        let new = cosmos_emulator::Options::new;
        let options = new(&settings["ENTRA_AUTHORITY_HOST"], &settings["ENTRA_TENANT_ID"]);
        let now = Arc::new(AtomicI64::new((options.clock)()));
        let shown = Arc::clone(&now);
        let clock: cosmos_emulator::Clock = Arc::new(move || shown.load(Ordering::SeqCst));
        let options = cosmos_emulator::Options { clock, ..options };
        Self { emulator: cosmos_emulator::start(options).await.unwrap(), tenant, now }
    }

    /// The log as one process sees it: with a client and connections of its own.
    async fn log(&self) -> CosmosEvents {
        self.log_by(Arc::new(SystemClock)).await
    }

    async fn log_by(&self, clock: Arc<dyn Clock>) -> CosmosEvents {
        let vault_key = VaultKeyId { vault: String::new(), name: String::new() };
        let endpoint = self.emulator.url().parse().unwrap();
        let settings = AzureSettings { endpoint, database: "mcp".into(), vault_key };
        let cosmos = Cosmos::connect(&settings, Arc::new(ManagedIdentity::of(&self.tenant)));
        until(async || cosmos.container(Container::Events).is_ok()).await;
        CosmosEvents::new(cosmos, clock)
    }
}

fn id() -> Id {
    Id::random(&SystemEntropy)
}

fn event(sealed: impl Into<String>) -> LoggedEvent {
    LoggedEvent { id: id(), sealed: sealed.into() }
}

/// Reads to the end.
async fn read(feed: &mut Box<dyn Follow>) -> Vec<String> {
    let mut read = Vec::new();
    loop {
        let batch = feed.next().await.unwrap();
        read.extend(batch.events.into_iter().map(|event| event.sealed));
        if batch.end {
            return read;
        }
    }
}

#[tokio::test]
async fn events_of_two_instances_are_read_once_and_in_order() {
    let deployment = Deployment::start().await;
    let (reader, writers) = (deployment.log().await, [deployment.log().await, deployment.log().await]);
    let instance = id();
    let mut feed = reader.follow(instance);
    assert!(read(&mut feed).await.is_empty());
    let expected: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    let appending = async {
        for (number, writer) in expected.iter().zip(writers.iter().cycle()) {
            writer.append(instance, &event(number)).await.unwrap();
        }
    };
    let reading = async {
        let mut all = Vec::new();
        while all.len() < expected.len() {
            all.extend(read(&mut feed).await);
        }
        all
    };
    let (all, ()) = tokio::join!(reading, appending);
    assert_eq!(all, expected);
    assert!(read(&mut feed).await.is_empty());
}

#[tokio::test]
async fn an_instance_reads_only_what_is_meant_for_it() {
    let deployment = Deployment::start().await;
    let log = deployment.log().await;
    let (mine, other) = (id(), id());
    let mut feed = log.follow(mine);
    assert!(read(&mut feed).await.is_empty());
    log.append(other, &event("theirs")).await.unwrap();
    log.append(mine, &event("mine")).await.unwrap();
    assert_eq!(read(&mut feed).await, ["mine"]);
}

#[tokio::test]
async fn a_heartbeat_speaks_for_its_instance_for_half_a_minute() {
    let deployment = Deployment::start().await;
    let log = deployment.log().await;
    let instance = id();
    assert!(!log.is_alive(instance).await.unwrap());
    log.heartbeat(instance).await.unwrap();
    assert!(log.is_alive(instance).await.unwrap());
    assert!(!log.is_alive(id()).await.unwrap());
    deployment.now.fetch_add(20, Ordering::SeqCst);
    log.heartbeat(instance).await.unwrap();
    deployment.now.fetch_add(29, Ordering::SeqCst);
    assert!(log.is_alive(instance).await.unwrap());
    deployment.now.fetch_add(1, Ordering::SeqCst);
    assert!(!log.is_alive(instance).await.unwrap());
}

#[tokio::test]
async fn an_instance_lives_though_clocks_are_minutes_apart() {
    let deployment = Deployment::start().await;
    let clock = Arc::new(ManualClock::default());
    let (late, early) = (deployment.log_by(Arc::clone(&clock) as _).await, deployment.log().await);
    let instance = id();
    late.heartbeat(instance).await.unwrap();
    assert!(early.is_alive(instance).await.unwrap());
    early.heartbeat(instance).await.unwrap();
    assert!(late.is_alive(instance).await.unwrap());
}

#[tokio::test]
async fn a_mark_comes_where_it_was_appended() {
    let deployment = Deployment::start().await;
    let log = deployment.log().await;
    let instance = id();
    let mut feed = log.follow(instance);
    read(&mut feed).await;
    for sealed in ["one", "", "two"] {
        log.append(instance, &event(sealed)).await.unwrap();
    }
    assert_eq!(read(&mut feed).await, ["one", "", "two"]);
}

#[tokio::test]
async fn a_heartbeat_is_no_event() {
    let deployment = Deployment::start().await;
    let log = deployment.log().await;
    let instance = id();
    let mut feed = log.follow(instance);
    log.heartbeat(instance).await.unwrap();
    log.append(instance, &event("one")).await.unwrap();
    log.heartbeat(instance).await.unwrap();
    assert_eq!(read(&mut feed).await, ["one"]);
}

#[tokio::test]
async fn after_the_first_read_a_wrong_clock_loses_nothing() {
    let deployment = Deployment::start().await;
    let clock = Arc::new(ManualClock::default());
    clock.advance(time::Duration::days(3650));
    let log = deployment.log_by(clock).await;
    let instance = id();
    let mut feed = log.follow(instance);
    read(&mut feed).await;
    log.append(instance, &event("one")).await.unwrap();
    assert_eq!(read(&mut feed).await, ["one"]);
}

#[tokio::test]
async fn an_append_whose_answer_is_lost_is_appended_once() {
    let deployment = Deployment::start().await;
    let log = deployment.log().await;
    let instance = id();
    let mut feed = log.follow(instance);
    read(&mut feed).await;
    deployment.emulator.inject(Fault::new(Effect::AnswerLost).on(&[Verb::Create]).times(1));
    log.append(instance, &event("one")).await.unwrap();
    assert_eq!(read(&mut feed).await, ["one"]);
}

#[tokio::test]
async fn an_outage_is_told_and_loses_nothing() {
    let deployment = Deployment::start().await;
    let log = deployment.log().await;
    let instance = id();
    let mut feed = log.follow(instance);
    read(&mut feed).await;
    log.append(instance, &event("before")).await.unwrap();
    deployment.emulator.pause();
    assert!(feed.next().await.is_err());
    assert!(log.append(instance, &event("lost")).await.is_err());
    assert!(log.heartbeat(instance).await.is_err());
    assert!(log.is_alive(instance).await.is_err());
    deployment.emulator.resume();
    until(async || log.append(instance, &event("after")).await.is_ok()).await;
    assert_eq!(read(&mut feed).await, ["before", "after"]);
}

#[tokio::test]
async fn a_read_that_fails_passes_over_nothing() {
    let deployment = Deployment::start().await;
    let log = deployment.log().await;
    let instance = id();
    let mut feed = log.follow(instance);
    read(&mut feed).await;
    let (mut all, mut failures) = (Vec::new(), 0);
    deployment.emulator.inject(Fault::new(Effect::Dropped).on(&[Verb::Feed]).one_in(2, 7));
    for number in 0..20 {
        log.append(instance, &event(number.to_string())).await.unwrap();
        match feed.next().await {
            Ok(batch) => all.extend(batch.events.into_iter().map(|event| event.sealed)),
            Err(_) => failures += 1,
        }
    }
    deployment.emulator.clear_faults();
    all.extend(read(&mut feed).await);
    assert_eq!(all, (0..20).map(|number| number.to_string()).collect::<Vec<_>>(), "{failures} reads failed");
}

#[tokio::test]
async fn items_are_sealed_and_last_for_minutes() {
    let deployment = Deployment::start().await;
    let log = deployment.log().await;
    let (instance, event) = (id(), event("kid.nonce.ciphertext"));
    log.append(instance, &event).await.unwrap();
    log.heartbeat(instance).await.unwrap();
    let mut items = deployment.emulator.dump_container("events").await;
    items.sort_by_key(|item| item["ttl"].as_i64());
    let shape = |item: &Value| {
        let members = item.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with('_'));
        members.map(|(name, value)| (name.clone(), value.clone())).collect::<Value>()
    };
    let (instance, id) = (instance.to_string(), event.id.to_string());
    let heartbeat = serde_json::json!({ "id": "heartbeat", "instance": instance, "schema": 1, "ttl": 30 });
    let stored = serde_json::json!({ "id": id, "instance": instance, "schema": 1, "sealed": event.sealed, "ttl": 300 });
    assert_eq!(items.iter().map(shape).collect::<Vec<_>>(), [heartbeat, stored]);
}
