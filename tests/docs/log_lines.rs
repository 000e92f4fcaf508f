//! A line that callers can cause is counted: see `src/telemetry/json_lines.rs`.

use super::code;

/// The lines that no caller can cause as often as they like, and why.
const NOT_COUNTED: &[(&str, &str)] = &[
    ("serving", "once, at the start"),
    ("stopped with requests under way: their connections were closed", "once, at the end"),
    ("tokens of Entra are accepted from this application", "once for each application, at the start"),
    ("connected to Cosmos DB", "once, in the background"),
    ("no connection to Cosmos DB: trying again", "in the background, with pauses"),
    ("client assertion not fetched: trying again", "in the background, with pauses"),
    ("expired records deleted", "in the background, with pauses"),
    ("expired records not deleted", "in the background, with pauses"),
    ("data key created", "one for each data key that is made"),
    ("data key wrapped again", "one for each data key at a rotation"),
    ("data key not wrapped again", "one for each data key at a rotation"),
    ("key ring unchanged: maintenance failed", "in the background, with pauses"),
    ("key ring unchanged: maintenance timed out", "in the background, with pauses"),
    ("key ring not read: trying again", "in the background, with pauses"),
    ("data key not unwrapped", "one for each data key when the ring is read, which has pauses"),
    ("event reader ended: starting it again", "in the background, with pauses"),
    ("{message}", "of `Outage`: once for each outage"),
    ("service called", "once a minute for each service and outcome"),
    ("tool called", "of callers who proved who they are; limited by `calls-per-minute`"),
    ("SSE stream opened", "of callers who proved who they are; limited by `streams`"),
    ("SSE stream closed", "of callers who proved who they are; limited by `streams`"),
    ("upstream tokens cannot be renewed: grant revoked", "once for each grant, which ends"),
];

/// The lines that a text writes: the arguments of each call.
fn lines(text: &str) -> Vec<&str> {
    let calls = ["trace", "debug", "info", "warn", "error"].map(|level| format!("tracing::{level}!("));
    let starts = calls.iter().flat_map(|call| text.match_indices(call).map(|(at, _)| at + call.len()));
    starts.map(|start| arguments(&text[start..])).collect()
}

/// Up to the bracket that closes the call. Messages have no brackets that stay open.
fn arguments(rest: &str) -> &str {
    let mut open = 1;
    let end = rest.find(|letter| {
        open += i32::from(letter == '(') - i32::from(letter == ')');
        open == 0
    });
    &rest[..end.unwrap()]
}

/// Whether the line counts, here or where its event is reported, or is listed.
fn is_fine(line: &str) -> bool {
    line.contains("counted = true")
        || line.contains("requests,")
        || NOT_COUNTED.iter().any(|(message, _)| line.contains(&format!("\"{message}\"")))
}

#[test]
fn each_line_that_callers_can_cause_is_counted() {
    let sources = code();
    let lines: Vec<_> =
        sources.iter().flat_map(|(path, text)| lines(text).into_iter().map(move |line| (line, path))).collect();
    assert!(lines.len() > 60, "{}", lines.len());
    let faults: Vec<_> = lines.iter().filter(|(line, _)| !is_fine(line)).collect();
    assert!(faults.is_empty(), "these lines lack `counted = true`: {faults:#?}");
    for (message, _) in NOT_COUNTED {
        assert!(lines.iter().any(|(line, _)| line.contains(&format!("\"{message}\""))), "nothing logs {message}");
    }
}

#[test]
fn a_line_that_is_not_counted_is_found() {
    let text = r#"tracing::warn!(%error, key = of(x), "a (new) line"); tracing::debug!("b"); tracing::info!(counted = true, "c")"#;
    let lines = lines(text);
    assert_eq!(lines, ["\"b\"", "counted = true, \"c\"", "%error, key = of(x), \"a (new) line\""]);
    assert_eq!([is_fine(lines[0]), is_fine(lines[1]), is_fine(lines[2])], [false, true, false]);
}
