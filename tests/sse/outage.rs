//! The store or the keyring is down for a while.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::*;
use remote_auth_mcp::{mcp::sse::OpenStreamError, ports::event_log::EVENT_LIFETIME};

fn down(deployment: &Deployment, down: bool) {
    deployment.log.state().down = down;
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_down_posts_and_streams_are_refused_within_seconds() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (_stream, client) = ready(&here).await;
    down(&deployment, true);
    let began = Instant::now();
    assert!(matches!(client.post(&elsewhere, &ping(1)).await, Err(PostError::Unavailable(_))));
    assert!(matches!(client.post(&here, &ping(1)).await, Err(PostError::Unavailable(_))));
    assert!(matches!(elsewhere.open(&principal()).await, Err(OpenStreamError::Unavailable(_))));
    assert!(began.elapsed() < Duration::from_secs(11));
    assert_eq!(elsewhere.open_streams(), 0);
}

#[tokio::test(start_paused = true)]
async fn messages_accepted_before_an_outage_come_after_it() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, client) = ready(&here).await;
    for id in 1..=20 {
        client.post(&elsewhere, &ping(id)).await.unwrap();
    }
    down(&deployment, true);
    sleep(Duration::from_mins(1)).await;
    down(&deployment, false);
    sleep(Duration::from_secs(2)).await;
    client.post(&elsewhere, &ping(21)).await.unwrap();
    for id in 1..=21 {
        assert_eq!(answered(&mut stream).await, Some(id));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_waits_for_the_keyring() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, client) = ready(&here).await;
    client.post(&elsewhere, &ping(1)).await.unwrap();
    client.post(&elsewhere, &ping(2)).await.unwrap();
    deployment.keyring.set_down(true);
    sleep(Duration::from_secs(20)).await;
    deployment.keyring.set_down(false);
    assert_eq!(answered(&mut stream).await, Some(1));
    assert_eq!(answered(&mut stream).await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_opened_is_dropped_before_those_behind_it_expire() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, client) = ready(&here).await;
    client.post(&elsewhere, &ping(1)).await.unwrap();
    let event = deployment.log.events().pop().unwrap();
    deployment.sealer.refuse(&event.sealed);
    client.post(&elsewhere, &ping(2)).await.unwrap();
    sleep(EVENT_LIFETIME).await;
    let second = timeout(Duration::from_secs(1), answered(&mut stream)).await;
    assert_eq!(second.unwrap(), Some(2));
    client.post(&here, &ping(3)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_reader_loses_and_repeats_no_message() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, client) = ready(&here).await;
    for id in 1..=20 {
        client.post(&elsewhere, &ping(id)).await.unwrap();
        if id % 5 == 0 {
            deployment.log.state().panics = true;
        }
    }
    sleep(Duration::from_secs(10)).await;
    client.post(&here, &ping(21)).await.unwrap();
    for id in 1..=21 {
        assert_eq!(answered(&mut stream).await, Some(id));
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_keyring_streams_and_posts_are_refused() {
    let deployment = Deployment::new();
    let here = deployment.instance();
    let (_stream, client) = ready(&here).await;
    deployment.keyring.set_down(true);
    assert!(matches!(client.post(&here, &ping(1)).await, Err(PostError::Unavailable(_))));
    assert!(matches!(here.open(&principal()).await, Err(OpenStreamError::Unavailable(_))));
}

#[tokio::test(start_paused = true)]
async fn a_post_here_ends_with_its_stream_even_in_an_outage() {
    let deployment = Deployment::new();
    let here = deployment.instance();
    let (stream, client) = ready(&here).await;
    down(&deployment, true);
    let (posted, ()) = tokio::join!(async { client.post(&here, &ping(1)).await }, async { drop(stream) });
    assert!(matches!(posted, Err(PostError::UnknownSession)));
}
