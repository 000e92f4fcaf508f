//! The map in `docs/architecture.md` has each file beside each section of an RFC that the file cites.

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

/// The texts between a section and the number of the RFC, or the section before it.
const BEFORE_A_SECTION: [&str; 6] = [" §", ", §", " and §", " to §", " appendix ", " and appendix "];

/// A section of an RFC. The name is empty for the RFC as a whole.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Section {
    rfc: String,
    name: String,
}

impl Section {
    /// Whether a row that names this section speaks of the other one: `§4` covers `§4.2`, and the number alone covers every
    /// section.
    fn covers(&self, other: &Self) -> bool {
        let below = other.name.strip_prefix(&self.name);
        let is_below = self.name.is_empty() || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.rfc == other.rfc && (is_below || other.name.is_empty())
    }
}

/// The sections at the beginning of a text: of ` §3.1, §3.2 and §4 say`, these three.
fn sections(mut text: &str) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(rest) = BEFORE_A_SECTION.iter().find_map(|before| text.strip_prefix(before)) {
        let end = rest.find(|next: char| !next.is_ascii_alphanumeric() && next != '.').unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches('.');
        found.push(name.to_owned());
        text = &rest[name.len()..];
    }
    if found.is_empty() { vec![String::new()] } else { found }
}

/// The sections that a text names.
fn cited(text: &str) -> BTreeSet<Section> {
    let of_rfc = |rest: &str| {
        let rfc: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let names = if rfc.is_empty() { Vec::new() } else { sections(&rest[rfc.len()..]) };
        names.into_iter().map(|name| Section { rfc: rfc.clone(), name }).collect::<Vec<_>>()
    };
    text.split("RFC ").skip(1).flat_map(of_rfc).collect()
}

/// The sections that a file names; a comment may go on in the next line.
fn cited_by(source: &str) -> BTreeSet<Section> {
    let lines = source.lines().map(|line| line.trim_start().trim_start_matches(['/', '!']).trim());
    cited(&lines.collect::<Vec<_>>().join(" "))
}

/// The files that are in no row of the map that names a section which they cite.
fn missing(map: &str, sources: &[(String, String)]) -> BTreeSet<String> {
    let rows: Vec<_> = map.lines().filter(|row| row.starts_with('|')).map(|row| (row, cited(row))).collect();
    let holding = sources.iter().filter(|(path, _)| !WITHOUT_A_RULE.contains(&path.as_str()));
    let citations = holding.flat_map(|(path, source)| cited_by(source).into_iter().map(move |section| (path, section)));
    let is_mapped = |path: &str, section: &Section| {
        let link = format!("](../{path})");
        rows.iter().any(|(row, named)| row.contains(&link) && named.iter().any(|named| named.covers(section)))
    };
    let missing = citations.filter(|(path, section)| !is_mapped(path, section));
    missing
        .map(|(path, Section { rfc, name })| format!("{path} cites RFC {rfc} {name}").trim_end().to_owned())
        .collect()
}

#[test]
fn the_map_has_each_file_beside_each_section_that_it_cites() {
    let sources = shipped();
    let sections: BTreeSet<_> = sources.iter().flat_map(|(_, source)| cited_by(source)).collect();
    assert!(sections.len() > 80, "{}", sections.len());
    let document = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, map) = document.split_once("## Where a rule is").unwrap();
    let missing = missing(map.split("\n## ").next().unwrap(), &sources);
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a_file_that_the_map_lacks_beside_a_section_is_found() {
    let found = |map: &str, source: &str| {
        missing(map, &[("src/a.rs".to_owned(), source.to_owned())]).into_iter().collect::<Vec<_>>()
    };
    let rule = "//! A rule (RFC 6749\n//! §3.1).";
    for section in ["§3.1", "§3", "§2 and §3.1", "§2, §3.1, §4", "appendix B, §3.1", "§3.1 and appendix B", "§2 to §3"]
    {
        assert_eq!(
            found(&format!("| A rule (RFC 6749 {section}) | [`a.rs`](../src/a.rs) |"), rule),
            [""; 0],
            "{section}"
        );
    }
    assert_eq!(found("| A rule (RFC 6749) | [`a.rs`](../src/a.rs) |", rule), [""; 0]);
    for elsewhere in [
        "| A rule (RFC 9700 §3.1) | [`a.rs`](../src/a.rs) |",
        "| A rule (RFC 6749 §3.1.1) | [`a.rs`](../src/a.rs) |",
        "| A rule (RFC 6749 §3.11 and §2) | [`a.rs`](../src/a.rs) |",
        "| A rule (RFC 6749 appendix B, RFC 9700 §3.1) | [`a.rs`](../src/a.rs) |",
        "| A rule (RFC 6749 §3.1) | [`b.rs`](../src/b.rs) |",
        "| A rule (RFC 6749 §3.1) | [`b.rs`](../src/b.rs) |\n| Another (RFC 6749 §2) | [`a.rs`](../src/a.rs) |",
        "RFC 6749 §3.1: [`a.rs`](../src/a.rs)",
    ] {
        assert_eq!(found(elsewhere, rule), ["src/a.rs cites RFC 6749 3.1"], "{elsewhere}");
    }
    let appendix = found("| (RFC 6749 §3.1 and appendix A) | [`a.rs`](../src/a.rs) |", "/// RFC 6749 appendix A.5");
    assert_eq!(appendix, [""; 0]);
    let both = found("", "/// RFC 6749 speaks of clients (RFC 7591 §2. and more), not of RFCs.");
    assert_eq!(both, ["src/a.rs cites RFC 6749", "src/a.rs cites RFC 7591 2"]);
    assert_eq!(found("| (RFC 6749 §2) | [`a.rs`](../src/a.rs) |", "/// RFC 6749 as a whole"), [""; 0]);
}
