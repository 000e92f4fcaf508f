//! `rate-limit-by-key` with the caller's address as key, as the v2 tiers count: a token bucket for each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use stand_in::lock;
use tokio::time::Instant;

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
    /// As `infra` deploys them; an operation's own comes before that of all.
    #[must_use]
    pub fn deployed() -> Vec<Self> {
        let per_minute = |route: Option<&str>, calls| Self {
            route: route.map(str::to_owned),
            calls,
            renewal_period: Duration::from_mins(1),
        };
        vec![
            per_minute(Some("register"), 30),
            per_minute(Some("authorize"), 60),
            per_minute(Some("token"), 120),
            per_minute(None, 1200),
        ]
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
    use std::fs;
    use std::path::Path;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rates() -> Rates {
        let rate =
            |route: Option<&str>, calls| Rate { route: route.map(str::to_owned), calls, renewal_period: 60 * SECOND };
        Rates::new(vec![rate(Some("token"), 1), rate(None, 3)])
    }

    #[test]
    fn a_route_has_its_own_rate_in_any_letter_case_and_all_routes_have_one_together() {
        let (rates, caller, now) = (rates(), IpAddr::from([127, 0, 0, 1]), Instant::now());
        let taken = ["/token", "/Token/", "/mcp", "/mcp", "/mcp"].map(|path| rates.take(path, caller, now).is_ok());
        assert_eq!(taken, [true, false, true, true, false]);
    }

    #[test]
    fn another_address_has_its_own_bucket() {
        let (rates, now) = (rates(), Instant::now());
        for last in 1..=2 {
            assert!(rates.take("/token", IpAddr::from([127, 0, 0, last]), now).is_ok());
        }
    }

    #[test]
    fn a_bucket_takes_all_its_calls_at_once_and_then_one_each_time_a_token_comes_back() {
        let (rates, caller, start) = (rates(), IpAddr::from([127, 0, 0, 1]), Instant::now());
        let mut take = |seconds| rates.take("/mcp", caller, start + seconds * SECOND);
        assert_eq!([0, 0, 0, 0, 19].map(&mut take), [Ok(()), Ok(()), Ok(()), Err(20), Err(1)]);
        assert_eq!([20, 20, 40].map(&mut take), [Ok(()), Err(20), Ok(())]);
        assert_eq!([200, 200, 200, 200].map(&mut take), [Ok(()), Ok(()), Ok(()), Err(20)]);
    }

    #[test]
    fn the_rates_are_those_that_infra_deploys() {
        let infra = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra");
        let read = |file: &str| fs::read_to_string(infra.join(file)).unwrap();
        let (operations, api) = (read("modules/apim-api.bicep"), read("policies/api.xml"));
        for rate in Rate::deployed() {
            let calls = rate.calls;
            let (file, stated) = match rate.route {
                Some(route) => (&operations, format!("path: '{route}', callsPerMinute: {calls} ")),
                None => (&api, format!("calls=\"{calls}\" renewal-period=\"60\"")),
            };
            assert!(file.contains(&stated), "{stated}");
        }
        assert_eq!(operations.matches(", callsPerMinute: ").count(), 3);
    }
}
