//! One operation in N, in an order that looks random and is always the same.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// In every run of N operations exactly one is struck; the seed says which. A plain "every third" could strike the same
/// caller's retries for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneIn {
    /// N.
    pub every: NonZeroU32,
    /// Another seed, another order.
    #[serde(default)]
    pub seed: u64,
}

impl OneIn {
    /// Whether the operation of this number, counted from 0, is struck.
    pub(crate) fn strikes(self, number: u64) -> bool {
        let every = u64::from(self.every.get());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(every: u32, seed: u64) -> Vec<u64> {
        let one_in = OneIn { every: NonZeroU32::new(every).unwrap(), seed };
        (0..300).filter(|number| one_in.strikes(*number)).collect()
    }

    #[test]
    fn exactly_one_of_each_run_is_struck() {
        let runs: Vec<u64> = struck(3, 7).into_iter().map(|number| number / 3).collect();
        assert_eq!(runs, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn the_order_is_the_seeds_and_not_periodic() {
        assert_eq!(struck(3, 7), struck(3, 7));
        assert_ne!(struck(3, 7), struck(3, 8));
        let positions: std::collections::HashSet<u64> = struck(3, 7).into_iter().map(|number| number % 3).collect();
        assert_eq!(positions.len(), 3);
    }

    #[test]
    fn one_in_one_is_always() {
        assert_eq!(struck(1, 0).len(), 300);
    }
}
