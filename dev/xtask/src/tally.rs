//! How many tests passed and failed and which were skipped, read from what the runners print.

use std::{fmt, ops::AddAssign};

/// Counts of tests, and a line for each skipped one: its name, the reason, and how to make it run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: Vec<String>,
}

/// How the reason of a test that is ignored here begins if the suite runs it all the same, at another place.
const RUN_ELSEWHERE: &str = "run by ";

impl Tally {
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: Vec::new() };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: Vec::new() };

    /// One check that cannot run here. The reason says how to make it run.
    pub(crate) fn skipped(name: &str, reason: &str) -> Self {
        Self { skipped: vec![format!("{name}: {reason}")], ..Self::default() }
    }

    /// Counts that a line of a runner's output adds. Lines that are not in this table add nothing.
    ///
    /// | runner | counted | skipped |
    /// |---|---|---|
    /// | libtest | `test result: …` | `test NAME ... ignored, REASON`, if the reason does not begin with `run by` |
    /// | Node's reporter `spec` | `ℹ pass 3`, `ℹ fail 0`, `ℹ cancelled 0` | `﹣ NAME (1.5ms) # REASON` and `ℹ todo 1` |
    /// | others | `3 passed, 0 failed` | `skip NAME: REASON` |
    pub(crate) fn of_line(line: &str) -> Self {
        let line = line.trim_end();
        let libtest = || libtest(line.strip_prefix("test ")?);
        libtest().or_else(|| node(line.trim_start())).or_else(|| plain(line)).unwrap_or_default()
    }

    /// Whether nothing ran and nothing was skipped.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn counted(passed: u32, failed: u32) -> Self {
        Self { passed, failed, skipped: Vec::new() }
    }
}

fn libtest(line: &str) -> Option<Tally> {
    if let Some(result) = line.strip_prefix("result: ") {
        return Some(Tally::counted(count(result, "passed"), count(result, "failed")));
    }
    let (name, reason) = line.split_once(" ... ignored")?;
    let reason = reason.strip_prefix(", ").unwrap_or("ignored without a reason");
    (!reason.starts_with(RUN_ELSEWHERE)).then(|| Tally::skipped(name, reason))
}

/// Node does not count a skipped suite, so its lines are read. A todo test cannot fail, so it is as good as skipped.
fn node(line: &str) -> Option<Tally> {
    if let Some(skipped) = line.strip_prefix("﹣ ") {
        let (test, reason) = skipped.rsplit_once(") # ")?;
        return Some(Tally::skipped(test.rsplit_once(" (")?.0, reason));
    }
    let (name, number) = line.strip_prefix("ℹ ")?.split_once(' ')?;
    let number = number.parse().ok()?;
    match name {
        "pass" => Some(Tally::counted(number, 0)),
        "fail" | "cancelled" => Some(Tally::counted(0, number)),
        "todo" => Some(Tally { skipped: (0..number).map(|_| TODO.to_owned()).collect(), ..Tally::default() }),
        _ => None,
    }
}

const TODO: &str = "a test marked todo: it cannot fail; remove the mark";

fn plain(line: &str) -> Option<Tally> {
    if let Some((name, reason)) = line.strip_prefix("skip ").and_then(|check| check.split_once(": ")) {
        return Some(Tally::skipped(name, reason));
    }
    let (passed, rest) = line.split_once(" passed, ")?;
    let (failed, rest) = rest.split_once(" failed")?;
    let ends = rest.is_empty() || rest.starts_with(", ") && rest.ends_with(" skipped");
    ends.then_some(Tally::counted(passed.parse().ok()?, failed.parse().ok()?))
}

/// The number before `word` in `ok. 5 passed; 0 failed; 1 ignored`.
fn count(result: &str, word: &str) -> u32 {
    result
        .split([';', '.'])
        .filter_map(|part| part.trim().strip_suffix(word))
        .find_map(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally += Tally::of_line(line));
        tally
    }

    fn tally(passed: u32, failed: u32, skipped: &[&str]) -> Tally {
        Tally { passed, failed, skipped: skipped.iter().map(|&line| line.to_owned()).collect() }
    }

    #[test]
    fn cargo_test_is_summed_over_its_binaries() {
        let output = "\
running 2 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 17 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 12.34s";
        assert_eq!(of(output), tally(19, 3, &[]));
    }

    #[test]
    fn an_ignored_test_is_skipped_unless_the_suite_runs_it_elsewhere() {
        let output = "\
test compile_fail ... ignored, needs Rust 1.95: rustup toolchain install 1.95.0
test mute ... ignored
test src/lib.rs - example (line 3) ... ignored
test identity::child ... ignored, run by the test above, with an identity in the environment
test result: ok. 1 passed; 0 failed; 4 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        let skipped = [
            "compile_fail: needs Rust 1.95: rustup toolchain install 1.95.0",
            "mute: ignored without a reason",
            "src/lib.rs - example (line 3): ignored without a reason",
        ];
        assert_eq!(of(output), tally(1, 0, &skipped));
    }

    #[test]
    fn node_is_read_in_its_spec_reporter() {
        let output = "\
ℹ tests 9
ℹ suites 0
ℹ pass 6
ℹ fail 2
ℹ cancelled 1
ℹ skipped 0
ℹ todo 0
ℹ duration_ms 12.5";
        assert_eq!(of(output), tally(6, 3, &[]));
    }

    #[test]
    fn a_test_that_node_skips_is_counted_by_name_and_a_todo_counts_as_skipped() {
        let output = "\
﹣ the page (in dark) (4.088279ms) # no browser: set CHROME
▶ a suite
  ﹣ inner (4.4ms) # SKIP
  ✔ ok (0.2ms)
﹣ a whole suite, which node does not count (0.2ms) # not here
✔ later (0.2ms) # todo
ℹ pass 1
ℹ skipped 2
ℹ todo 1";
        let skipped = [
            "the page (in dark): no browser: set CHROME",
            "inner: SKIP",
            "a whole suite, which node does not count: not here",
            TODO,
        ];
        assert_eq!(of(output), tally(1, 0, &skipped));
    }

    #[test]
    fn the_plain_lines_are_counted() {
        assert_eq!(of("AADSTS: ok\n12 passed, 1 failed\n"), tally(12, 1, &[]));
        let output = "skip azd: AZD and PATH have no azd: https://aka.ms/azd\n4 passed, 0 failed, 1 skipped";
        assert_eq!(of(output), tally(4, 0, &["azd: AZD and PATH have no azd: https://aka.ms/azd"]));
    }

    #[test]
    fn other_lines_count_nothing() {
        let output = "\
# Subtest: pass 3
ℹ pass many
pass 3
3 passed; 4 failed
it says 3 passed, 4 failed
3 passed, 4 failed to start
skip this
test a ... ok
   Compiling result v1.0";
        assert!(of(output).is_empty());
    }

    #[test]
    fn it_reads_as_the_closing_line() {
        assert_eq!(tally(12, 0, &["a: b"]).to_string(), "12 passed, 0 failed, 1 skipped");
    }

    #[test]
    fn only_skipped_is_not_nothing() {
        assert!(!Tally::skipped("a", "b").is_empty());
    }
}
