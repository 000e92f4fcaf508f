//! The acts of the users, and how each went.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// An act of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// From the registration to the tokens.
    SignIn,
    /// Redeems the refresh token.
    Refresh,
    /// Opens an HTTP+SSE stream and initializes it.
    Stream,
    /// Calls the tool.
    Call,
}

impl Act {
    /// As the report names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Refresh => "refresh",
            Self::Stream => "stream opened",
            Self::Call => "tool call",
        }
    }
}

/// One act.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which.
    pub act: Act,
    /// When it began.
    pub began: Instant,
    /// How long it took.
    pub took: Duration,
    /// Why it failed.
    pub failure: Option<String>,
}

/// The acts of all users.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<Entry>>);

/// The acts of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Those that succeeded.
    pub done: usize,
    /// How often each failure came.
    pub failures: BTreeMap<String, usize>,
    /// The middle of the times of those that succeeded.
    pub median: Duration,
    /// 95 of 100 took no longer.
    pub percentile95: Duration,
}

impl Journal {
    /// Does it, and writes it down.
    pub async fn note<T>(&self, act: Act, attempt: impl Future<Output = Result<T, String>>) -> Option<T> {
        let began = Instant::now();
        let result = attempt.await;
        let (took, failure) = (began.elapsed(), result.as_ref().err().cloned());
        self.lock().push(Entry { act, began, took, failure });
        result.ok()
    }

    /// Everything so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// By kind.
    #[must_use]
    pub fn summaries(&self) -> BTreeMap<Act, Summary> {
        let mut acts: BTreeMap<Act, Vec<Entry>> = BTreeMap::new();
        for entry in self.entries() {
            acts.entry(entry.act).or_default().push(entry);
        }
        acts.into_iter().map(|(act, entries)| (act, Summary::of(&entries))).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Summary {
    fn of(entries: &[Entry]) -> Self {
        let mut failures = BTreeMap::new();
        for failure in entries.iter().filter_map(|entry| entry.failure.clone()) {
            *failures.entry(failure).or_default() += 1;
        }
        let mut times: Vec<Duration> =
            entries.iter().filter(|entry| entry.failure.is_none()).map(|entry| entry.took).collect();
        times.sort_unstable();
        let at = |percent: usize| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(place).copied().unwrap_or_default()
        };
        Self { done: times.len(), failures, median: at(50), percentile95: at(95) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failure_is_counted_by_its_words_and_has_no_time() {
        let journal = Journal::default();
        assert_eq!(journal.note(Act::Call, async { Ok(7) }).await, Some(7));
        for _ in 0..2 {
            assert_eq!(journal.note(Act::Call, async { Err::<(), _>("503".to_owned()) }).await, None);
        }
        let calls = &journal.summaries()[&Act::Call];
        assert_eq!((calls.done, calls.failures["503"]), (1, 2));
    }

    #[test]
    fn the_median_and_the_percentile_are_times_that_occurred() {
        let entry = |seconds| Entry {
            act: Act::Call,
            began: Instant::now(),
            took: Duration::from_secs(seconds),
            failure: None,
        };
        let summary = Summary::of(&(1..=20).rev().map(entry).collect::<Vec<_>>());
        assert_eq!((summary.median.as_secs(), summary.percentile95.as_secs()), (10, 19));
        assert_eq!(Summary::of(&[]).median, Duration::ZERO);
    }
}
