//! The programs that a stage needs besides Rust; what is missing is said before anything runs.

use std::process::{Command, Stdio};

use crate::stage::Stage;

const NODE: u32 = 20;

const NO_COMPILER: &str = "missing: cc, a C compiler, for the crate aws-lc-sys. \
    Debian: apt-get install gcc libc6-dev; macOS: xcode-select --install";

/// A line for each program that these stages need and that is not there.
pub(crate) fn missing(stages: &[Stage]) -> Vec<String> {
    let mut missing = Vec::new();
    if !works("cc") {
        missing.push(NO_COMPILER.to_owned());
    }
    if stages.contains(&Stage::E2e) {
        missing.extend(node(version("node").as_deref()));
        missing.extend((!works("npm")).then(|| "missing: npm. It comes with Node, from https://nodejs.org".to_owned()));
        missing.extend(browser(chromium_is_in_npm(), chrome_is_named()));
    }
    missing
}

/// Whether `PROGRAM --version` can be run.
pub(crate) fn works(program: &str) -> bool {
    version(program).is_some()
}

fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn node(version: Option<&str>) -> Option<String> {
    let how = format!("The e2e stage needs Node {NODE} or later, from https://nodejs.org");
    let Some(version) = version else { return Some(format!("missing: node. {how}")) };
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= NODE) { None } else { Some(format!("too old: node {version}. {how}")) }
}

fn browser(in_npm: bool, named: bool) -> Option<String> {
    let how = "On Linux x64 it comes from npm; elsewhere set CHROME to the path of a Chrome";
    if in_npm || named { None } else { Some(format!("missing: a browser for the e2e stage. {how}")) }
}

fn chromium_is_in_npm() -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
}

#[expect(clippy::disallowed_methods, reason = "CHROME is this program's one setting")]
fn chrome_is_named() -> bool {
    std::env::var_os("CHROME").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_20_and_later_are_enough() {
        assert_eq!(node(Some("v20.11.0")), None);
        assert_eq!(node(Some("v100.0.0")), None);
    }

    #[test]
    fn an_old_or_missing_node_is_named_with_the_way_to_get_it() {
        assert!(node(Some("v18.20.1")).unwrap().starts_with("too old: node v18.20.1."));
        assert!(node(Some("unreadable")).unwrap().contains("https://nodejs.org"));
        assert!(node(None).unwrap().starts_with("missing: node."));
    }

    #[test]
    fn a_browser_comes_from_npm_or_is_named() {
        assert_eq!(browser(true, false), None);
        assert_eq!(browser(false, true), None);
        assert!(browser(false, false).unwrap().contains("CHROME"));
    }

    #[test]
    fn a_program_that_is_not_there_does_not_work() {
        assert!(!works("no-such-program-anywhere"));
    }
}
