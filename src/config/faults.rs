//! Faults in the settings, collected before any is reported.

use std::fmt;

/// One setting and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The environment variable.
    pub setting: &'static str,
    /// The fault, and a right value.
    pub problem: String,
}

/// All faults, one line each.
#[derive(Debug, Default, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Notes a fault.
    pub fn add(&mut self, setting: &'static str, problem: impl Into<String>) {
        self.0.push(Fault { setting, problem: problem.into() });
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Fault { setting, problem } in &self.0 {
            writeln!(f, "{setting}: {problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_a_line_in_the_order_in_which_it_was_noted() {
        let mut faults = Faults::default();
        assert_eq!(faults.to_string(), "");
        faults.add("B", "is not set");
        faults.add("A", String::from("must be a GUID"));
        assert_eq!(faults.to_string(), "B: is not set\nA: must be a GUID\n");
    }
}
