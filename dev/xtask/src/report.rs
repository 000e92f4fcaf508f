//! The results of checks, a line for each.

use std::fmt;

use crate::tally::Tally;

/// The end of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The faults that were found; none is a pass.
    Judged(Vec<String>),
    /// It cannot run here. The reason says how to make it run.
    Skipped(&'static str),
}

/// All checks by name, in the order in which they ran.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<(String, Verdict)>);

impl Report {
    pub(crate) fn add(&mut self, name: impl Into<String>, verdict: Verdict) {
        self.0.push((name.into(), verdict));
    }

    pub(crate) fn judge(&mut self, name: impl Into<String>, faults: Vec<String>) {
        self.add(name, Verdict::Judged(faults));
    }

    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for (name, verdict) in &self.0 {
            match verdict {
                Verdict::Judged(faults) if faults.is_empty() => tally += Tally::PASSED,
                Verdict::Judged(_) => tally += Tally::FAILED,
                Verdict::Skipped(reason) => tally += Tally::skipped(name, reason),
            }
        }
        tally
    }

    /// Names of the checks that failed.
    #[cfg(test)]
    pub(crate) fn failed(&self) -> Vec<&str> {
        let failed = |verdict: &Verdict| matches!(verdict, Verdict::Judged(faults) if !faults.is_empty());
        self.0.iter().filter(|(_, verdict)| failed(verdict)).map(|(name, _)| name.as_str()).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, verdict) in &self.0 {
            match verdict {
                Verdict::Skipped(reason) => writeln!(f, "skip {name}: {reason}")?,
                Verdict::Judged(faults) if faults.is_empty() => writeln!(f, "ok   {name}")?,
                Verdict::Judged(faults) => {
                    for fault in faults {
                        writeln!(f, "FAIL {name}: {}", fault.trim_end().replace('\n', "\n     "))?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::default();
        report.judge("keys-off", vec![]);
        report.judge("outputs", vec!["Endpoint is no name".to_owned(), "two\nlines\n".to_owned()]);
        report.add("lint", Verdict::Skipped("no CLI"));
        report
    }

    #[test]
    fn each_check_has_its_line_and_each_fault_too() {
        let expected = "ok   keys-off\n\
            FAIL outputs: Endpoint is no name\n\
            FAIL outputs: two\n     lines\n\
            skip lint: no CLI\n";
        assert_eq!(report().to_string(), expected);
    }

    #[test]
    fn a_check_with_two_faults_is_one_failure() {
        let skipped = vec!["lint: no CLI".to_owned()];
        assert_eq!(report().tally(), Tally { passed: 1, failed: 1, skipped });
        assert_eq!(report().failed(), ["outputs"]);
    }
}
