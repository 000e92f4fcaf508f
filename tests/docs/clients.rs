//! docs/clients.md says of each client that is run what it prints at another name of the server; the stage `e2e` holds each row
//! against a run.

use std::{collections::BTreeSet, fs};

use super::{cells, files, root, rows};

/// Rows of the SDKs, which stand in one row of the table of all clients. The others of these programs have a row of their own.
const SDKS: [&str; 5] =
    ["Python SDK 1.x", "Python SDK 2.x", "Rust SDK, rmcp", "TypeScript SDK 1.x", "TypeScript SDK 2.x"];

fn document() -> String {
    fs::read_to_string(root().join("docs/clients.md")).unwrap()
}

/// A cell without its link.
fn unlinked(cell: &str) -> String {
    let linked = cell.strip_prefix('[').and_then(|rest| rest.split_once("]("));
    let linked = linked.and_then(|(name, rest)| Some(format!("{name}{}", rest.split_once(')')?.1)));
    linked.unwrap_or_else(|| cell.to_owned())
}

/// The clients in the table of all clients that are known by a run.
fn run(document: &str) -> BTreeSet<String> {
    let table = document.lines().skip_while(|line| !line.starts_with("| client | version |")).skip(2);
    let rows = table.take_while(|line| line.starts_with('|')).map(cells);
    rows.filter(|cells| cells.last().unwrap().starts_with("run")).map(|cells| unlinked(cells[0])).collect()
}

#[test]
fn every_client_that_is_run_has_a_row_of_what_it_prints_at_another_name() {
    let document = document();
    let said = rows(&document, ["client", "at `http://localhost:7071/mcp` it prints"]);
    let mut run = run(&document);
    assert!(run.remove("SDKs") && run.len() >= 10, "{run:?}");
    run.extend(SDKS.map(str::to_owned));
    assert_eq!(said.iter().map(|(client, _)| (*client).to_owned()).collect::<BTreeSet<_>>(), run);
    let tests = files(&root().join("dev/e2e/test/clients")).into_iter().map(|path| fs::read_to_string(path).unwrap());
    let tests = tests.collect::<String>();
    for (client, words) in said {
        assert!(tests.contains(&format!("'{client}'")), "no test of {client} holds the row against a run");
        assert!(words.contains('`'), "{client}: {words}");
    }
}
