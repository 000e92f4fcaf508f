//! The map in `docs/architecture.md` has each file beside each RFC that the file cites.

use std::{collections::BTreeSet, fs};

use super::{root, shipped};

/// Files that cite an RFC, and hold no rule of it.
const WITHOUT_A_RULE: [&str; 4] = [
    // Names the reasons for which a grant ends.
    "crates/authorization-server/src/ground/ended.rs",
    // Explains the settings.
    "src/config/table.rs",
    // Compares the cache with that of DNS.
    "src/entra/negative_cache.rs",
    // Names the format of times.
    "src/telemetry/json_lines.rs",
];

/// The numbers of the RFCs that are cited.
fn cited(source: &str) -> BTreeSet<String> {
    let lines = source.lines().map(|line| line.trim_start().trim_start_matches(['/', '!']).trim());
    let text = lines.collect::<Vec<_>>().join(" ");
    let numbers =
        text.split("RFC ").skip(1).map(|rest| rest.split(|next: char| !next.is_ascii_digit()).next().unwrap());
    numbers.filter(|number| !number.is_empty()).map(str::to_owned).collect()
}

/// The files that are in no row of the map that names an RFC which they cite.
fn missing(map: &str, sources: &[(String, String)]) -> BTreeSet<String> {
    let rows: Vec<&str> = map.lines().filter(|row| row.starts_with('|')).collect();
    let holding = sources.iter().filter(|(path, _)| !WITHOUT_A_RULE.contains(&path.as_str()));
    let citations = holding.flat_map(|(path, source)| cited(source).into_iter().map(move |number| (path, number)));
    let is_mapped = |path: &str, number: &str| {
        let (link, rfc) = (format!("](../{path})"), format!("RFC {number}"));
        rows.iter().any(|row| row.contains(&link) && row.contains(&rfc))
    };
    let missing = citations.filter(|(path, number)| !is_mapped(path, number));
    missing.map(|(path, number)| format!("{path} cites RFC {number}")).collect()
}

#[test]
fn the_map_has_each_file_beside_each_rfc_that_it_cites() {
    let sources = shipped();
    let numbers: BTreeSet<_> = sources.iter().flat_map(|(_, source)| cited(source)).collect();
    assert!(numbers.len() > 20, "{numbers:?}");
    let document = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, map) = document.split_once("## Where a rule is").unwrap();
    assert_eq!(missing(map.split("\n## ").next().unwrap(), &sources), BTreeSet::new());
}

#[test]
fn a_file_that_the_map_lacks_beside_an_rfc_is_found() {
    let found = |map: &str, source: &str| {
        missing(map, &[("src/a.rs".to_owned(), source.to_owned())]).into_iter().collect::<Vec<_>>()
    };
    let rule = "//! A rule (RFC 6749\n//! §3.1).";
    assert_eq!(found("| A rule (RFC 6749 §3.1) | [`a.rs`](../src/a.rs) |", rule), [""; 0]);
    for elsewhere in [
        "| A rule (RFC 9700 §2) | [`a.rs`](../src/a.rs) |",
        "| A rule (RFC 6749 §3.1) | [`b.rs`](../src/b.rs) |",
        "| A rule (RFC 6749 §3.1) | [`b.rs`](../src/b.rs) |\n| Another (RFC 9700 §2) | [`a.rs`](../src/a.rs) |",
        "RFC 6749: [`a.rs`](../src/a.rs)",
    ] {
        assert_eq!(found(elsewhere, rule), ["src/a.rs cites RFC 6749"], "{elsewhere}");
    }
    let both = found("", "/// RFC 6749 speaks of clients (RFC 7591), not of RFCs.");
    assert_eq!(both, ["src/a.rs cites RFC 6749", "src/a.rs cites RFC 7591"]);
}
