//! Builds the handler as it is shipped: by itself, optimised, for Azure's machines.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{auditable, zig};
use crate::command;
use crate::workspace::Workspace;

const TARGET: &str = "x86_64-unknown-linux-gnu";
/// With the newest glibc that may be needed, in the words of cargo-zigbuild.
const TARGET_WITH_GLIBC: &str = "x86_64-unknown-linux-gnu.2.28";
/// Never `--workspace`: the features of dev programs would get into the shipped one.
const WORDS: &str = "--release -p remote-auth-mcp --bin handler --message-format json-render-diagnostics";

const PLAIN: &str = "\
WARNING: zig is not there, and could not be installed (python3 with venv and pip, and access to PyPI, are needed).
WARNING: this is a plain build, which needs the glibc of this machine, and Azure's may be older.";

/// Builds; None if it failed, which has then been said.
pub(super) fn handler(workspace: &Workspace) -> Option<PathBuf> {
    let mut build = if let Some(zig) = zig::installed(workspace) {
        if !has_target() && !command::run(Command::new("rustup").args(["target", "add", TARGET])) {
            return None;
        }
        zig.build(workspace, &format!("--target {TARGET_WITH_GLIBC} {WORDS}"))
    } else {
        eprintln!("{PLAIN}");
        workspace.cargo(&format!("build {WORDS}"))
    };
    build = auditable::around(auditable::installed(workspace), build);
    executable(&command::output(&mut build)?)
}

/// Whether Rust's own libraries for the target are there.
fn has_target() -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).stdin(Stdio::null());
    rustc.output().is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
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
{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"handler"},"executable":"/elsewhere/release/handler"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages), Some("/elsewhere/release/handler".into()));
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn the_version_asked_of_the_linker_is_the_one_that_is_checked() {
        let newest = super::super::elf::NEWEST_GLIBC;
        assert_eq!(TARGET_WITH_GLIBC, format!("{TARGET}.{newest}"));
    }
}
