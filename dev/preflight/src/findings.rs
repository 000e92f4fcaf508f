//! The findings: faults, each with its cure, and checks that could not be made.

use std::fmt;

/// Everything that was found, in the order in which it was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    faults: Vec<String>,
    notes: Vec<String>,
}

impl Findings {
    /// Something that would stop the deployment, and what to do.
    pub(crate) fn fault(&mut self, fault: impl fmt::Display, cure: impl fmt::Display) {
        self.faults.push(format!("{fault}\n    {cure}"));
    }

    /// Something that was not checked, or that is worth knowing and stops nothing.
    pub(crate) fn note(&mut self, note: impl fmt::Display) {
        self.notes.push(note.to_string());
    }

    pub(crate) fn any_fault(&self) -> bool {
        !self.faults.is_empty()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(formatter, "fault: {fault}")?;
        }
        for note in &self.notes {
            writeln!(formatter, "note: {note}")?;
        }
        match self.faults.len() {
            0 => writeln!(formatter, "preflight: no fault found"),
            1 => writeln!(formatter, "preflight: 1 fault; nothing was deployed"),
            count => writeln!(formatter, "preflight: {count} faults; nothing was deployed"),
        }
    }
}

#[cfg(test)]
impl Findings {
    /// The first line of each fault.
    pub(crate) fn faults(&self) -> Vec<&str> {
        self.faults.iter().filter_map(|fault| fault.lines().next()).collect()
    }

    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_printed_with_its_cure_and_counted() {
        let mut findings = Findings::default();
        assert_eq!(findings.to_string(), "preflight: no fault found\n");
        findings.fault("A is wrong", "set A");
        findings.note("B was not checked");
        findings.fault("C is wrong", "set C");
        let expected = "fault: A is wrong\n    set A\nfault: C is wrong\n    set C\nnote: B was not checked\n\
                        preflight: 2 faults; nothing was deployed\n";
        assert_eq!(findings.to_string(), expected);
    }
}
