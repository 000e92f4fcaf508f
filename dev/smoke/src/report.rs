//! The report.

use std::fmt;

use crate::{News, Options};

/// The outcome of one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be; what was seen.
    Pass(String),
    /// Not as it should be; what was seen.
    Fail(String),
    /// It could not be tried, because of this.
    Skip(String),
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name.
    pub fact: String,
    /// How it turned out.
    pub outcome: Outcome,
}

/// Everything that was tried.
pub struct Report<'a> {
    lines: Vec<Line>,
    tell: &'a (dyn Fn(News<'_>) + Sync),
}

impl<'a> Report<'a> {
    pub(crate) fn new(tell: &'a (dyn Fn(News<'_>) + Sync)) -> Self {
        Self { lines: Vec::new(), tell }
    }

    /// All lines in their order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Whether any fact is not as it should be.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.outcome, Outcome::Fail(_)))
    }

    /// Whether any fact is undecided.
    #[must_use]
    pub fn skipped(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.outcome, Outcome::Skip(_)))
    }

    /// How to decide what was skipped, if anything was.
    #[must_use]
    pub fn hint(&self, options: &Options) -> Option<String> {
        let flags = options.flags_not_given().join(" ");
        self.skipped().then(|| match flags.as_str() {
            "" => "hint: skipped checks did not run; correct the failures and run it again".to_owned(),
            flags => format!("hint: skipped checks did not run; add {flags} to run them"),
        })
    }

    pub(crate) fn fact(&mut self, fact: &str, seen: Result<String, String>) {
        self.add(fact, seen.map_or_else(Outcome::Fail, Outcome::Pass));
    }

    /// A fact whose result is needed for others.
    pub(crate) fn step<T>(&mut self, fact: &str, result: Result<T, String>, seen: &str) -> Option<T> {
        self.fact(fact, result.as_ref().map(|_| seen.to_owned()).map_err(Clone::clone));
        result.ok()
    }

    pub(crate) fn skip(&mut self, fact: &str, reason: &str) {
        self.add(fact, Outcome::Skip(reason.to_owned()));
    }

    pub(crate) fn skip_all(&mut self, facts: &[&str], reason: &str) {
        for fact in facts {
            self.skip(fact, reason);
        }
    }

    pub(crate) fn tell(&self, news: News<'_>) {
        (self.tell)(news);
    }

    pub(crate) fn add(&mut self, fact: &str, outcome: Outcome) {
        let line = Line { fact: fact.to_owned(), outcome };
        self.tell(News::Line(&line));
        self.lines.push(line);
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, text) = match &self.outcome {
            Outcome::Pass(seen) => ("pass", seen),
            Outcome::Fail(seen) => ("FAIL", seen),
            Outcome::Skip(reason) => ("skip", reason),
        };
        write!(formatter, "{word} {}: {text}", self.fact)
    }
}

/// The closing line.
impl fmt::Display for Report<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |is: fn(&Outcome) -> bool| self.lines.iter().filter(|line| is(&line.outcome)).count();
        let passed = count(|outcome| matches!(outcome, Outcome::Pass(_)));
        let failed = count(|outcome| matches!(outcome, Outcome::Fail(_)));
        let skipped = count(|outcome| matches!(outcome, Outcome::Skip(_)));
        write!(formatter, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}
