//! The usage, in dollars.
//!
//! The prices are Microsoft's list prices for US regions, as docs/deploy.md has them, without what is free each month.

use std::time::Duration;

use crate::{
    journal::{Act, Entry},
    mix::Mix,
    usage::Usage,
};

/// Memory of an instance, in GB: the default of infra/main.bicep.
const INSTANCE: f64 = 0.5;
/// Part of a core that an instance of this size has:
/// <https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#instance-sizes>.
const CORES: f64 = 0.25;
/// The part of it that work may take. The rest is for peaks.
const BUSY: f64 = 0.7;
/// Streams that a process may hold: `process-streams` in docs/operations/limits.md.
const STREAMS: f64 = 2_000.0;
/// An execution counts as this long at least:
/// <https://learn.microsoft.com/azure/azure-functions/functions-consumption-costs>.
const SHORTEST_EXECUTION: Duration = Duration::from_secs(1);
/// Records of API Management and of the Functions host about each request.
const RECORDS_OF_A_REQUEST: f64 = 3.0;
/// GB of a record, with its columns.
const RECORD: f64 = 1e-6;
/// A month at work: eight hours on 22 days.
const MONTH: Duration = Duration::from_hours(176);

/// The least cost of a month, in dollars: one unit of API Management Basic v2.
pub const GATEWAY: f64 = 150.0;
/// The same of an instance that is always ready: 730 hours at 0.000004 a GB-s.
pub const ALWAYS_READY: f64 = INSTANCE * 730.0 * 3_600.0 * 0.000_004;

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Each request to the function app.
    Executions,
    /// The time in which an instance has something to do.
    Time,
    /// Of requests.
    Store,
    /// Of an instance that runs.
    StoreByTheClock,
    /// The telemetry.
    Log,
    /// Of an instance that runs.
    Vault,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Executions, Self::Time, Self::Store, Self::StoreByTheClock, Self::Log, Self::Vault];

    /// The unit that is counted, and of whom.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Executions => "Functions, executions",
            Self::Time => "Functions, GB-s",
            Self::Store => "Cosmos DB, RU of requests",
            Self::StoreByTheClock => "Cosmos DB, RU by the clock",
            Self::Log => "Log Analytics, GB",
            Self::Vault => "Key Vault, operations",
        }
    }

    /// Of one that is counted, without and with an instance that is always ready.
    const fn price(self) -> [f64; 2] {
        match self {
            Self::Executions => [0.40e-6; 2],
            Self::Time => [0.000_026, 0.000_016],
            Self::Store | Self::StoreByTheClock => [0.25e-6; 2],
            Self::Log => [2.80; 2],
            Self::Vault => [0.15e-4; 2],
        }
    }
}

/// A run.
pub struct Run {
    /// The mix of the users' acts.
    pub mix: Mix,
    /// Their acts, sign-ins among them.
    pub entries: Vec<Entry>,
    /// Used by the sign-ins.
    pub sign_ins: Usage,
    /// Used by the work.
    pub work: Usage,
    /// Processes.
    pub instances: u32,
    /// The part of a core that all of them took while nobody worked.
    pub idle: f64,
}

/// How many users like those of a run one instance carries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    /// The part of a core that it takes while nobody works.
    pub idle: f64,
    /// What each user takes besides.
    pub user: f64,
    /// Users, until its processor is busy; infinite if the users of the run took nothing that can be measured.
    pub by_processor: f64,
    /// Users, until it holds as many streams as it may; infinite if they hold none.
    pub by_streams: f64,
}

/// The cost of one service, without and with an instance that is always ready.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Which.
    pub service: Service,
    /// Counted, for a million calls.
    pub used: f64,
    /// Dollars for a million calls.
    pub calls: [f64; 2],
    /// Dollars for a user who works for a month and signs in once.
    pub user: [f64; 2],
}

impl Run {
    /// Of each service.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let calls = f64::from(self.count(Act::Call));
        let users = to_float(self.mix.users);
        let months = self.mix.duration.as_secs_f64() / MONTH.as_secs_f64();
        Service::ALL
            .into_iter()
            .map(|service| {
                let used = self.used(service);
                let user = used / users / months + self.used_by_sign_ins(service) / users;
                let used = used / calls * 1e6;
                let in_dollars = |amount: f64| service.price().map(|price| price * amount);
                Row { service, used, calls: in_dollars(used), user: in_dollars(user) }
            })
            .collect()
    }

    /// Whether a call succeeded. Without one nothing can be said of a call.
    #[must_use]
    pub fn has_calls(&self) -> bool {
        self.count(Act::Call) > 0
    }

    /// How many users like these one instance carries. What its processor does for all of them is that of one instance.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        let (users, streams) = (to_float(self.mix.users), to_float(self.mix.streams));
        let idle = self.idle / f64::from(self.instances);
        let user = ((self.work.processor / self.mix.duration.as_secs_f64() - self.idle) / users).max(0.0);
        let by_processor = (CORES * BUSY - idle).max(0.0) / user;
        Capacity { idle, user, by_processor, by_streams: STREAMS * users / streams }
    }

    /// By the work alone. What goes by the clock is that of one instance.
    fn used(&self, service: Service) -> f64 {
        let instances = f64::from(self.instances);
        match service {
            Service::Executions => self.requests(),
            Service::Time => INSTANCE * self.busy().as_secs_f64(),
            Service::Store => self.work.units,
            Service::StoreByTheClock => self.work.units_by_the_clock / instances,
            Service::Log => RECORD * (f64::from(self.work.lines) + RECORDS_OF_A_REQUEST * self.requests()),
            Service::Vault => f64::from(self.work.vault) / instances,
        }
    }

    fn used_by_sign_ins(&self, service: Service) -> f64 {
        // Registration, the two pages, the callback, and the token endpoint.
        let requests = 5.0 * f64::from(self.count(Act::SignIn));
        match service {
            Service::Executions => requests,
            Service::Time => INSTANCE * requests * SHORTEST_EXECUTION.as_secs_f64(),
            Service::Store => self.sign_ins.units,
            Service::Log => RECORD * (f64::from(self.sign_ins.lines) + RECORDS_OF_A_REQUEST * requests),
            Service::StoreByTheClock | Service::Vault => 0.0,
        }
    }

    /// A stream takes three requests before its first call.
    fn requests(&self) -> f64 {
        f64::from(self.count(Act::Call) + self.count(Act::Refresh) + 3 * self.count(Act::Stream))
    }

    fn count(&self, act: Act) -> u32 {
        let count = self.entries.iter().filter(|entry| entry.act == act && entry.failure.is_none()).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// How long one instance that serves all of them has something to do: requests at the same time count once. A stream is a
    /// request until the work ends.
    fn busy(&self) -> Duration {
        let works = |entry: &&Entry| entry.act != Act::SignIn && entry.failure.is_none();
        let mut spans: Vec<_> =
            self.entries.iter().filter(works).map(|entry| (entry.began, self.lasts(entry))).collect();
        spans.sort_unstable();
        let mut busy = Duration::ZERO;
        let mut until = None;
        for (began, lasts) in spans {
            let end = began + lasts;
            let counted = until.map_or(began, |until| began.max(until));
            busy += end.saturating_duration_since(counted);
            until = until.max(Some(end));
        }
        busy.min(self.mix.duration)
    }

    fn lasts(&self, entry: &Entry) -> Duration {
        if entry.act == Act::Stream { self.mix.duration } else { entry.took.max(SHORTEST_EXECUTION) }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer users than 2^52")]
fn to_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// Two users for an hour. The times are seconds from the start, and how long it took.
    fn run(acts: &[(Act, u64, u64)], work: Usage) -> Run {
        let start = Instant::now();
        let entry = |&(act, began, took): &(Act, u64, u64)| Entry {
            act,
            began: start + Duration::from_secs(began),
            took: Duration::from_secs(took),
            failure: None,
        };
        let (entries, sign_ins) = (acts.iter().map(entry).collect(), Usage { units: 50.0, ..Usage::default() });
        let mix = Mix { users: 2, streams: 0, duration: HOUR, between_calls: HOUR, between_refreshes: HOUR };
        Run { mix, entries, sign_ins, work, instances: 2, idle: 0.0 }
    }

    fn row(run: &Run, service: Service) -> Row {
        run.rows().into_iter().find(|row| row.service == service).unwrap()
    }

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-6 * right.abs()
    }

    #[test]
    fn requests_at_the_same_time_count_once_and_each_for_a_second_at_least() {
        let busy = |acts: &[_]| run(acts, Usage::default()).busy().as_secs();
        assert_eq!(busy(&[(Act::Call, 10, 0), (Act::Call, 10, 0), (Act::Call, 20, 3), (Act::Refresh, 22, 2)]), 1 + 4);
        assert_eq!(busy(&[(Act::Call, 0, 10), (Act::Call, 2, 1), (Act::SignIn, 100, 9)]), 10);
        assert_eq!(busy(&[(Act::Stream, 0, 0), (Act::Call, 5, 1)]), 3_600);
        assert_eq!(busy(&[]), 0);
    }

    #[test]
    fn a_million_calls_cost_what_the_calls_of_the_run_cost() {
        let work = Usage { units: 8.0, units_by_the_clock: 20.0, ..Usage::default() };
        let run = run(&[(Act::Call, 0, 1), (Act::Call, 60, 1)], work);
        let store = row(&run, Service::Store);
        assert!(near(store.used, 4e6) && near(store.calls[0], 1.0));
        assert!(near(row(&run, Service::StoreByTheClock).used, 5e6), "of one of two instances");
        let time = row(&run, Service::Time);
        assert!(near(time.used, 0.5e6) && near(time.calls[0], 13.0) && near(time.calls[1], 8.0));
        assert!(near(row(&run, Service::Executions).calls[0], 0.4));
        assert!(near(row(&run, Service::Log).used, 3.0));
    }

    #[test]
    fn a_user_works_for_a_month_and_signs_in_once() {
        let work = Usage { units: 8.0, ..Usage::default() };
        let run = run(&[(Act::Call, 0, 1), (Act::SignIn, 0, 1), (Act::SignIn, 0, 1)], work);
        // 8 units of two users in an hour, for 176 hours; and 25 to sign in.
        assert!(near(row(&run, Service::Store).user[0], (4.0 * 176.0 + 25.0) * 0.25e-6));
        assert!(near(row(&run, Service::Executions).user[0], (0.5 * 176.0 + 5.0) * 0.4e-6));
    }

    #[test]
    fn an_instance_carries_users_until_its_part_of_a_core_is_busy() {
        // Two processes take a hundredth of a core without users, and each of two users a thousandth.
        let mut run = run(&[], Usage { processor: 36.0 + 7.2, ..Usage::default() });
        run.idle = 0.01;
        let Capacity { idle, user, by_processor, by_streams } = run.capacity();
        assert!(near(idle, 0.005) && near(user, 0.001) && near(by_processor, 170.0));
        assert!(by_streams.is_infinite(), "nobody holds a stream");
        run.mix.streams = 1;
        assert!(near(run.capacity().by_streams, 4_000.0));
    }

    #[test]
    fn users_who_take_nothing_that_can_be_measured_set_no_limit() {
        let mut run = run(&[], Usage { processor: 35.0, ..Usage::default() });
        run.idle = 0.01;
        assert!(run.capacity().by_processor.is_infinite());
    }
}
