//! The table of the first five minutes in docs/testing.md has the steps that `dev/e2e/first-minutes.mjs` times.

use std::fs;

use super::{root, rows};

/// The name of a step, up to a value of the run and from there on, if the program writes one into it.
type Step = (String, Option<String>);

/// The steps of the program: each call of `timed` begins with a literal.
fn steps(program: &str) -> Vec<Step> {
    let literals = program.split("timed(").skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|first| ['\'', '"', '`'].contains(first))?;
        let rest = rest[1..].replace("\\`", "\0");
        Some(rest.split_once(quote)?.0.replace('\0', "`"))
    });
    let step = |name: String| match name.split_once("${") {
        Some((before, rest)) => (before.to_owned(), Some(rest.split_once('}').unwrap().1.to_owned())),
        None => (name, None),
    };
    literals.map(step).collect()
}

/// Rows come without the quotes at both ends.
fn is_row_of((before, after): &Step, row: &str) -> bool {
    match after {
        None => row == before.trim_matches('`'),
        Some(after) => row.starts_with(before.trim_start_matches('`')) && row.ends_with(after.trim_end_matches('`')),
    }
}

#[test]
fn the_steps_of_the_table_are_those_that_the_program_times() {
    let program = fs::read_to_string(root().join("dev/e2e/first-minutes.mjs")).unwrap();
    let document = fs::read_to_string(root().join("docs/testing.md")).unwrap();
    let (_, section) = document.split_once("## The first five minutes").unwrap();
    let (steps, rows) = (steps(&program), rows(section, ["step", "seconds"]));
    assert!(steps.len() >= 10 && rows.len() >= 13, "{steps:?}, {rows:?}");
    for (row, _) in &rows {
        assert!(steps.iter().any(|step| is_row_of(step, row)), "the program does not time: {row}");
    }
    for step in &steps {
        assert!(rows.iter().any(|(row, _)| is_row_of(step, row)), "the table has no row for {step:?}");
    }
}
