//! A message that any instance answered with 202 before comes first, and comes once.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::*;

const MESSAGES: u64 = 300;

/// The ids of messages, until a minute long none comes or there are too many.
async fn answers(stream: &mut EventStream) -> Vec<u64> {
    let mut ids = Vec::new();
    while ids.len() as u64 <= MESSAGES {
        match timeout(Duration::from_mins(1), answered(stream)).await {
            Ok(id) => ids.push(id.unwrap()),
            Err(_) => break,
        }
    }
    ids
}

/// Pings to three instances in turn, each after the one before was taken and a pause.
async fn come_in_order(pause: Duration, deployment: Deployment) {
    let instances = [deployment.instance(), deployment.instance(), deployment.instance()];
    let (mut stream, client) = ready(&instances[0]).await;
    let posting = async {
        for (id, at) in (1..=MESSAGES).zip(instances.iter().cycle()) {
            client.post(at, &ping(id)).await.unwrap();
            sleep(pause).await;
        }
    };
    let (ids, ()) = tokio::join!(answers(&mut stream), posting);
    assert_eq!(ids, (1..=MESSAGES).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn three_hundred_messages_on_alternating_instances_come_in_order() {
    come_in_order(Duration::ZERO, Deployment::new()).await;
}

#[tokio::test(start_paused = true)]
async fn messages_slower_than_the_polling_interval_come_in_order() {
    come_in_order(POLL * 2, Deployment::new()).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_read_twice_is_delivered_once() {
    let deployment = Deployment::new();
    deployment.log.state().repeats = true;
    come_in_order(Duration::from_millis(10), deployment).await;
}

#[tokio::test(start_paused = true)]
async fn concurrent_messages_all_come_once() {
    let deployment = Deployment::new();
    let instances = [deployment.instance(), deployment.instance()];
    let (mut stream, client) = ready(&instances[0]).await;
    for id in 1..=MESSAGES {
        let (client, at) = (client.clone(), Arc::clone(&instances[usize::from(id % 3 == 0)]));
        tokio::spawn(async move { client.post(&at, &ping(id)).await.unwrap() });
    }
    let mut ids = answers(&mut stream).await;
    ids.sort_unstable();
    assert_eq!(ids, (1..=MESSAGES).collect::<Vec<_>>());
}
