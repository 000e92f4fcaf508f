//! `cargo xtask new-tool`, in a copy of the checkout: the result compiles, and its tests pass.

use std::{fs, path::Path, process::Command};

use testkit::copy_checkout;

const PERMISSION: [&str; 6] =
    ["--permission", "Tasks.Read", "--id", "f45671fb-e0fe-4b4b-be20-3d3ce43f1bcb", "--sentence", "Read your tasks."];

/// Runs it in this folder.
fn run(command: &mut Command, folder: &Path) {
    let output = command.current_dir(folder).output().unwrap();
    let said = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat();
    assert!(output.status.success(), "{command:?}: {said}");
}

/// The copy has a folder of its own for what is built: cargo would take its crates for those of the checkout. The handler is put
/// where host.json names it: dev/e2e runs the copy as a package.
#[test]
#[ignore = "run by `cargo xtask test http --long`: it compiles the handler and its tests"]
fn new_tools_with_and_without_a_new_permission_compile_and_pass_with_the_tests_of_all_tools() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (copy, built) = (root.join("target/new-tool/checkout"), root.join("target/new-tool/target"));
    let _ = fs::remove_dir_all(&copy);
    copy_checkout(root, &copy).unwrap();
    // `cargo xtask test` runs it, so it is built.
    let xtask = Path::new(env!("CARGO_BIN_EXE_handler")).with_file_name("xtask");
    for words in [&["read_name"][..], &[&["list_tasks"], &PERMISSION[..]].concat()] {
        run(Command::new(&xtask).arg("new-tool").args(words).arg("--root").arg(&copy), root);
    }
    let cargo = |words: &[&str]| {
        run(Command::new(env!("CARGO")).args(words).env("CARGO_TARGET_DIR", &built), &copy);
    };
    cargo(&["fmt", "--all", "--check"]);
    let tests = ["read_name", "list_tasks", "the_tools_are_listed", "every_change_of_the_page"];
    let package = ["test", "-p", "remote-auth-mcp", "--test", "http", "--test", "contract", "--"];
    cargo(&[&package[..], &tests, &["contract"]].concat());
    fs::copy(built.join("debug/handler"), copy.join("handler")).unwrap();
}
