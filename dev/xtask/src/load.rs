//! `cargo xtask load`: the program in `dev/load`; without a URL, with the packaged handler.

use std::ffi::OsString;

use crate::package::{self, Glibc};
use crate::{command, workspace::Workspace};

/// Whether the users worked. A package that only this machine can run is good enough.
pub(crate) fn run(workspace: &Workspace, words: &[OsString]) -> bool {
    let mut load = workspace.cargo("run --quiet --bin load --");
    if is_local(words) {
        if !package::run(workspace, Glibc::Any) {
            return false;
        }
        load.env("AZURE_TESTS_HANDLER", package::folder(workspace).join("handler"));
    }
    command::run(load.args(words))
}

/// Nothing names a deployment, and nobody asks for help.
fn is_local(words: &[OsString]) -> bool {
    !words.iter().filter_map(|word| word.to_str()).any(|word| word.contains("://") || word == "--help" || word == "-h")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_or_a_question_needs_no_package() {
        let words = |line: &str| line.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        assert!(is_local(&words("--users 3")) && is_local(&[]));
        assert!(!is_local(&words("--users 3 https://x")) && !is_local(&words("--help")));
    }
}
