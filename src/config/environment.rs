//! A snapshot of the environment: the one place where it is read.

use std::{collections::BTreeMap, ffi::OsString};

/// Variables by name; `None` if the value is not UTF-8.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, Option<String>>);

impl Environment {
    /// The process's own environment, now.
    #[must_use]
    pub fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let variables = std::env::vars_os();
        variables.collect()
    }

    /// A variable that is set and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref().map(str::trim).filter(|value| !value.is_empty())
    }

    /// Whether a variable is set to what is not UTF-8.
    #[must_use]
    pub fn is_unreadable(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Option::is_none)
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()));
        Self(variables.into_iter().filter_map(named).collect())
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name, Some(value))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_without_the_blanks_around_it_and_an_empty_one_is_none() {
        let variables = [("A", " value of a \n"), ("B", ""), ("C", " \t\n"), ("D", "d")];
        let environment: Environment =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(
            ["A", "B", "C", "D", "E", "a"].map(|name| environment.get(name)),
            [Some("value of a"), None, None, Some("d"), None, None,]
        );
    }

    #[test]
    fn the_process_has_an_environment() {
        assert!(Environment::of_process().get("PATH").is_some());
    }
}
