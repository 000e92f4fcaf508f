//! The new texts, against the golden one; that they compile and pass is for `tests/http/new_tool.rs`.

use std::{collections::BTreeMap, env, fs, path::Path};

use super::{changes, words::NewTool, words::Words};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

fn words(name: &str, permission: Option<&str>) -> Words {
    let known = |text: &str| permission.map(|_| text.to_owned());
    Words {
        name: name.to_owned(),
        permission: permission.map(str::to_owned),
        id: known("f45671fb-e0fe-4b4b-be20-3d3ce43f1bcb"),
        sentence: known("Read your tasks."),
        root: None,
    }
}

fn changed(name: &str, permission: Option<&str>) -> BTreeMap<String, String> {
    changes::of(root(), &NewTool::of(&words(name, permission)).unwrap()).unwrap()
}

/// The new files, and of the others what is put into them: the rest depends on the tools that there are.
fn shown(changes: &BTreeMap<String, String>) -> String {
    let shown = changes.iter().map(|(file, text)| {
        let before = fs::read_to_string(root().join(file)).unwrap_or_default();
        let known: Vec<&str> = before.lines().collect();
        let new = text.lines().filter(|line| before.is_empty() || !known.contains(line));
        let parts = new.map(|line| {
            let part = known.iter().find_map(|known| put_into(known, line));
            part.map_or_else(|| format!("{line}\n"), |part| format!("… {} …\n", part.trim()))
        });
        format!("=== {file}\n{}", parts.collect::<String>())
    });
    shown.collect()
}

/// The text that makes a line of this list, if it is a list that has grown by one.
fn put_into<'a>(list: &str, line: &'a str) -> Option<&'a str> {
    let is_long = list.len() > 12;
    let same = |pair: &(char, char)| pair.0 == pair.1;
    let head: usize = list.chars().zip(line.chars()).take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let tail = list.get(head..).filter(|_| is_long)?;
    line.get(head..)?.strip_suffix(tail).filter(|part| !part.is_empty())
}

/// `RENEW_NEW_TOOL=1` writes it.
#[expect(clippy::disallowed_methods, reason = "renews the golden files")]
fn assert_golden(name: &str, shown: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/new_tool/golden").join(name);
    if env::var_os("RENEW_NEW_TOOL").is_some() {
        fs::write(&file, shown).unwrap();
    }
    assert_eq!(shown, fs::read_to_string(file).unwrap(), "if this is right: RENEW_NEW_TOOL=1");
}

#[test]
fn a_tool_with_a_permission_of_the_table_is_two_files_and_a_line_in_each_list() {
    assert_golden("read_name.golden", &shown(&changed("read_name", None)));
}

#[test]
fn a_tool_with_a_new_permission_has_its_row_and_all_that_names_permissions() {
    assert_golden("list_tasks.golden", &shown(&changed("list_tasks", Some("Tasks.Read"))));
}

#[test]
fn a_tool_that_is_there_and_a_permission_of_the_table_are_refused() {
    let refused = |name, permission| {
        let tool = NewTool::of(&words(name, permission)).unwrap();
        changes::of(root(), &tool).unwrap_err().to_string()
    };
    assert_eq!(refused("search_mail", None), "src/mcp/tools/search_mail.rs is there already");
    let known = refused("list_mail", Some("Mail.Read"));
    assert!(known.starts_with("the scope table has Mail.Read already"), "{known}");
}
