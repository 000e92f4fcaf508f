//! How the schedules of a scenario are explored, and how many they were.

use std::io::Write as _;

use shuttle::{
    Config, Runner,
    scheduler::{DfsScheduler, PctScheduler, RandomScheduler, Schedule, Scheduler, Task, TaskId},
};

use crate::model::{Fault, Plan};

/// Set to anything, it asks for all that there is to explore, and for other random schedules in each run.
const LONG: &str = "LONG";
/// Random schedules of one scenario, and as many by priorities.
const SCHEDULES: usize = 1_000;
const LONG_SCHEDULES: usize = 15_000;
/// The same of a scenario in which the owner signs in many times after each schedule.
const SCHEDULES_WITH_SIGN_INS: usize = 250;
/// A PCT schedule changes its preference among the callers one time less than this.
const CHANGES: usize = 4;
const SEED: u64 = 7636;

/// A scenario, run with one plan of faults.
pub(crate) type Scenario = fn(&Plan);

#[expect(clippy::disallowed_methods, reason = "the only parameter that a test of this crate has")]
pub(crate) fn long() -> bool {
    std::env::var_os(LONG).is_some()
}

/// Every schedule in which nothing goes wrong.
pub(crate) fn every_schedule(name: &str, scenario: Scenario) -> usize {
    let schedules = depth_first(scenario, &Plan::calm());
    report(name, "every schedule", schedules)
}

/// Every schedule in which nothing goes wrong, and every schedule with every fault of one operation of these callers.
pub(crate) fn every_schedule_and_fault(name: &str, scenario: Scenario, callers: impl Iterator<Item = usize>) -> usize {
    let mut schedules = depth_first(scenario, &Plan::calm());
    for caller in callers {
        for operation in 0.. {
            let mut explore = |fault| {
                let plan = Plan::one(caller, operation, fault);
                schedules += depth_first(scenario, &plan);
                plan.reached()
            };
            explore(Fault::Death);
            let (read, write) = explore(Fault::Before);
            if write {
                explore(Fault::After);
                explore(Fault::Late);
                explore(Fault::SentAgain);
            }
            if !read && !write {
                break;
            }
        }
    }
    report(name, "every schedule with every fault", schedules)
}

/// Every schedule in which nothing goes wrong, and if there is time for it also those with every fault.
pub(crate) fn every_schedule_and_fault_if_long(
    name: &str,
    scenario: Scenario,
    callers: impl Iterator<Item = usize>,
) -> usize {
    if long() { every_schedule_and_fault(name, scenario, callers) } else { every_schedule(name, scenario) }
}

/// Random schedules with random faults, and as many by priorities.
pub(crate) fn at_random(name: &str, callers: usize, scenario: Scenario) -> usize {
    so_many_at_random(SCHEDULES, name, callers, scenario)
}

/// Fewer, for a scenario in which the owner signs in many times after each schedule.
pub(crate) fn some_at_random(name: &str, callers: usize, scenario: Scenario) -> usize {
    so_many_at_random(SCHEDULES_WITH_SIGN_INS, name, callers, scenario)
}

fn so_many_at_random(schedules: usize, name: &str, callers: usize, scenario: Scenario) -> usize {
    let run = move || scenario(&Plan::at_random(callers));
    let (random, pct) = if long() {
        (RandomScheduler::new(LONG_SCHEDULES), PctScheduler::new(CHANGES, LONG_SCHEDULES))
    } else {
        let random = RandomScheduler::new_from_seed(SEED, schedules);
        (random, PctScheduler::new_from_seed(SEED, CHANGES, schedules))
    };
    report(name, "random", runner(random).run(run)) + report(name, "PCT", runner(pct).run(run))
}

fn depth_first(scenario: Scenario, plan: &Plan) -> usize {
    let plan = plan.clone();
    runner(DfsScheduler::new(None, false)).run(move || scenario(&plan))
}

fn runner<S: Scheduler + 'static>(scheduler: S) -> Runner<CallersOnly<S>> {
    let mut config = Config::new();
    config.stack_size = 1024 * 1024;
    Runner::new(CallersOnly(scheduler), config)
}

/// Not by the macro, whose output is seen of failed tests only.
fn report(name: &str, how: &str, schedules: usize) -> usize {
    writeln!(std::io::stderr(), "schedules of {name}: {schedules} explored, {how}").ok();
    schedules
}

/// Leaves out the task that starts the callers and waits for them: it goes on whenever it can, so that every choice of
/// the scheduler is one between callers.
#[derive(Debug)]
struct CallersOnly<S>(S);

impl<S: Scheduler> Scheduler for CallersOnly<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.0.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        let main = runnable.iter().map(|task| task.id()).find(|id| usize::from(*id) == 0);
        main.or_else(|| self.0.next_task(runnable, current, is_yielding))
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}
