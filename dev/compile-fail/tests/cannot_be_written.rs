//! Each program in `cases` breaks one promise of docs/architecture.md, and must be refused by the compiler for the reason
//! that is written beside it. `TRYBUILD=overwrite` renews the reasons.

use std::{fs, process::Command};

/// The compiler whose words the `.stderr` files have.
const COMPILER: &str = "rustc 1.95.";

fn main() {
    let version = Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version);
    if !version.starts_with(COMPILER) {
        println!("skip cannot_be_written: the compiler is {}, not {COMPILER}*; use Rust 1.95", version.trim());
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let cases = fs::read_dir(folder).into_iter().flatten().flatten();
    let count = cases.filter(|case| case.path().extension().is_some_and(|extension| extension == "rs")).count();
    assert!(count > 0, "{folder} has no cases");
    let cases = trybuild::TestCases::new();
    cases.compile_fail(format!("{folder}/*.rs"));
    // Dropped, it runs the cases, and panics if one of them compiles or is refused for another reason.
    drop(cases);
    println!("{count} passed, 0 failed");
}
