//! One figure, its limit, and what breaks the limit.

use super::measure::Lengths;
use crate::tally::Tally;

/// One line of the report.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Figure {
    subject: String,
    found: String,
    limit: String,
    holds: bool,
    /// The items to look at if the figure does not hold.
    offenders: Vec<String>,
}

impl Figure {
    fn new(area: &str, name: &str, found: String, limit: String, holds: bool) -> Self {
        Self { subject: format!("{area}: {name}"), found, limit, holds, offenders: Vec::new() }
    }

    /// There should be none of these.
    pub(super) fn none(area: &str, name: &str, found: Vec<String>) -> Self {
        let figure = Self::new(area, name, found.len().to_string(), "0".to_owned(), found.is_empty());
        Self { offenders: found, ..figure }
    }

    pub(super) fn at_least(area: &str, name: &str, found: usize, limit: usize) -> Self {
        Self::new(area, name, found.to_string(), format!("≥ {limit}"), found >= limit)
    }

    pub(super) fn at_most(area: &str, name: &str, found: usize, limit: usize) -> Self {
        Self::new(area, name, found.to_string(), format!("≤ {limit}"), found <= limit)
    }

    /// A figure without a limit.
    pub(super) fn told(area: &str, name: &str, found: usize) -> Self {
        Self::new(area, name, found.to_string(), "–".to_owned(), true)
    }

    /// Median, 90th percentile and maximum of lengths. Offenders are longer than the maximum, or than the percentile if
    /// only that is too large.
    pub(super) fn lengths(
        area: &str,
        name: &str,
        limit: Lengths,
        lengths: impl Iterator<Item = (String, usize)>,
    ) -> Self {
        let lengths: Vec<(String, usize)> = lengths.collect();
        let found = Lengths::of(lengths.iter().map(|(_, length)| *length).collect());
        let text = |Lengths { median, p90, max }: Lengths| format!("{median} / {p90} / {max}");
        let threshold = if found.max > limit.max { limit.max } else { limit.p90 };
        let mut longest: Vec<(String, usize)> = lengths.into_iter().filter(|(_, length)| *length > threshold).collect();
        longest.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
        let offenders = longest.into_iter().map(|(place, length)| format!("{length} {place}")).collect();
        let limits = format!("≤ {}", text(limit));
        Self { offenders, ..Self::new(area, name, text(found), limits, found.is_within(limit)) }
    }

    fn lines(&self) -> Vec<String> {
        let mark = if self.holds { "ok  " } else { "FAIL" };
        let line = format!("{mark}  {:<58} {:>15}   {}", self.subject, self.found, self.limit);
        let offenders = self.offenders.iter().filter(|_| !self.holds).map(|offender| format!("        {offender}"));
        [line].into_iter().chain(offenders).collect()
    }
}

/// Prints the figures. Each is one check.
pub(super) fn print(figures: &[Figure]) -> Tally {
    let mut tally = Tally::default();
    for figure in figures {
        figure.lines().iter().for_each(|line| println!("{line}"));
        tally += if figure.holds { Tally::PASSED } else { Tally::FAILED };
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Lengths = Lengths { median: 2, p90: 9, max: 10 };

    fn lengths(lengths: &[usize]) -> Figure {
        let named = lengths.iter().map(|length| (format!("f{length}"), *length));
        Figure::lengths("a", "lengths", LIMIT, named)
    }

    #[test]
    fn percentiles_are_lengths_that_occur() {
        let of = |lengths: &[usize]| Lengths::of(lengths.to_vec());
        assert_eq!(of(&[]), Lengths { median: 0, p90: 0, max: 0 });
        assert_eq!(of(&[5]), Lengths { median: 5, p90: 5, max: 5 });
        assert_eq!(of(&[10, 1, 9, 2, 8, 3, 7, 4, 6, 5]), Lengths { median: 5, p90: 9, max: 10 });
    }

    #[test]
    fn lengths_hold_up_to_their_limits_and_not_beyond() {
        assert!(lengths(&[2, 2, 2, 2, 2, 2, 2, 2, 9, 10]).holds);
        assert!(!lengths(&[3, 3, 3]).holds);
        let mut many = vec![1; 18];
        many.extend([10, 10, 10]);
        assert_eq!((lengths(&many).holds, lengths(&many).offenders.len()), (false, 3));
        assert_eq!(lengths(&[1, 1, 11]).offenders, ["11 f11"]);
    }

    #[test]
    fn a_figure_that_fails_says_where() {
        let figure = Figure::none("a", "circles", vec!["x.rs, y.rs".to_owned()]);
        assert!(figure.lines()[0].starts_with("FAIL  a: circles") && figure.lines()[1].trim() == "x.rs, y.rs");
        assert_eq!(lengths(&[1]).lines().len(), 1);
        assert_eq!(
            print(&[figure, Figure::none("a", "b", Vec::new())]),
            Tally { passed: 1, failed: 1, ..Tally::default() }
        );
    }

    #[test]
    fn limits_themselves_are_allowed() {
        assert!(Figure::at_most("a", "b", 5, 5).holds && !Figure::at_most("a", "b", 6, 5).holds);
        assert!(Figure::at_least("a", "b", 5, 5).holds && !Figure::at_least("a", "b", 4, 5).holds);
    }
}
