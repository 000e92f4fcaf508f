//! Golden files: what each parameter set deploys, as it was last accepted.

use std::{fs, io, path::Path};

use serde_json::Value;
use similar::TextDiff;

use super::files::Files;

/// Lines of a difference that are shown.
const SHOWN: usize = 60;

pub(super) fn path(set: &str) -> String {
    format!("infra/test/{set}.snapshot.json")
}

/// The differences between what was accepted and what is deployed now.
pub(super) fn compare(files: &Files, set: &str, snapshot: &str) -> Vec<String> {
    let path = path(set);
    let renew = "`cargo xtask check-infra --accept` renews it";
    let Ok(golden) = files.required(&path) else { return vec![format!("{path} is missing; {renew}")] };
    let (before, after) = (pretty(golden), pretty(snapshot));
    if before == after {
        return vec![];
    }
    vec![format!("{path} is not what infra/ deploys now; {renew}\n{}", difference(&before, &after))]
}

/// Makes what is deployed now the golden file.
pub(super) fn accept(root: &Path, set: &str, snapshot: &str) -> io::Result<()> {
    fs::write(root.join(path(set)), pretty(snapshot))
}

/// One property a line, in the order of their names, so that only a changed value makes a difference.
fn pretty(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    // Whether `serde_json` sorts by itself depends on what else is built with it.
    value.sort_all_objects();
    format!("{value:#}\n")
}

fn difference(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let lines = diff.unified_diff().context_radius(3).to_string();
    let all = lines.lines().count();
    let mut shown: Vec<&str> = lines.lines().take(SHOWN).collect();
    let rest = format!("... and {} more lines", all.saturating_sub(SHOWN));
    if all > SHOWN {
        shown.push(&rest);
    }
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(golden: &str) -> Files {
        let mut files = Files::default();
        files.insert("infra/test/vnet.snapshot.json", golden);
        files
    }

    #[test]
    fn order_and_layout_are_no_difference() {
        assert!(compare(&files(r#"{"a": 1, "b": [true]}"#), "vnet", "{\"b\":[true],\n\"a\":1}").is_empty());
    }

    #[test]
    fn a_changed_value_is_shown_before_and_after() {
        let faults = compare(&files(r#"{"sku": "Basic", "x": 1}"#), "vnet", r#"{"sku": "Premium", "x": 1}"#);
        assert!(faults[0].contains("-  \"sku\": \"Basic\""), "{faults:?}");
        assert!(faults[0].contains("+  \"sku\": \"Premium\""), "{faults:?}");
        assert!(faults[0].contains("--accept"), "{faults:?}");
    }

    #[test]
    fn a_missing_golden_file_is_a_fault() {
        assert!(compare(&Files::default(), "vnet", "{}")[0].contains("is missing"));
    }

    #[test]
    fn an_accepted_difference_is_gone() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("infra/test")).unwrap();
        accept(root.path(), "vnet", r#"{"b": 1, "a": 2}"#).unwrap();
        let read = Files::read(root.path()).unwrap();
        assert!(compare(&read, "vnet", r#"{"a": 2, "b": 1}"#).is_empty());
    }

    #[test]
    fn a_long_difference_is_cut() {
        let shown = difference(&"a\n".repeat(200), &"b\n".repeat(200));
        assert_eq!(shown.lines().count(), SHOWN + 1);
        assert!(shown.ends_with("more lines"), "{shown}");
    }
}
