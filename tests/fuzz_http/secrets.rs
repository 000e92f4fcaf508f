//! Secrets that must not be logged, and a search for them.

use std::collections::{HashMap, HashSet};

/// Shorter texts are found by chance.
const SHORTEST: usize = 20;

#[derive(Default)]
pub(crate) struct Secrets(HashSet<String>);

impl Secrets {
    pub(crate) fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.0.insert(secret.to_owned());
        }
    }

    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The lines that contain one.
    pub(crate) fn lines_with_one<'a>(&self, lines: &'a [String]) -> Vec<&'a str> {
        let mut by_beginning: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
        for secret in &self.0 {
            by_beginning.entry(&secret.as_bytes()[..SHORTEST]).or_default().push(secret.as_bytes());
        }
        let tells = |line: &&String| {
            let bytes = line.as_bytes();
            bytes.windows(SHORTEST).enumerate().any(|(at, window)| {
                by_beginning
                    .get(window)
                    .is_some_and(|secrets| secrets.iter().any(|secret| bytes[at..].starts_with(secret)))
            })
        };
        lines.iter().filter(tells).map(String::as_str).collect()
    }
}

#[test]
fn a_secret_is_found_wherever_it_stands_and_nothing_else_is() {
    let mut secrets = Secrets::default();
    secrets.add("short");
    secrets.add("0123456789abcdefghijKLM");
    let lines = ["{\"a\":\"x0123456789abcdefghijKLMy\"}", "0123456789abcdefghijKL", "short", "0123456789abcdefghijKLM"];
    assert_eq!(secrets.len(), 1);
    assert_eq!(secrets.lines_with_one(&lines.map(str::to_owned)), [lines[0], lines[3]]);
}
