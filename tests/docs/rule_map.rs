//! The map in `docs/architecture.md` has a row for each RFC that the source cites by section, and each file that does so.

use std::{collections::BTreeSet, fs, path::Path};

use super::{SOURCES, files, has_extension, root};

/// Files that cite a section, and hold no rule.
const WITHOUT_A_RULE: [&str; 2] = [
    // Names the reasons for which a grant ends.
    "crates/authorization-server/src/ground/ended.rs",
    // Explains the settings.
    "src/config/table.rs",
];

/// The numbers of the RFCs of which a section or an appendix is cited outside of tests.
fn cited(source: &str) -> BTreeSet<String> {
    let shipped = source.split("#[cfg(test)]").next().unwrap();
    let lines = shipped.lines().map(|line| line.trim_start().trim_start_matches(['/', '!']).trim());
    let text = lines.collect::<Vec<_>>().join(" ");
    let numbers = text.split("RFC ").skip(1).filter_map(|rest| {
        let (number, after) = rest.split_once(' ')?;
        (after.starts_with('§') || after.starts_with("appendix")).then(|| number.to_owned())
    });
    numbers.collect()
}

/// The citing files that are in no row of the map, and the RFCs that no row names beside a file that cites them.
fn missing(map: &str, sources: &[(String, String)]) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    let citations = sources.iter().map(|(path, source)| (path, cited(source)));
    let cited: Vec<_> = citations.filter(|(path, _)| !WITHOUT_A_RULE.contains(&path.as_str())).collect();
    let rows = |path: &str| {
        let link = format!("](../{path})");
        map.lines().filter(move |row| row.starts_with('|') && row.contains(&link)).collect::<Vec<_>>()
    };
    for (path, numbers) in cited.iter().filter(|(_, numbers)| !numbers.is_empty()) {
        if rows(path).is_empty() {
            missing.insert(format!("{path} cites RFC {}", numbers.first().unwrap()));
        }
    }
    for number in cited.iter().flat_map(|(_, numbers)| numbers) {
        let mut citing = cited.iter().filter(|(_, numbers)| numbers.contains(number));
        if !citing.any(|(path, _)| rows(path).iter().any(|row| row.contains(&format!("RFC {number}")))) {
            missing.insert(format!("RFC {number}"));
        }
    }
    missing
}

#[test]
fn the_map_has_each_file_and_each_rfc_that_the_source_cites() {
    let paths = SOURCES.iter().flat_map(|folder| files(&root().join(folder)));
    let rust = paths.filter(|path| has_extension(path, "rs") && !path.to_str().unwrap().ends_with("tests.rs"));
    let relative = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    let sources: Vec<_> = rust.map(|path| (relative(&path), fs::read_to_string(&path).unwrap())).collect();
    let numbers: BTreeSet<_> = sources.iter().flat_map(|(_, source)| cited(source)).collect();
    assert!(numbers.len() > 20, "{numbers:?}");
    let document = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, map) = document.split_once("## Where a rule is").unwrap();
    assert_eq!(missing(map.split("\n## ").next().unwrap(), &sources), BTreeSet::new());
}

#[test]
fn a_file_and_an_rfc_that_the_map_lacks_are_found() {
    let found = |map: &str, source: &str| {
        missing(map, &[("src/a.rs".to_owned(), source.to_owned())]).into_iter().collect::<Vec<_>>()
    };
    let rule = "//! A rule (RFC 6749\n//! §3.1).";
    assert_eq!(found("| A rule (RFC 6749 §3.1) | [`a.rs`](../src/a.rs) |", rule), [""; 0]);
    assert_eq!(found("| A rule (RFC 9700 §2) | [`a.rs`](../src/a.rs) |", rule), ["RFC 6749"]);
    for elsewhere in ["| A rule (RFC 6749 §3.1) | [`b.rs`](../src/b.rs) |", "RFC 6749: [`a.rs`](../src/a.rs)"] {
        assert_eq!(found(elsewhere, rule), ["RFC 6749", "src/a.rs cites RFC 6749"], "{elsewhere}");
    }
    for other in ["/// RFC 6749 speaks of clients.", "fn f() {}\n#[cfg(test)]\nmod tests {\n// RFC 6749 §3.1\n}"] {
        assert_eq!(found("", other), [""; 0], "{other}");
    }
    assert_eq!(found("", "// RFC 6749 appendix B: encoded.").len(), 2);
}
