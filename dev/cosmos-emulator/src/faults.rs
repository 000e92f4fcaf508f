//! Faults that a test asks for. They strike operations on items, never metadata.

use std::{num::NonZeroU32, sync::Mutex, time::Duration};

use stand_in::lock;

use crate::Verb;

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// 429: nothing happened, and the client may try again later.
    Throttled {
        /// `x-ms-retry-after-ms`.
        retry_after_ms: u64,
    },
    /// The operation is performed at once and answered rightly, but late; a write stands though its client has given up.
    /// Other faults can strike it as well.
    Slow {
        /// The delay.
        milliseconds: u64,
    },
    /// The connection is closed before anything happened.
    Dropped,
    /// The operation is performed, and the connection is closed instead of an answer.
    AnswerLost,
}

/// A fault, the operations that it strikes, and how often.
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    verbs: Vec<Verb>,
    skip: u64,
    times: Option<u64>,
    every: NonZeroU32,
    seed: u64,
}

impl Fault {
    /// On every operation, until cleared.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { effect, verbs: Vec::new(), skip: 0, times: None, every: NonZeroU32::MIN, seed: 0 }
    }

    /// Only on these operations.
    #[must_use]
    pub fn on(mut self, verbs: &[Verb]) -> Self {
        self.verbs = verbs.to_vec();
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

    /// In every run of `every` operations (0 counts as 1) exactly one is struck; the seed says which. A plain "every third"
    /// could strike the same caller's retries for ever.
    #[must_use]
    pub fn one_in(mut self, every: u32, seed: u64) -> Self {
        self.every = NonZeroU32::new(every).unwrap_or(NonZeroU32::MIN);
        self.seed = seed;
        self
    }

    /// Whether the matching operation of this number, counted from 0, is struck.
    fn strikes(&self, number: u64) -> bool {
        let every = u64::from(self.every.get());
        let Some(number) = number.checked_sub(self.skip) else { return false };
        let run = number / every;
        number % every == mix(self.seed.wrapping_add(run.wrapping_mul(0x9e37_79b9_7f4a_7c15))) % every
    }
}

/// The finalizer of `SplitMix64`: neighbouring inputs give unrelated outputs.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The fault that strikes one operation.
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

/// The planned faults.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Planned>>);

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        lock(&self.0).push(Planned { fault, seen: 0, struck: 0 });
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Takes what strikes the next operation: all delays, and the first other effect.
    pub(crate) fn strike(&self, verb: Verb) -> Struck {
        let mut struck = Struck::default();
        let mut planned = lock(&self.0);
        planned.retain(|planned| planned.fault.times.is_none_or(|times| planned.struck < times));
        let matching = |planned: &&mut Planned| planned.fault.verbs.is_empty() || planned.fault.verbs.contains(&verb);
        for Planned { fault, seen, struck: times } in planned.iter_mut().filter(matching) {
            let delay = matches!(fault.effect, Effect::Slow { .. });
            // Past the first effect the others are not reached, and not used up.
            if !delay && struck.effect.is_some() {
                continue;
            }
            *seen += 1;
            if fault.strikes(*seen - 1) {
                *times += 1;
                match fault.effect {
                    Effect::Slow { milliseconds } => struck.delay += Duration::from_millis(milliseconds),
                    effect => struck.effect = Some(effect),
                }
            }
        }
        struck
    }
}
