//! A watchdog over processes that other programs start.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::io::ErrorKind;
use std::process::Stdio;

use stand_in::watchdog::Watchdog;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A shell, with a process that it has started, in a group of its own. Both have begun.
async fn group() -> Child {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "sleep 600 & echo begun; wait"]).stdout(Stdio::piped()).kill_on_drop(true).process_group(0);
    let mut shell = shell.spawn().unwrap();
    let mut said = BufReader::new(shell.stdout.as_mut().unwrap()).lines();
    assert_eq!(said.next_line().await.unwrap().as_deref(), Some("begun"));
    shell
}

#[tokio::test]
async fn a_group_is_killed_with_what_it_has_started_and_nothing_else_is() {
    let (mut one, mut other) = (group().await, group().await);
    let mut watchdog = Watchdog::over_group(one.id().unwrap()).unwrap();
    let output = one.stdout.take().unwrap();
    watchdog.kill().await;
    assert!(!one.wait().await.unwrap().success());
    // The end of the output is that of the last process that could write to it.
    assert_eq!(BufReader::new(output).lines().next_line().await.unwrap(), None);
    assert_eq!(other.try_wait().unwrap(), None);
    Watchdog::over_group(other.id().unwrap()).unwrap().kill().await;
}

#[tokio::test]
async fn a_watchdog_that_has_ended_lets_its_process_live() {
    let mut group = group().await;
    let leader = group.id().unwrap();
    let mut watchdog = Watchdog::over(leader).unwrap();
    watchdog.end().await;
    drop(watchdog);
    assert_eq!(group.try_wait().unwrap(), None);
    Watchdog::over_group(leader).unwrap().kill().await;
    group.wait().await.unwrap();
}

#[tokio::test]
async fn one_that_is_dropped_kills_its_group_and_lets_a_process_live() {
    let (mut one, mut other) = (group().await, group().await);
    drop(Watchdog::over(other.id().unwrap()).unwrap());
    let output = one.stdout.take().unwrap();
    drop(Watchdog::over_group(one.id().unwrap()).unwrap());
    assert_eq!(BufReader::new(output).lines().next_line().await.unwrap(), None);
    assert_eq!(other.try_wait().unwrap(), None);
    Watchdog::over_group(other.id().unwrap()).unwrap().kill().await;
}

#[tokio::test]
async fn there_is_none_over_every_process() {
    for id in [0, 1] {
        for refused in [Watchdog::over(id), Watchdog::over_group(id)] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput, "{id}");
        }
    }
}
