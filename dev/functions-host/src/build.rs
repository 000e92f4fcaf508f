//! Builds the handler for the host to run.

use std::path::{Path, PathBuf};
use std::{ffi::OsStr, io, process::Stdio};

use serde_json::Value;
use tokio::process::Command;

const WORDS: &str = "build --bin handler --message-format json-render-diagnostics";

/// Builds the binary `handler` of the workspace at `root`, with the features of the whole workspace, so that nothing is
/// compiled twice. Returns the executable; `None` if the build failed. Cargo says why on standard error, and shows its
/// progress there unless `quiet`.
pub async fn build_handler(cargo: &OsStr, root: &Path, quiet: bool) -> io::Result<Option<PathBuf>> {
    let mut command = Command::new(cargo);
    command.args(WORDS.split(' ')).args(quiet.then_some("--quiet")).current_dir(root);
    // Not `Command::output`, which captures standard error, too.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let output = command.spawn()?.wait_with_output().await?;
    let built = executable(&String::from_utf8_lossy(&output.stdout));
    Ok(built.filter(|_| output.status.success()))
}

/// Cargo names what it built, one JSON message a line, so that the target folder need not be guessed.
fn executable(messages: &str) -> Option<PathBuf> {
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let built = messages.find(|message| message.pointer("/target/name").is_some_and(|name| name == "handler"))?;
    built.get("executable")?.as_str().map(PathBuf::from)
}
