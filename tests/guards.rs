//! Each guard of `src/http`, `src/mcp/sse`, `src/vault`, `src/client_documents` and the sealing of the authorization server
//! is taken away, one at a time, and the test that it names fails.
//!
//! `cargo xtask test http --long` does so in a copy of the checkout. In every run the changes are compared with the source,
//! so that a guard which moves is found again.
#![cfg(test)]

#[path = "guards/table.rs"]
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use table::{GUARDS, Guard};
use testkit::copy_checkout;

/// Where the table has a guard for each file and row of the threat model.
const GUARDED: [&str; 4] = ["src/http/", "src/mcp/sse/", "src/vault/", "src/client_documents/"];

/// The files without a guard in a row of the threat model, how the row begins, and why.
const UNGUARDED: [(&str, &str, &str); 3] = [
    (
        "src/http/bearer.rs",
        "S: a caller claims to be a user by a header or an argument",
        "no line reads such a header, so there is none to take away",
    ),
    (
        "src/mcp/sse/delivery.rs",
        "D: a challenge that another process met is a tool error at each call",
        "its test starts two processes from dev/azure, which the copy does not build",
    ),
    ("src/http/pages/style.css", "Confused deputy: the consent page lies about the client", "its test needs a browser"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The file of a test, and its name there.
fn place(test: &str) -> (PathBuf, &str) {
    let (path, name) = test.rsplit_once("::").unwrap();
    let (folder, module) = path.split_once("::").unwrap_or((path, ""));
    let module = module.trim_end_matches("::tests").replace("::", "/");
    let file = match (folder, module.as_str()) {
        ("lib", module) => format!("src/{module}.rs"),
        (binary, "") => format!("tests/{binary}.rs"),
        (binary, module) => format!("tests/{binary}/{module}.rs"),
    };
    (root().join(file), name)
}

#[test]
fn every_guard_is_found_in_the_source_once_and_its_test_exists() {
    for Guard { name, file, from, to, test } in GUARDS {
        let source = fs::read_to_string(root().join(file)).unwrap_or_default();
        assert_eq!(source.matches(from).count(), 1, "{name}: `{from}` in {file}; change tests/guards/table.rs");
        assert_ne!(from, to, "{name}");
        let (file, function) = place(test);
        let tests = fs::read_to_string(&file).unwrap_or_default();
        assert!(tests.contains(&format!("fn {function}()")), "{name}: {function} in {}", file.display());
    }
}

/// A row of the threat model.
struct Row {
    threat: String,
    /// Its files in these folders.
    files: Vec<String>,
    /// As the document writes them: `file::name`.
    tests: Vec<String>,
}

impl Row {
    /// `None` if the line is none, or names no file of these folders.
    fn read(line: &str) -> Option<Self> {
        let cells: Vec<_> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [threat, _, code, tests] = cells.as_slice() else { return None };
        let links = code.split("](../").skip(1).filter_map(|rest| rest.split(')').next());
        let is_guarded = |file: &&str| GUARDED.iter().any(|folder| file.starts_with(folder));
        let files: Vec<_> = links.filter(is_guarded).map(str::to_owned).collect();
        let tests = tests.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        (!files.is_empty()).then(|| Self { threat: (*threat).to_owned(), files, tests })
    }

    /// Whether a guard in this file has a test of this row.
    fn has_guard(&self, file: &str) -> bool {
        let named = |test| {
            let (file, name) = place(test);
            format!("{}::{name}", file.strip_prefix(root()).unwrap().display())
        };
        GUARDS.iter().any(|guard| guard.file == file && self.tests.contains(&named(guard.test)))
    }
}

/// The rows with a file of these folders.
fn threat_model() -> Vec<Row> {
    let document = fs::read_to_string(root().join("docs/threat-model.md")).unwrap();
    document.lines().filter_map(Row::read).collect()
}

#[test]
fn every_file_in_a_row_of_the_threat_model_has_a_guard_that_a_test_of_the_row_misses() {
    let rows = threat_model();
    assert!(rows.len() > 60, "{} rows", rows.len());
    let places = rows.iter().flat_map(|row| row.files.iter().map(move |file| (row, file)));
    let without: Vec<_> = places.filter(|(row, file)| !row.has_guard(file)).collect();
    let is_listed = |(row, file): &(&Row, &String)| {
        UNGUARDED.iter().any(|(listed, threat, _)| file == listed && row.threat.starts_with(threat))
    };
    let missing = without.iter().filter(|place| !is_listed(place)).map(|(row, file)| (file, &row.threat));
    let missing: Vec<_> = missing.collect();
    assert!(
        missing.is_empty(),
        "add a guard of each file to tests/guards/table.rs with a test of its row of docs/threat-model.md: {missing:#?}"
    );
    assert_eq!(without.len(), UNGUARDED.len(), "a file in UNGUARDED has a guard");
}

#[test]
fn every_guard_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = GUARDS.iter().map(|guard| guard.name).collect();
    assert_eq!(names.len(), GUARDS.len());
}

/// Runs these tests of a binary in the copy.
fn run(copy: &Path, binary: &str, tests: &[&str]) -> Output {
    let binary = if binary == "lib" { vec!["--lib"] } else { vec!["--test", binary] };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "-p", "remote-auth-mcp"]).args(binary).args(["--", "--exact"]).args(tests);
    // A handler without a guard must not lie where other tests look for theirs.
    cargo.current_dir(copy).env("CARGO_TARGET_DIR", root().join("target/guards/target"));
    // Each guard is a build, and no build is debugged.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").output().unwrap()
}

fn says(output: &Output, words: &str) -> bool {
    String::from_utf8_lossy(&output.stdout).contains(words)
}

/// The binaries whose tests do not all pass while every guard is in its place: such a test would fail without it, too.
fn failing(copy: &Path, guards: &[Guard]) -> Vec<String> {
    let mut binaries: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (binary, test) in guards.iter().map(|guard| guard.test.split_once("::").unwrap()) {
        binaries.entry(binary).or_default().insert(test);
    }
    let mut failing = Vec::new();
    for (binary, tests) in binaries {
        let with = run(copy, binary, &tests.iter().copied().collect::<Vec<_>>());
        if !says(&with, &format!("test result: ok. {} passed; 0 failed", tests.len())) {
            let said = [with.stdout, with.stderr].concat();
            failing.push(format!("{binary}: {tests:?}\n{}", String::from_utf8_lossy(&said)));
        }
    }
    failing
}

#[test]
#[ignore = "run by `cargo xtask test http --long`: it compiles the handler once for each guard"]
fn without_a_guard_its_test_fails() {
    let copy = root().join("target/guards/checkout");
    copy_checkout(root(), &copy).unwrap();
    let failing = failing(&copy, GUARDS);
    assert!(failing.is_empty(), "not all of these tests pass with every guard:\n{}", failing.join("\n"));
    let mut missed = Vec::new();
    for Guard { name, file, from, to, test } in GUARDS {
        let path = copy.join(file);
        let source = fs::read_to_string(&path).unwrap();
        fs::write(&path, source.replacen(from, to, 1)).unwrap();
        let (binary, in_binary) = test.split_once("::").unwrap();
        let without = run(&copy, binary, &[in_binary]);
        fs::write(&path, source).unwrap();
        let compiled = says(&without, "running 1 test");
        println!("{name}: {}", if compiled { "its test ran" } else { "not compiled" });
        if without.status.success() || !says(&without, "test result: FAILED. 0 passed; 1 failed") {
            missed.push(format!("{name}: {test}\n{}", String::from_utf8_lossy(&without.stderr)));
        }
    }
    assert!(missed.is_empty(), "nobody misses these guards:\n{}", missed.join("\n"));
}
