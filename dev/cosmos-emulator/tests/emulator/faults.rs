//! Each fault, as the SDK and as a bare client meet it.

use std::{collections::HashSet, time::Duration};

use cosmos_emulator::{Effect, Fault, Verb};
use reqwest::Method;
use serde_json::Value;
use stand_in::wait::until;
use tokio::time::Instant;

use crate::support::{Rig, item, status, value};

const ITEM: &str = "/dbs/mcp/colls/owners/docs/a";

async fn bare_read(rig: &Rig) -> reqwest::Result<reqwest::Response> {
    rig.bare(Method::GET, ITEM).header("x-ms-documentdb-partitionkey", r#"["alice"]"#).send().await
}

async fn bare_create(rig: &Rig, id: &str) -> reqwest::Result<reqwest::Response> {
    rig.bare(Method::POST, "/dbs/mcp/colls/owners/docs")
        .header("x-ms-documentdb-partitionkey", r#"["alice"]"#)
        .body(item(id, 1).to_string())
        .send()
        .await
}

#[tokio::test]
async fn a_throttled_request_says_when_to_come_again_and_changes_nothing() {
    let rig = Rig::start().await;
    rig.emulator.inject(Fault::new(Effect::Throttled { retry_after_ms: 7 }).times(1));
    let response = bare_create(&rig, "a").await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["x-ms-retry-after-ms"], "7");
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "429");
    assert!(rig.emulator.dump().await.is_empty());
}

#[tokio::test]
async fn the_sdk_comes_again_after_throttling() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    rig.emulator.inject(Fault::new(Effect::Throttled { retry_after_ms: 1 }).on(&[Verb::Create]).times(2));
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    assert_eq!(rig.statuses(Verb::Create), [Some(429), Some(429), Some(201)]);
}

#[tokio::test]
async fn the_sdk_gives_up_on_what_does_not_end() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    for (effect, expected) in
        [(Effect::Throttled { retry_after_ms: 1 }, 429), (Effect::Dropped, 503), (Effect::AnswerLost, 503)]
    {
        rig.emulator.inject(Fault::new(effect));
        assert_eq!(value(&container, "a").await, Err(expected), "{effect:?}");
        rig.emulator.clear_faults();
        assert_eq!(value(&container, "a").await, Ok(1), "after {effect:?}");
    }
}

/// Which of thirty reads are throttled, with other operations in between.
async fn struck(rig: &Rig, every: u32, seed: u64) -> Vec<usize> {
    let fault = Fault::new(Effect::Throttled { retry_after_ms: 1 }).on(&[Verb::Read]).one_in(every, seed);
    rig.emulator.inject(fault);
    let (client, mut struck) = (reqwest::Client::builder().no_proxy().build().unwrap(), Vec::new());
    let status = async |method| {
        let request = rig.bare_of(&client, method, ITEM).header("x-ms-documentdb-partitionkey", r#"["alice"]"#);
        request.send().await.unwrap().status().as_u16()
    };
    for number in 0..30 {
        if status(Method::GET).await == 429 {
            struck.push(number);
        }
        assert_eq!(status(Method::DELETE).await, 404);
    }
    rig.emulator.clear_faults();
    struck
}

#[tokio::test]
async fn exactly_one_of_each_run_of_matching_operations_is_struck() {
    let rig = Rig::start().await;
    let runs: Vec<usize> = struck(&rig, 3, 7).await.into_iter().map(|number| number / 3).collect();
    assert_eq!(runs, (0..10).collect::<Vec<_>>());
    assert_eq!(struck(&rig, 1, 0).await.len(), 30, "one in one is always");
}

#[tokio::test]
async fn the_seed_decides_the_order_and_it_is_not_periodic() {
    let rig = Rig::start().await;
    let order = struck(&rig, 3, 7).await;
    assert_eq!(struck(&rig, 3, 7).await, order);
    assert_ne!(struck(&rig, 3, 8).await, order);
    let positions: HashSet<usize> = order.into_iter().map(|number| number % 3).collect();
    assert_eq!(positions.len(), 3);
}

#[tokio::test]
async fn a_fault_strikes_the_operations_it_names_and_as_often() {
    let rig = Rig::start().await;
    let fault = Fault::new(Effect::Throttled { retry_after_ms: 1 }).on(&[Verb::Create, Verb::Upsert]);
    rig.emulator.inject(fault.times(2));
    assert_eq!(bare_read(&rig).await.unwrap().status(), 404, "another operation is not struck");
    for expected in [429, 429, 201] {
        assert_eq!(bare_create(&rig, "a").await.unwrap().status(), expected);
    }
}

#[tokio::test]
async fn the_first_matching_operations_are_skipped() {
    let rig = Rig::start().await;
    let fault = Fault::new(Effect::Throttled { retry_after_ms: 1 }).on(&[Verb::Create]);
    rig.emulator.inject(fault.skip(2).times(1));
    for (id, expected) in [("a", 201), ("b", 201), ("c", 429), ("c", 201)] {
        assert_ne!(bare_read(&rig).await.unwrap().status(), 429, "another operation does not count");
        assert_eq!(bare_create(&rig, id).await.unwrap().status(), expected, "{id}");
    }
}

#[tokio::test]
async fn a_fault_that_was_not_reached_is_not_used_up() {
    let rig = Rig::start().await;
    rig.emulator.inject(Fault::new(Effect::Dropped).times(1));
    rig.emulator.inject(Fault::new(Effect::Throttled { retry_after_ms: 1 }).times(1));
    bare_read(&rig).await.unwrap_err();
    assert_eq!(bare_read(&rig).await.unwrap().status(), 429);
    assert_eq!(bare_read(&rig).await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_fault_strikes_until_it_is_cleared() {
    let rig = Rig::start().await;
    rig.emulator.inject(Fault::new(Effect::Throttled { retry_after_ms: 1 }));
    for _ in 0..3 {
        assert_eq!(bare_create(&rig, "a").await.unwrap().status(), 429);
    }
    rig.emulator.clear_faults();
    assert_eq!(bare_create(&rig, "a").await.unwrap().status(), 201);
}

#[tokio::test]
async fn delays_add_up_and_go_with_the_first_other_effect() {
    let rig = Rig::start().await;
    for effect in [Effect::Slow { milliseconds: 60_000 }, Effect::Dropped, Effect::Slow { milliseconds: 120_000 }] {
        rig.emulator.inject(Fault::new(effect));
    }
    tokio::time::pause();
    let asked = Instant::now();
    bare_create(&rig, "a").await.unwrap_err();
    assert!(asked.elapsed() >= Duration::from_mins(3));
}

#[tokio::test]
async fn a_slow_answer_is_right_and_late() {
    let rig = Rig::start().await;
    rig.emulator.inject(Fault::new(Effect::Slow { milliseconds: 60_000 }).times(1));
    tokio::time::pause();
    let asked = Instant::now();
    assert_eq!(bare_create(&rig, "a").await.unwrap().status(), 201);
    assert!(asked.elapsed() >= Duration::from_mins(1));
}

#[tokio::test]
async fn a_write_stands_though_its_client_did_not_wait_for_the_answer() {
    let rig = Rig::start().await;
    assert_eq!(bare_read(&rig).await.unwrap().status(), 404);
    rig.emulator.inject(Fault::new(Effect::Slow { milliseconds: 3_600_000 }).on(&[Verb::Create]));
    {
        let written = until(|| async { bare_read(&rig).await.unwrap().status() == 200 });
        tokio::select! {
            () = written => {}
            answer = bare_create(&rig, "a") => panic!("{answer:?} came an hour early"),
        }
    }
    until(|| async { rig.statuses(Verb::Create) == [Some(201)] }).await;
    let operations = rig.emulator.operations();
    assert!(operations.iter().all(|operation| operation.answered == (operation.verb == Verb::Read)), "{operations:?}");
}

#[tokio::test]
async fn a_connection_dropped_before_the_operation_leaves_nothing() {
    let rig = Rig::start().await;
    rig.emulator.inject(Fault::new(Effect::Dropped).on(&[Verb::Create]).times(1));
    bare_create(&rig, "a").await.unwrap_err();
    assert!(rig.emulator.dump().await.is_empty());
    let operation = &rig.emulator.operations()[0];
    assert_eq!((operation.status, operation.answered), (None, false));
}

#[tokio::test]
async fn a_connection_dropped_after_the_write_leaves_the_item() {
    let rig = Rig::start().await;
    rig.emulator.inject(Fault::new(Effect::AnswerLost).on(&[Verb::Create]).times(1));
    bare_create(&rig, "a").await.unwrap_err();
    assert_eq!(rig.emulator.dump().await.len(), 1);
    let operation = &rig.emulator.operations()[0];
    assert_eq!((operation.status, operation.answered), (Some(201), false));
}

#[tokio::test]
async fn the_sdk_loses_to_itself_when_the_answer_to_its_create_is_lost() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    rig.emulator.inject(Fault::new(Effect::AnswerLost).on(&[Verb::Create]).times(1));
    let outcome = container.create_item("alice", "a", item("a", 1), None).await;
    assert_eq!(status(&outcome.unwrap_err()), 409);
    assert_eq!(rig.statuses(Verb::Create), [Some(201), Some(409)]);
}

#[tokio::test]
async fn one_in_three_answers_is_lost_and_every_write_is_there() {
    let rig = Rig::start().await;
    rig.emulator.inject(Fault::new(Effect::AnswerLost).on(&[Verb::Create]).one_in(3, 1));
    let mut lost = 0;
    for number in 0..12 {
        lost += usize::from(bare_create(&rig, &format!("item-{number}")).await.is_err());
    }
    assert_eq!((lost, rig.emulator.dump().await.len()), (4, 12));
}

#[tokio::test]
async fn metadata_is_never_struck() {
    let rig = Rig::start().await;
    rig.emulator.inject(Fault::new(Effect::Throttled { retry_after_ms: 1 }));
    assert_eq!(rig.bare(Method::GET, "/").send().await.unwrap().status(), 200);
    assert_eq!(rig.bare(Method::GET, "/dbs/mcp/colls/owners").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn while_down_nobody_gets_in_and_afterwards_the_data_is_there() {
    let rig = Rig::start().await;
    assert_eq!(bare_create(&rig, "a").await.unwrap().status(), 201);
    rig.emulator.pause();
    bare_read(&rig).await.unwrap_err();
    rig.emulator.resume();
    assert_eq!(bare_read(&rig).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_client_of_the_sdk_recovers_after_a_pause() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    rig.emulator.pause();
    assert_eq!(value(&container, "a").await, Err(503), "the SDK says so itself");
    rig.emulator.resume();
    until(|| async { value(&container, "a").await == Ok(1) }).await;
}
