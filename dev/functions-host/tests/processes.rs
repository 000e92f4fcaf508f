//! The host with real handler processes.
#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "support/app.rs"]
mod app;
#[path = "support/ask.rs"]
mod ask;
#[path = "support/stream.rs"]
mod stream;

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener as StdListener;

use functions_host::{FunctionsHost, Options, StartError, start};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use app::App;
use ask::{answer, get, send};

impl App {
    async fn start(&self, handlers: usize, environment: &[(&str, &str)]) -> Result<FunctionsHost, StartError> {
        start(self.options(handlers, environment)).await
    }
}

/// With a body: such a request is not sent to the handler again.
async fn post(url: &str, target: &str) -> (u16, String) {
    answer(send(url, &format!("POST {target}"), ".\r\n").await).await
}

#[tokio::test]
async fn handlers_take_turns() {
    let app = App::new();
    let host = app.start(2, &[]).await.unwrap();
    let mut processes = Vec::new();
    for _ in 0..4 {
        processes.push(get(host.url(), "/process").await);
    }
    assert_ne!(processes[0], processes[1]);
    assert_eq!(processes[..2], processes[2..]);
    host.stop().await;
}

#[tokio::test]
async fn a_path_that_is_kept_apart_has_the_first_handler_for_itself() {
    let app = App::new();
    let host = app.start(3, &[]).await.unwrap();
    let mut in_turn = BTreeSet::new();
    for _ in 0..3 {
        in_turn.insert(get(host.url(), "/process").await.1);
    }
    host.keep_apart("/process");
    let mut apart = BTreeSet::new();
    for _ in 0..4 {
        apart.insert(get(host.url(), "/process").await.1);
    }
    assert_eq!((in_turn.len(), apart.len()), (3, 1));
    host.keep_apart("/process?is-decided");
    assert!(apart.contains(&get(host.url(), "/process").await.1));
    host.stop().await;
}

#[tokio::test]
async fn a_killed_handler_is_started_again_and_requests_go_on() {
    let app = App::new();
    let host = app.start(1, &[]).await.unwrap();
    let before = get(host.url(), "/process").await;
    host.kill(0).await;
    let after = post(host.url(), "/process").await;
    assert_eq!((before.0, after.0), (200, 200));
    assert_ne!(before.1, after.1);
    host.stop().await;
}

#[tokio::test]
async fn the_third_failure_stops_the_host() {
    let app = App::new();
    let host = app.start(2, &[]).await.unwrap();
    host.kill(0).await;
    host.kill(0).await;
    for _ in 0..2 {
        assert_eq!(get(host.url(), "/process").await.0, 200);
    }
    host.kill(0).await;
    for _ in 0..2 {
        assert_eq!(get(host.url(), "/process").await, (503, String::new()));
    }
    host.kill(1).await;
    host.stop().await;
}

#[tokio::test]
async fn an_instance_that_the_platform_replaces_is_no_failure() {
    let app = App::new();
    let host = app.start(1, &[]).await.unwrap();
    for _ in 0..5 {
        host.replace(0).await;
        assert_eq!(get(host.url(), "/process").await.0, 200);
    }
    host.stop().await;
}

#[tokio::test]
async fn a_handler_that_exits_with_0_is_not_started_again() {
    let app = App::new();
    let host = app.start(1, &[]).await.unwrap();
    assert_eq!(post(host.url(), "/exit?0").await.0, 500);
    assert_eq!(get(host.url(), "/process").await, (500, String::new()));
    host.stop().await;
}

#[tokio::test]
async fn exit_code_200_asks_for_a_restart_and_is_no_failure() {
    let app = App::new();
    let host = app.start(1, &[]).await.unwrap();
    let mut processes = vec![get(host.url(), "/process").await];
    for _ in 0..4 {
        assert_eq!(post(host.url(), "/exit?200").await.0, 500);
        processes.push(get(host.url(), "/process").await);
    }
    processes.dedup();
    assert_eq!(processes.iter().filter(|(status, _)| *status == 200).count(), 5, "{processes:?}");
    host.stop().await;
}

#[tokio::test]
async fn a_handler_that_exits_before_it_is_ready_fails_the_start_readably() {
    let app = App::new();
    let fault = app.start(2, &[("FAIL_WITH", "64")]).await.err().unwrap();
    assert!(matches!(&fault, StartError::Exited { status, .. } if status.code() == Some(64)), "{fault}");
    let text = fault.to_string();
    for part in ["64", "reading settings", "PUBLIC_BASE_URL is missing"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(fs::read_to_string(app.log()).unwrap().contains("PUBLIC_BASE_URL is missing\n"));
}

#[tokio::test]
async fn a_handler_that_is_not_there_fails_the_start() {
    let app = App::new();
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let (root, handler) = (app.root.path().to_owned(), app.root.path().join("handler"));
    let options = Options { root, listener, handler, handlers: 1, environment: Vec::new(), log: None };
    assert!(start(options).await.err().unwrap().to_string().contains("handler"));
}

#[tokio::test]
async fn the_public_url_is_the_one_of_the_listener_given() {
    let app = App::new();
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let expected = format!("http://{}", listener.local_addr().unwrap());
    let (root, handler) = (app.root.path().to_owned(), env!("CARGO_BIN_EXE_scripted-handler").into());
    let environment = vec![("PUBLIC_BASE_URL".to_owned(), expected.clone())];
    let host = start(Options { root, listener, handler, handlers: 1, environment, log: None }).await.unwrap();
    assert_eq!(host.url(), expected);
    assert_eq!(get(host.url(), "/environment?PUBLIC_BASE_URL").await, (200, expected));
    host.stop().await;
}

#[tokio::test]
async fn a_handler_gets_the_hosts_variables_and_none_of_the_callers() {
    let app = App::new();
    let host = app.start(1, &[("FUNCTIONS_HTTPWORKER_PORT", "1"), ("MINE", "yes")]).await.unwrap();
    let variable = async |name: &str| get(host.url(), &format!("/environment?{name}")).await.1;
    let port = variable("FUNCTIONS_CUSTOMHANDLER_PORT").await;
    assert_eq!(variable("FUNCTIONS_HTTPWORKER_PORT").await, port);
    let worker = variable("FUNCTIONS_CUSTOMHANDLER_WORKER_ID").await;
    assert_eq!((worker.len(), variable("FUNCTIONS_HTTPWORKER_ID").await), (36, worker));
    let root = app.root.path().canonicalize().unwrap().to_str().unwrap().to_owned();
    assert_eq!(variable("FUNCTIONS_APP_ROOT_PATH").await, root);
    assert_eq!(get(host.url(), "/folder").await.1, root);
    assert_eq!(variable("MINE").await, "yes");
    assert_ne!(variable("PATH").await, "");
    assert_eq!(variable("CARGO_MANIFEST_DIR").await, "");
    host.stop().await;
}

#[tokio::test]
async fn connections_to_the_handler_are_used_again() {
    let app = App::new();
    let host = app.start(1, &[]).await.unwrap();
    let first = get(host.url(), "/connection").await;
    assert_eq!(get(host.url(), "/connection").await, first);
    host.stop().await;
}

#[tokio::test]
async fn an_endless_answer_arrives_byte_by_byte() {
    let gate = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = App::new();
    let host = app.start(1, &[("GATE", &gate.local_addr().unwrap().to_string())]).await.unwrap();
    let (mut stream, mut gate) = stream::open(host.url(), &gate).await;
    stream::arrives_byte_by_byte(&mut gate, &mut stream).await;
    host.stop().await;
}

#[tokio::test]
async fn stopping_ends_open_streams_and_leaves_no_process() {
    let gate = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = App::new();
    let host = app.start(2, &[("GATE", &gate.local_addr().unwrap().to_string())]).await.unwrap();
    let (mut first, mut first_gate) = stream::open(host.url(), &gate).await;
    let (mut second, mut second_gate) = stream::open(host.url(), &gate).await;
    host.stop().await;
    for stream in [&mut first, &mut second, &mut first_gate, &mut second_gate] {
        assert!(matches!(stream.read(&mut [0]).await, Ok(0) | Err(_)));
    }
}
