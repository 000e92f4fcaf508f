//! Builds the handler, with the features that this program was built with, so that nothing is compiled twice.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::args::repository_root;
use crate::error::StartError;

const WORDS: &str = "build --bin handler --message-format json-render-diagnostics";

/// The handler's executable, up to date. Cargo's progress is shown unless `quiet`; what it says of a failure always.
pub(crate) async fn build(cargo: &OsStr, quiet: bool) -> Result<PathBuf, StartError> {
    let mut command = Command::new(cargo);
    command.args(WORDS.split(' ')).current_dir(repository_root());
    if quiet {
        command.arg("--quiet");
    } else {
        eprintln!("cargo local: building the handler, which takes minutes the first time");
    }
    // Not `Command::output`, which takes what cargo says on standard error for itself.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn().map_err(StartError::Cargo)?;
    let output = child.wait_with_output().await.map_err(StartError::Cargo)?;
    if !output.status.success() {
        return Err(StartError::Build);
    }
    executable(&String::from_utf8_lossy(&output.stdout)).ok_or(StartError::Build)
}

/// Cargo names what it built, one JSON message a line, so that the target folder need not be guessed.
fn executable(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.pointer("/target/name").is_some_and(|name| name == "handler"))
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_found_among_cargos_messages() {
        let messages = r#"
{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"remote_auth_mcp"},"executable":null}
{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"handler"},"executable":"/elsewhere/debug/handler"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages), Some("/elsewhere/debug/handler".into()));
    }

    #[test]
    fn without_the_executable_there_is_none() {
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[tokio::test]
    async fn a_build_that_fails_is_an_error() {
        assert!(matches!(build(OsStr::new("false"), true).await, Err(StartError::Build)));
        assert!(matches!(build(OsStr::new("/no/such/cargo"), true).await, Err(StartError::Cargo(_))));
    }
}
