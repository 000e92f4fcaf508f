//! Faults that a test asks for. They strike operations on items, never metadata.

mod one_in;

use std::{num::NonZeroU32, sync::Mutex, time::Duration};

use serde::{Deserialize, Serialize};

pub use one_in::OneIn;

use crate::{recorded::lock, requests::Verb};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// 429: nothing happened, and may be tried again later.
    Throttled {
        /// `x-ms-retry-after-ms`.
        retry_after_ms: u64,
    },
    /// 503: nothing happened.
    Unavailable,
    /// The request is performed at once and answered rightly, but late; a write stands though its client has given up.
    /// Other faults can strike it as well.
    Slow {
        /// By this.
        milliseconds: u64,
    },
    /// The connection is closed before anything happened.
    Dropped,
    /// The request is performed, and the connection is closed instead of an answer.
    AnswerLost,
    /// A point read answers the version before the newest one. Only items that have had two versions are struck.
    StaleRead,
    /// A point read answers 404 for an item that is there.
    StaleNotFound,
}

/// What goes wrong, where and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What.
    pub effect: Effect,
    /// Only these operations; empty: all.
    #[serde(default)]
    pub verbs: Vec<Verb>,
    /// Only in this container.
    #[serde(default)]
    pub container: Option<String>,
    /// Not these first matching operations.
    #[serde(default)]
    pub skip: u64,
    /// So many times; `None`: until the faults are cleared.
    #[serde(default)]
    pub times: Option<u64>,
    /// Not every operation, but one in so many.
    #[serde(default)]
    pub one_in: Option<OneIn>,
}

impl Fault {
    /// On every operation, until cleared.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { effect, verbs: Vec::new(), container: None, skip: 0, times: None, one_in: None }
    }

    /// Only on these operations.
    #[must_use]
    pub fn on(mut self, verbs: &[Verb]) -> Self {
        self.verbs = verbs.to_vec();
        self
    }

    /// Only in this container.
    #[must_use]
    pub fn in_container(mut self, container: &str) -> Self {
        self.container = Some(container.to_owned());
        self
    }

    /// Only after so many matching operations.
    #[must_use]
    pub fn skip(mut self, operations: u64) -> Self {
        self.skip = operations;
        self
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Only one operation in so many (0 counts as 1); the seed says which.
    #[must_use]
    pub fn one_in(mut self, every: u32, seed: u64) -> Self {
        self.one_in = Some(OneIn { every: NonZeroU32::new(every).unwrap_or(NonZeroU32::MIN), seed });
        self
    }

    fn matches(&self, scope: &Scope<'_>) -> bool {
        let stale = matches!(self.effect, Effect::StaleRead | Effect::StaleNotFound);
        (self.verbs.is_empty() || self.verbs.contains(&scope.verb))
            && self.container.as_deref().is_none_or(|container| container == scope.container)
            && (!stale || scope.verb == Verb::Read)
            && (self.effect != Effect::StaleRead || scope.has_previous)
    }
}

/// The operation that a fault may strike.
pub(crate) struct Scope<'a> {
    pub(crate) verb: Verb,
    pub(crate) container: &'a str,
    /// Whether its item has had an earlier version.
    pub(crate) has_previous: bool,
}

/// What strikes one operation.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Struck {
    pub(crate) delay: Duration,
    pub(crate) effect: Option<Effect>,
}

struct Planned {
    fault: Fault,
    seen: u64,
    struck: u64,
}

impl Planned {
    fn strikes(&mut self) -> bool {
        let number = self.seen;
        self.seen += 1;
        let Some(number) = number.checked_sub(self.fault.skip) else { return false };
        let strikes = self.fault.one_in.is_none_or(|one_in| one_in.strikes(number));
        self.struck += u64::from(strikes);
        strikes
    }

    fn is_over(&self) -> bool {
        self.fault.times.is_some_and(|times| self.struck >= times)
    }
}

/// What is to go wrong.
#[derive(Default)]
pub(crate) struct Faults {
    planned: Mutex<Vec<Planned>>,
}

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        lock(&self.planned).push(Planned { fault, seen: 0, struck: 0 });
    }

    pub(crate) fn clear(&self) {
        lock(&self.planned).clear();
    }

    /// Takes what strikes the next operation: all delays, and the first other effect.
    pub(crate) fn strike(&self, scope: &Scope<'_>) -> Struck {
        let mut struck = Struck::default();
        let mut planned = lock(&self.planned);
        planned.retain(|planned| !planned.is_over());
        for planned in planned.iter_mut().filter(|planned| planned.fault.matches(scope)) {
            let effect = planned.fault.effect;
            let delay = if let Effect::Slow { milliseconds } = effect { Some(milliseconds) } else { None };
            // Past the first effect the others are not reached, and not used up.
            let reached = delay.is_some() || struck.effect.is_none();
            if reached && planned.strikes() {
                match delay {
                    Some(milliseconds) => struck.delay += Duration::from_millis(milliseconds),
                    None => struck.effect = Some(effect),
                }
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests;
