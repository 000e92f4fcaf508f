//! How many tests passed and failed, read from what the runners print.

use std::fmt;
use std::ops::AddAssign;

/// Counts of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

impl Tally {
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0 };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1 };

    /// What this line of a runner's output adds: libtest's `test result: …`; one of the lines at the end of Node's runner,
    /// `# pass 3` in its tap reporter and `ℹ pass 3` in spec; or the plain `3 passed, 0 failed`. Of any other line, nothing.
    pub(crate) fn of_line(line: &str) -> Self {
        if let Some(result) = line.strip_prefix("test result: ") {
            return Self { passed: count(result, "passed"), failed: count(result, "failed") };
        }
        let Some(summary) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) else {
            return Self::of_plain_line(line).unwrap_or_default();
        };
        let Some((name, number)) = summary.split_once(' ') else { return Self::default() };
        let Ok(number) = number.trim_end().parse() else { return Self::default() };
        match name {
            "pass" => Self { passed: number, failed: 0 },
            "fail" | "cancelled" => Self { passed: 0, failed: number },
            _ => Self::default(),
        }
    }

    fn of_plain_line(line: &str) -> Option<Self> {
        let (passed, failed) = line.trim_end().strip_suffix(" failed")?.split_once(" passed, ")?;
        Some(Self { passed: passed.parse().ok()?, failed: failed.parse().ok()? })
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
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
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
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

    #[test]
    fn cargo_test_is_summed_over_its_binaries() {
        let output = "\
running 2 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 17 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 12.34s";
        assert_eq!(of(output), Tally { passed: 19, failed: 3 });
    }

    #[test]
    fn node_is_read_in_both_of_its_reporters() {
        let tap = "# tests 9\n# suites 0\n# pass 6\n# fail 2\n# cancelled 1\n# skipped 0\n# todo 0\n# duration_ms 12.5";
        assert_eq!(of(tap), Tally { passed: 6, failed: 3 });
        assert_eq!(of(&tap.replace('#', "ℹ")), Tally { passed: 6, failed: 3 });
    }

    #[test]
    fn the_plain_line_is_counted() {
        assert_eq!(of("AADSTS: ok\n12 passed, 1 failed\n"), Tally { passed: 12, failed: 1 });
    }

    #[test]
    fn other_lines_count_nothing() {
        assert!(of("# Subtest: pass 3\npass 3\n3 passed; 4 failed\nit says 3 passed, 4 failed\n# pass many\n   Compiling result v1.0").is_empty());
    }

    #[test]
    fn it_reads_as_the_closing_line() {
        assert_eq!(Tally { passed: 12, failed: 0 }.to_string(), "12 passed, 0 failed");
    }
}
