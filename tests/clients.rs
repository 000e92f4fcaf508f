//! Replays requests of clients that cannot run here: the handler gives each the answers that it needs to continue.
//! The requests are in `fixtures/clients`, put together from what each file names as its source: the client's code, or what
//! operators of servers published of their logs. Clients that can be run are in dev/e2e.
#![cfg(test)]

#[expect(dead_code, unused_imports, reason = "the HTTP tests use the rest")]
#[path = "http/deployment.rs"]
mod deployment;
#[path = "clients/replay.rs"]
mod replay;

use std::{collections::BTreeSet, fs, path::Path};

use driver::browser;
use replay::replay;

#[tokio::test]
async fn vs_code_gets_what_it_needs_on_the_desktop() {
    replay("vs-code").await;
}

#[tokio::test]
async fn vs_code_gets_what_it_needs_through_its_hosted_redirect() {
    replay("vs-code-hosted-redirect").await;
}

#[tokio::test]
async fn claude_gets_what_it_needs() {
    replay("claude").await;
}

#[tokio::test]
async fn claude_code_gets_what_it_needs() {
    replay("claude-code").await;
}

#[tokio::test]
async fn chatgpt_gets_what_it_needs() {
    replay("chatgpt").await;
}

#[tokio::test]
async fn chatgpt_gets_what_it_needs_at_a_redirect_of_the_connectors_own() {
    replay("chatgpt-connector-redirect").await;
}

#[test]
fn no_fixture_is_left_out() {
    let tests = include_str!("clients.rs");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clients");
    let names: BTreeSet<String> =
        fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!names.is_empty());
    for name in names {
        assert!(tests.contains(&format!("replay(\"{}\")", name.trim_end_matches(".json"))), "{name}");
    }
}
