//! `rate-limit-by-key` with the caller's address as key: a sliding window for each address.

use std::collections::{HashMap, VecDeque};
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
    /// The most calls.
    pub calls: usize,
    /// Length of the sliding window.
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

/// The rates, and who called when.
pub(super) struct Rates {
    rates: Vec<Rate>,
    calls: Mutex<HashMap<(usize, IpAddr), VecDeque<Instant>>>,
}

impl Rates {
    pub(super) fn new(rates: Vec<Rate>) -> Self {
        Self { rates, calls: Mutex::default() }
    }

    /// Counts a call, or says in how many seconds the next will be taken.
    pub(super) fn take(&self, path: &str, caller: IpAddr, now: Instant) -> Result<(), u64> {
        let mut calls = lock(&self.calls);
        for (index, rate) in self.rates.iter().enumerate().filter(|(_, rate)| rate.counts(path)) {
            let window = calls.entry((index, caller)).or_default();
            while window.front().is_some_and(|call| now.duration_since(*call) >= rate.renewal_period) {
                window.pop_front();
            }
            if window.len() >= rate.calls {
                let wait = window.front().map_or(rate.renewal_period, |call| *call + rate.renewal_period - now);
                return Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
            }
            window.push_back(now);
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
    fn another_address_has_its_own_window() {
        let (rates, now) = (rates(), Instant::now());
        for last in 1..=2 {
            assert!(rates.take("/token", IpAddr::from([127, 0, 0, last]), now).is_ok());
        }
    }

    #[test]
    fn the_window_slides() {
        let (rates, caller, start) = (rates(), IpAddr::from([127, 0, 0, 1]), Instant::now());
        assert_eq!(rates.take("/token", caller, start), Ok(()));
        assert_eq!(rates.take("/token", caller, start + 59 * SECOND), Err(1));
        assert_eq!(rates.take("/token", caller, start + 60 * SECOND), Ok(()));
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
