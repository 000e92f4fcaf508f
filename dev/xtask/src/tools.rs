//! The programs that a stage needs besides Rust; what is missing is said before anything runs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NODE: u32 = 20;
/// The Inspector needs it.
const INSPECTOR_NODE: u32 = 22;
/// The minor version of Python 3.
const PYTHON: u32 = 10;

const NO_COMPILER: &str = "missing: cc, a C compiler, for the crate aws-lc-sys. \
    Debian: apt-get install gcc libc6-dev; macOS: xcode-select --install";

/// A line for each program that every stage needs and that is not there; and of those that the clients need, and curl.
pub(crate) fn missing(for_clients: bool, curl: bool) -> Vec<String> {
    let mut missing = Vec::new();
    if !works("cc") {
        missing.push(NO_COMPILER.to_owned());
    }
    if for_clients {
        missing.extend(node(version("node").as_deref()));
        missing.extend(inspector_node(comes_from_npm() || named("NODE22").is_some(), version("node").as_deref()));
        missing.extend((!works("npm")).then(|| "missing: npm. It comes with Node, from https://nodejs.org".to_owned()));
        missing.extend(browser(comes_from_npm() || named("CHROME").is_some()));
        missing.extend(python(version("python3").as_deref()).or_else(venv));
    }
    if curl && !works("curl") {
        missing.push("missing: curl, for infra/delete-ring.sh. Debian: apt-get install curl".to_owned());
    }
    missing
}

/// The program that this variable names, or the one of this name on PATH.
pub(crate) fn program(variable: &str, name: &str) -> Option<PathBuf> {
    named(variable).or_else(|| on_path(named("PATH")?.as_os_str(), name))
}

/// A path from the environment.
#[expect(clippy::disallowed_methods, reason = "they are this program's settings")]
pub(crate) fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn on_path(path: &OsStr, name: &str) -> Option<PathBuf> {
    let file = Path::new(name).with_extension(std::env::consts::EXE_EXTENSION);
    std::env::split_paths(path).map(|folder| folder.join(&file)).find(|candidate| candidate.is_file())
}

/// Whether `PROGRAM --version` can be run.
fn works(program: &str) -> bool {
    version(program).is_some()
}

fn version(program: &str) -> Option<String> {
    output(program, &["--version"])
}

fn output(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn node(version: Option<&str>) -> Option<String> {
    let how = format!("The stages e2e and package need Node {NODE} or later, from https://nodejs.org");
    let Some(version) = version else { return Some(format!("missing: node. {how}")) };
    if major(version) >= NODE { None } else { Some(format!("too old: node {version}. {how}")) }
}

fn inspector_node(provided: bool, version: Option<&str>) -> Option<String> {
    let how = "On Linux x64 it comes from npm; elsewhere set NODE22 to the path of a Node 22.19 or later";
    let there = provided || version.is_some_and(|version| major(version) >= INSPECTOR_NODE);
    if there { None } else { Some(format!("missing: Node {INSPECTOR_NODE}, for MCP Inspector. {how}")) }
}

/// 0 of what is no version.
fn major(version: &str) -> u32 {
    version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
}

fn browser(provided: bool) -> Option<String> {
    let how = "On Linux x64 it comes from npm; elsewhere set CHROME to the path of a Chrome";
    if provided { None } else { Some(format!("missing: a browser for the stages e2e and package. {how}")) }
}

fn python(version: Option<&str>) -> Option<String> {
    let how = format!("The stages e2e and package need Python 3.{PYTHON} or later, from https://www.python.org");
    let Some(version) = version else { return Some(format!("missing: python3. {how}")) };
    let minor = version.strip_prefix("Python 3.").map_or(0, major);
    if minor >= PYTHON { None } else { Some(format!("too old: {version}. {how}")) }
}

/// Debian has these in a package of their own.
fn venv() -> Option<String> {
    let how = "Debian: apt-get install python3-venv";
    let there = output("python3", &["-c", "import ensurepip, venv"]).is_some();
    if there { None } else { Some(format!("missing: Python's venv and pip, for the Python clients. {how}")) }
}

/// Whether npm has this platform's Chromium and Node 22.
fn comes_from_npm() -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
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
    fn a_tool_that_npm_lacks_here_can_be_named() {
        assert_eq!(browser(true), None);
        assert!(browser(false).unwrap().contains("CHROME"));
        assert_eq!(inspector_node(true, Some("v20.11.0")), None);
        assert!(inspector_node(false, Some("v20.11.0")).unwrap().contains("NODE22"));
    }

    #[test]
    fn a_node_that_is_new_enough_is_the_inspectors_too() {
        assert_eq!(inspector_node(false, Some("v22.19.0")), None);
    }

    #[test]
    fn python_3_10_and_later_are_enough() {
        assert_eq!(python(Some("Python 3.10.0")), None);
        assert_eq!(python(Some("Python 3.14.1")), None);
        assert!(python(Some("Python 3.9.18")).unwrap().starts_with("too old: Python 3.9.18."));
        assert!(python(None).unwrap().starts_with("missing: python3."));
    }

    #[test]
    fn a_program_is_found_on_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::join_paths([Path::new("/no/such/folder"), folder.path()]).unwrap();
        assert_eq!(on_path(&path, "azd"), None);
        let file = folder.path().join("azd").with_extension(std::env::consts::EXE_EXTENSION);
        std::fs::write(&file, "").unwrap();
        assert_eq!(on_path(&path, "azd"), Some(file));
    }

    #[test]
    fn a_program_that_is_not_there_does_not_work() {
        assert!(!works("no-such-program-anywhere"));
    }
}
