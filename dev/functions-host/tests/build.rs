//! The build of the handler, with scripts in place of cargo.

#![cfg(test)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use functions_host::build_handler;

/// The outcome of a cargo that prints these messages and ends with this code.
async fn built(messages: &str, code: u8) -> Option<PathBuf> {
    let folder = tempfile::tempdir().unwrap();
    let cargo = folder.path().join("cargo");
    fs::write(&cargo, format!("#!/bin/sh\ncat <<'END'\n{messages}\nEND\nexit {code}\n")).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    loop {
        match build_handler(cargo.as_ref(), Path::new("/"), true).await {
            // Another test's process that is just being forked may hold the script open for writing, for a moment.
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {}
            outcome => return outcome.unwrap(),
        }
    }
}

const FINISHED: &str = r#"{"reason":"build-finished","success":true}"#;

#[tokio::test]
async fn the_executable_is_found_among_cargos_messages() {
    let messages = r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"remote_auth_mcp"},"executable":null}
{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"handler"},"executable":"/elsewhere/debug/handler"}"#;
    assert_eq!(built(&format!("{messages}\n{FINISHED}"), 0).await, Some("/elsewhere/debug/handler".into()));
    assert_eq!(built(FINISHED, 0).await, None);
    assert_eq!(built(messages, 101).await, None, "cargo failed after all");
}

#[tokio::test]
async fn a_build_that_fails_is_told_from_one_that_cannot_start() {
    let build = async |cargo: &str| build_handler(cargo.as_ref(), Path::new("/"), true).await;
    assert_eq!(build("false").await.unwrap(), None);
    assert!(build("/no/such/cargo").await.is_err());
}
