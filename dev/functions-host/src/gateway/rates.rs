//! `rate-limit-by-key` with the caller's address as key, as the v2 tiers count: a token bucket for each address.

use std::{collections::HashMap, net::IpAddr, sync::Mutex, time::Duration};

use serde::Deserialize;
use stand_in::lock;
use tokio::time::Instant;

/// The handler's description of itself, from which `infra` deploys.
const CONTRACT: &str = include_str!("../../../../infra/contract.json");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Contract {
    calls_per_minute: u32,
}

/// So many calls from one address in so long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// The function's route, or all of them together.
    pub route: Option<String>,
    /// The most calls at once.
    pub calls: u32,
    /// In how long an empty bucket is full again.
    pub renewal_period: Duration,
}

impl Rate {
    /// The rates that `infra` deploys.
    ///
    /// # Panics
    ///
    /// If `infra/contract.json` has another shape. A test of the product writes it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the file is compiled in, and a test reads it")]
    pub fn deployed() -> Vec<Self> {
        let contract: Contract =
            serde_json::from_str(CONTRACT).expect("infra/contract.json has the shape that is read here");
        vec![Self { route: None, calls: contract.calls_per_minute, renewal_period: Duration::from_mins(1) }]
    }

    fn counts(&self, path: &str) -> bool {
        self.route.as_ref().is_none_or(|route| path.trim_matches('/').eq_ignore_ascii_case(route))
    }
}

/// The rates, and how full the buckets are.
pub(super) struct Rates {
    rates: Vec<Rate>,
    /// When each bucket that is not full will be.
    full_at: Mutex<HashMap<(usize, IpAddr), Instant>>,
}

impl Rates {
    pub(super) fn new(rates: Vec<Rate>) -> Self {
        Self { rates, full_at: Mutex::default() }
    }

    /// Counts a call, or says in how many seconds the next will be taken.
    pub(super) fn take(&self, path: &str, caller: IpAddr, now: Instant) -> Result<(), u64> {
        let mut full_at = lock(&self.full_at);
        for (index, rate) in self.rates.iter().enumerate().filter(|(_, rate)| rate.counts(path)) {
            let full = full_at.entry((index, caller)).or_insert(now);
            let full_after_call = now.max(*full) + rate.renewal_period / rate.calls;
            let wait = full_after_call.duration_since(now).saturating_sub(rate.renewal_period);
            if !wait.is_zero() {
                return Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
            }
            *full = full_after_call;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rates() -> Rates {
        let rate =
            |route: Option<&str>, calls| Rate { route: route.map(str::to_owned), calls, renewal_period: 60 * SECOND };
        Rates::new(vec![rate(Some("token"), 1), rate(None, 3)])
    }

    #[test]
    fn a_bucket_takes_all_its_calls_at_once_and_then_one_each_time_a_token_comes_back() {
        let (rates, caller, start) = (rates(), IpAddr::from([127, 0, 0, 1]), Instant::now());
        let mut take = |seconds| rates.take("/mcp", caller, start + seconds * SECOND);
        assert_eq!([0, 0, 0, 0, 19].map(&mut take), [Ok(()), Ok(()), Ok(()), Err(20), Err(1)]);
        assert_eq!([20, 20, 40].map(&mut take), [Ok(()), Err(20), Ok(())]);
        assert_eq!([200, 200, 200, 200].map(&mut take), [Ok(()), Ok(()), Ok(()), Err(20)]);
    }
}
