//! GET /health: which dependency answers.

use std::sync::atomic::Ordering;

use crate::rig::Edge;

#[tokio::test]
async fn health_says_which_of_the_two_dependencies_is_down() {
    let edge = Edge::new();
    for (store, keyring) in [(false, false), (true, false), (false, true), (true, true)] {
        edge.item_store.down.store(store, Ordering::SeqCst);
        edge.keyring.set_down(keyring);
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
