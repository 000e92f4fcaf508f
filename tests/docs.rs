//! The documents name only what exists: log lines, audit events, numbers, and the code and tests of the threat model.
#![cfg(test)]

#[path = "docs/clients.rs"]
mod clients;
#[path = "docs/first_minutes.rs"]
mod first_minutes;
#[path = "docs/limits.rs"]
mod limits;
#[path = "docs/log_lines.rs"]
mod log_lines;
#[path = "docs/named_tests.rs"]
mod named_tests;
#[path = "docs/rule_map.rs"]
mod rule_map;
#[path = "docs/settings.rs"]
mod settings;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use authorization_server::ground::{Ended, EventName, OperationalEvent, Severity, Unavailable};
use named_tests::is_test;
use rust_source::{SourceTree, project::SHIPPED};

/// Documents with tables of log lines, the header of such a column, and how many lines these columns quote at least.
const TABLES: [(&str, &str, usize); 3] = [
    ("docs/operations/telemetry.md", "`event`", 25),
    ("docs/operations/telemetry.md", "`message`", 30),
    ("docs/operations.md", "in the log", 12),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// The files of the handler without tests: the path and the text of each.
fn shipped() -> Vec<(String, String)> {
    let trees = SHIPPED.iter().map(|shipped| SourceTree::read(root(), shipped.source, shipped.package).unwrap());
    let of_tree = |tree: SourceTree| {
        let files = tree.files().iter().filter(|file| !file.is_test);
        files.map(|file| (file.path.clone(), file.code.clone())).collect::<Vec<_>>()
    };
    trees.flat_map(of_tree).collect()
}

/// The same without lines of comments.
fn code() -> Vec<(String, String)> {
    let without =
        |text: &str| text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    shipped().into_iter().map(|(path, text)| (path, without(&text))).collect()
}

/// Everything that the handler can log, as text to search in.
fn source() -> String {
    let composed = [Unavailable::store, Unavailable::keyring, Unavailable::upstream, Unavailable::identity_endpoint]
        .map(|unavailable| format!("{:?}", unavailable("x").to_string()));
    code().into_iter().map(|(_, code)| code).chain(composed).collect::<Vec<_>>().join("\n")
}

/// The cells of a table's row.
fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// The quotes in the columns with this header.
fn quoted<'a>(document: &'a str, header: &str) -> BTreeSet<&'a str> {
    let (mut in_table, mut column) = (false, None);
    let mut quotes = BTreeSet::new();
    for line in document.lines() {
        let is_header = !in_table;
        in_table = line.starts_with('|');
        if in_table && is_header {
            column = cells(line).iter().position(|cell| *cell == header);
        } else if let (true, Some(column)) = (in_table, column) {
            quotes.extend(cells(line).get(column).into_iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)));
        }
    }
    quotes
}

/// Whether a quote is a string of the source, or with `…` the beginning of one.
fn exists(quote: &str, source: &str) -> bool {
    match quote.strip_suffix('…') {
        Some(beginning) => source.contains(&format!("\"{beginning}")),
        None => source.contains(&format!("\"{quote}\"")),
    }
}

/// The rows of the table with these headers in its first columns: the first cell and the second, without backquotes.
fn rows<'a>(document: &'a str, headers: [&str; 2]) -> Vec<(&'a str, &'a str)> {
    let table = document.lines().skip_while(|line| !cells(line).starts_with(&headers)).skip(2);
    let rows = table.take_while(|line| line.starts_with('|')).map(cells);
    rows.map(|cells| (cells[0].trim_matches('`'), cells[1])).collect()
}

fn level(name: EventName) -> &'static str {
    match name.severity() {
        Severity::Routine => "DEBUG",
        Severity::Change | Severity::Open | Severity::Refusal => "INFO",
        Severity::Alarm | Severity::Limit => "WARN",
    }
}

#[test]
fn the_table_of_audit_events_is_the_enum() {
    let document = fs::read_to_string(root().join("docs/operations/telemetry.md")).unwrap();
    let listed = EventName::ALL.iter().map(|name| (name.as_str(), level(*name))).collect::<Vec<_>>();
    assert_eq!(rows(&document, ["`event`", "level"]), listed);
    for name in EventName::ALL {
        let row = document.lines().find(|line| line.starts_with(&format!("| `{}` |", name.as_str()))).unwrap();
        let words = match name.severity().lines_at_once() {
            None => "",
            Some(1) => "counted: ",
            Some(_) => "counted beyond 100 at once: ",
        };
        assert!(cells(row)[2].starts_with(words), "{row}");
        assert!(!words.is_empty() || !cells(row)[2].starts_with("counted"), "{row}");
    }
    let endings: BTreeSet<_> = Ended::ALL.iter().map(|why| why.as_str()).collect();
    assert_eq!(quoted(&document, "`reason` of `grant_ended`"), endings);
}

#[test]
fn the_table_of_operational_events_is_the_enum() {
    let document = fs::read_to_string(root().join("docs/operations/telemetry.md")).unwrap();
    let (_, operational) = document.split_once("### Operational events").unwrap();
    let names: Vec<_> = rows(operational, ["`event`", "level"]).into_iter().map(|(name, _)| name).collect();
    let listed: Vec<_> = OperationalEvent::ALL.iter().map(|name| name.as_str()).collect();
    assert_eq!(names, listed);
}

#[test]
fn every_operational_event_is_logged_somewhere() {
    let source = source();
    for name in OperationalEvent::ALL {
        assert!(source.contains(&format!("OperationalEvent::{name:?}.as_str()")), "{name:?}");
    }
}

#[test]
fn every_log_line_that_a_document_quotes_exists() {
    let source = source();
    for (file, header, at_least) in TABLES {
        let document = fs::read_to_string(root().join(file)).unwrap();
        let quotes = quoted(&document, header);
        assert!(quotes.len() >= at_least, "{file}, {header}: {quotes:?}");
        let missing: Vec<_> = quotes.into_iter().filter(|quote| !exists(quote, &source)).collect();
        assert!(missing.is_empty(), "{file} quotes what the handler does not log: {missing:?}");
    }
}

/// The rows of the threat model: threat, code and test.
fn threats(document: &str) -> Vec<[&str; 3]> {
    let rows = document.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat |"));
    rows.map(|row| match cells(row)[..] {
        [threat, _, code, test] => [threat, code, test],
        _ => panic!("a row with other columns: {row}"),
    })
    .collect()
}

/// The texts in backquotes.
fn in_backquotes(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn each_row_of_the_threat_model_names_code_and_a_test_that_exist_or_says_that_there_is_none() {
    let document = fs::read_to_string(root().join("docs/threat-model.md")).unwrap();
    let threats = threats(&document);
    assert!(threats.len() > 80, "{} rows", threats.len());
    let (_, listed) = document.split_once("## Rows without a test").unwrap();
    let listed = listed.replace("\n  ", " ");
    for [threat, code, test] in threats {
        let files: Vec<_> = code.split("](../").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        assert!(!files.is_empty(), "{threat}");
        for file in files {
            assert!(root().join(file).is_file(), "{threat}: {file} is not there");
        }
        let without = test == "none";
        assert_eq!(listed.contains(&format!("- {threat}:")), without, "{threat}: is it listed as without a test?");
        let tests = in_backquotes(test);
        assert!(without || !tests.is_empty(), "{threat}: {test}");
        for test in tests {
            assert!(is_test(test), "{threat}: there is no test {test}");
        }
    }
}

#[test]
fn a_test_that_is_not_there_is_noticed() {
    assert!(is_test("tests/docs.rs::a_test_that_is_not_there_is_noticed"));
    for wrong in
        ["tests/docs.rs::no_such_test", "tests/docs.rs", "tests/nowhere.rs::a_test_that_is_not_there_is_noticed"]
    {
        assert!(!is_test(wrong), "{wrong}");
    }
}

/// Folders in which dependencies are pinned, as the update bot names them, without what is made or installed there.
fn folders_with_dependencies(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut found = BTreeSet::new();
    for entry in names {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() && !["target", "node_modules", ".git", ".local"].contains(&name.as_str()) {
            found.extend(folders_with_dependencies(&path));
        }
        let pins = ["Cargo.lock", "go.sum", "package-lock.json"].contains(&name.as_str())
            || has_extension(&path, "txt") && fs::read_to_string(&path).is_ok_and(|text| text.contains("=="));
        if pins {
            found.insert(format!("/{}", folder.strip_prefix(root()).unwrap().display()));
        }
    }
    found
}

#[test]
fn the_update_bot_watches_every_folder_with_dependencies() {
    let bot = fs::read_to_string(root().join(".github/dependabot.yml")).unwrap();
    let folders = folders_with_dependencies(root());
    assert!(folders.len() >= 4, "{folders:?}");
    let named: BTreeSet<_> = bot
        .lines()
        .filter_map(|line| line.trim().strip_prefix("directory: ").or(line.trim().strip_prefix("directories: ")))
        .flat_map(|folders| folders.trim_matches(['[', ']']).split(", "))
        .map(str::to_owned)
        .collect();
    assert_eq!(named, folders);
    assert!(bot.contains("package-ecosystem: github-actions"));
}

/// What is wrong with the decisions of these names, which these documents link to: two have one number, one is missing in the
/// row, or nobody links to one.
fn faults_of_decisions(names: &[&str], documents: &[(&str, &str)]) -> Vec<String> {
    let numbers: Vec<_> = names.iter().map(|name| name.split('-').next().unwrap().to_owned()).collect();
    let expected: Vec<_> = (1..=names.len()).map(|number| format!("{number:04}")).collect();
    let in_a_row = (numbers != expected).then(|| format!("the numbers are {}", numbers.join(" ")));
    let is_linked = |name: &&str| {
        let others = documents.iter().filter(|(path, _)| !path.ends_with(*name));
        let mut targets =
            others.flat_map(|(_, text)| text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()));
        targets.any(|target| target.rsplit('/').next() == Some(name))
    };
    let unlinked = names.iter().filter(|name| !is_linked(name)).map(|name| format!("no document links to {name}"));
    in_a_row.into_iter().chain(unlinked).collect()
}

#[test]
fn each_decision_has_a_number_of_its_own_and_a_document_that_links_to_it() {
    let mut paths: Vec<_> = files(&root().join("docs")).into_iter().filter(|path| has_extension(path, "md")).collect();
    paths.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    paths.sort();
    let texts: Vec<_> = paths.iter().map(|path| (path.to_str().unwrap(), fs::read_to_string(path).unwrap())).collect();
    let documents: Vec<_> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let decisions = paths.iter().filter(|path| path.parent().unwrap().ends_with("adr"));
    let names: Vec<_> = decisions.map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert!(names.len() > 20, "{names:?}");
    assert_eq!(faults_of_decisions(&names, &documents), [""; 0]);
}

#[test]
fn a_number_that_is_used_twice_and_a_decision_without_a_link_are_found() {
    let documents = [
        ("docs/a.md", "[one](adr/0001-a.md#why), [ADR 2](../docs/adr/0002-b.md)"),
        ("docs/adr/0003-c.md", "[me](0003-c.md)"),
    ];
    assert_eq!(faults_of_decisions(&["0001-a.md", "0002-b.md"], &documents), [""; 0]);
    for names in [&["0001-a.md", "0001-a.md"][..], &["0002-b.md"], &["0001-a.md", "0002-b.md", "0003-c.md"]] {
        assert_eq!(faults_of_decisions(names, &documents).len(), 1, "{names:?}");
    }
}

/// Rows of tables are found by their first words.
#[test]
fn no_row_of_the_map_begins_with_a_question() {
    let begins = |row: &str| {
        cells(row).first().is_some_and(|cell| ["What ", "Who ", "Whoever "].iter().any(|word| cell.starts_with(word)))
    };
    assert!(begins("| What it is | x |") && begins("| Who asks | y |") && !begins("| The state: what it is | z |"));
    let document = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let rows: Vec<_> = document.lines().filter(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 40);
    assert_eq!(rows.into_iter().filter(|row| begins(row)).collect::<Vec<_>>(), [""; 0]);
}
