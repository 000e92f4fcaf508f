//! GET /health: which dependency answers.

use std::{pin::pin, sync::atomic::Ordering};

use futures_util::FutureExt as _;
use time::Duration;

use crate::{log::Lines, rig::Edge};

#[tokio::test]
async fn health_says_which_of_the_two_dependencies_is_down() {
    let edge = Edge::new();
    for (store, keyring) in [(false, false), (true, false), (false, true), (true, true)] {
        edge.item_store.down.store(store, Ordering::SeqCst);
        edge.keyring.set_down(keyring);
        edge.clock.advance(Duration::SECOND);
        let answer = edge.get("/health").await;
        let word = |down| if down { "down" } else { "up" };
        let expected = serde_json::json!({ "store": word(store), "keyring": word(keyring) });
        assert_eq!(answer.json(), expected);
        let down = store || keyring;
        assert_eq!((answer.status, answer.header("retry-after")), if down { (503, "5") } else { (200, "") });
    }
}

#[tokio::test]
async fn health_says_nothing_of_the_reason() {
    let edge = Edge::new();
    edge.item_store.down.store(true, Ordering::SeqCst);
    let answer = edge.get("/health").await;
    assert_eq!(answer.body, r#"{"keyring":"up","store":"down"}"#);
}

#[tokio::test]
async fn health_needs_no_token_and_reads_no_record_of_anybody() {
    let edge = Edge::new();
    edge.get("/health").await;
    assert_eq!(edge.store.operations(), 0);
}

impl Edge {
    /// Probes of the store so far.
    fn probes(&self) -> usize {
        self.item_store.reads.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn however_many_ask_there_is_one_probe_a_second_and_one_line_for_each_dependency_that_is_down() {
    let edge = Edge::new();
    edge.item_store.down.store(true, Ordering::SeqCst);
    edge.keyring.set_down(true);
    let lines = Lines::of(&edge);
    for second in 1..=3 {
        for _ in 0..100 {
            assert_eq!(edge.get("/health").await.status, 503);
        }
        assert_eq!(edge.probes(), second);
        for message in ["the store does not answer", "the keyring does not answer"] {
            assert_eq!(lines.requests(message), vec![1; second], "{message}");
        }
        edge.clock.advance(Duration::SECOND);
    }
}

#[tokio::test]
async fn while_a_probe_runs_all_who_ask_wait_for_it_even_if_those_who_asked_first_have_left() {
    let edge = Edge::new();
    let slow = edge.item_store.slow.lock().await;
    for _ in 0..3 {
        let asks = pin!(edge.get("/health"));
        assert!(asks.now_or_never().is_none());
        tokio::task::yield_now().await;
        edge.clock.advance(Duration::MINUTE);
    }
    let mut asks = pin!(edge.get("/health"));
    assert!(asks.as_mut().now_or_never().is_none());
    drop(slow);
    assert_eq!((asks.await.status, edge.probes()), (200, 1));
    assert_eq!((edge.get("/health").await.status, edge.probes()), (200, 2), "the probe began minutes ago");
}
