//! A fact that was not tried is no success unless the caller is content with less.
#![cfg(test)]

#[path = "support/scripted.rs"]
mod scripted;

use std::process::{Command, Output};

use scripted::{Script, right};

/// The program's output for a server at which everything that needs no token is right.
async fn smoke(flags: &'static [&str]) -> Output {
    let server = scripted::start(right()).await;
    let closed = scripted::start(Script::from([("GET /health", (403, "", ""))])).await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_smoke"));
    let flags = flags.iter().map(|flag| if *flag == "CLOSED" { closed.url.as_str() } else { flag });
    command.arg(&server.url).args(["--wait", "0"]).args(flags);
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap().to_owned()
}

#[tokio::test]
async fn the_last_line_names_the_flags_that_try_what_was_skipped() {
    let output = smoke(&[]).await;
    assert_eq!(output.status.code(), Some(0));
    let hint = "hint: skipped checks did not run; add --function-host ORIGIN --sign-in --address-limit to run them";
    assert_eq!(last_line(&output), hint);
    let output = smoke(&["--function-host", "CLOSED", "--address-limit"]).await;
    assert_eq!(last_line(&output), "hint: skipped checks did not run; add --sign-in to run them");
}

#[tokio::test]
async fn with_all_a_skip_fails() {
    let output = smoke(&["--all"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("FAIL"));
}

#[tokio::test]
async fn without_a_missing_flag_the_hint_points_at_the_failures() {
    let output = smoke(&["--function-host", "CLOSED", "--address-limit", "--sign-in", "--sign-in-within", "0"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(last_line(&output), "hint: skipped checks did not run; correct the failures and run it again");
}

#[tokio::test]
async fn an_origin_is_taken_with_and_without_a_slash_and_nothing_else() {
    let server = scripted::start(right()).await;
    for (text, code) in [
        (server.url.clone(), 0),
        (format!("{}/", server.url), 0),
        ("x.azure-api.net".to_owned(), 2),
        ("https://x/mcp".to_owned(), 2),
        ("https://x/?a=b".to_owned(), 2),
        ("https://u@x".to_owned(), 2),
        ("ftp://x".to_owned(), 2),
        ("https://x/#a".to_owned(), 2),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smoke"));
        command.args([text.as_str(), "--wait", "0"]);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}: {output:?}");
    }
}
