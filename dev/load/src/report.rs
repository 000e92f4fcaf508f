//! The report.

use std::{fmt::Write as _, time::Duration};

use crate::{
    cost::{ALWAYS_READY, Capacity, GATEWAY, Run},
    journal::Journal,
};

/// The acts of the users, and how long they took.
#[must_use]
pub fn acts(journal: &Journal) -> String {
    let mut text = "| | succeeded | failed | median | 95 % within |\n|---|---|---|---|---|\n".to_owned();
    let summaries = journal.summaries();
    for (act, summary) in &summaries {
        let failed: usize = summary.failures.values().sum();
        let [median, most] = [summary.median, summary.percentile95].map(milliseconds);
        let _ = writeln!(text, "| {} | {} | {failed} | {median} | {most} |", act.as_str(), summary.done);
    }
    for (act, summary) in &summaries {
        for (words, times) in &summary.failures {
            let _ = writeln!(text, "\n{}: {times} times: {words}", act.as_str());
        }
    }
    text
}

/// The usage of a run, and its cost.
#[must_use]
pub fn costs(run: &Run) -> String {
    let mut text = "| | a million calls use | cost | with an instance always ready | a user costs a month | with an \
                    instance always ready |\n|---|---|---|---|---|---|\n"
        .to_owned();
    let (mut calls, mut user) = ([0.0; 2], [0.0; 2]);
    for row in run.rows() {
        let _ = writeln!(text, "| {} | {} | {} |", row.service.as_str(), amount(row.used), prices(row.calls, row.user));
        calls = [calls[0] + row.calls[0], calls[1] + row.calls[1]];
        user = [user[0] + row.user[0], user[1] + row.user[1]];
    }
    let _ = writeln!(text, "| **in all** | | {} |", prices(calls, user));
    let _ = writeln!(text, "| besides, each month | | {GATEWAY:.2} | {:.2} | | |", GATEWAY + ALWAYS_READY);
    let _ = writeln!(
        text,
        "\nAn instance that is always ready pays from {:.2} million calls a month on. API Management costs more than all \
         of that up to {:.2} million.\n\nTokens from Entra: {} at {} sign-ins, {} afterwards. Requests to Graph: {}. Largest \
         process: {} MB.\n\n{}",
        ALWAYS_READY / (calls[0] - calls[1]),
        GATEWAY / calls[0],
        run.sign_ins.tokens,
        run.mix.users,
        run.work.tokens,
        run.work.graph,
        run.work.memory / 1_000_000,
        carries(&run.capacity()),
    );
    text
}

/// How many users an instance carries.
fn carries(capacity: &Capacity) -> String {
    let Capacity { idle, user, by_processor, by_streams } = capacity;
    let mut text = format!("An instance of 512 MB takes {:.2} % of a core while nobody works, and ", idle * 100.0);
    let _ = if by_processor.is_finite() {
        write!(text, "{:.4} % more for each user. So its processor carries {by_processor:.0} of them.", user * 100.0)
    } else {
        write!(text, "for all these users no more that can be told from it: let them work more.")
    };
    if by_streams.is_finite() {
        let _ = write!(text, " By the streams that it may hold it carries {by_streams:.0} at most.");
    }
    text
}

fn prices(calls: [f64; 2], user: [f64; 2]) -> String {
    let [calls, user] = [calls.map(|price| format!("{price:.2}")), user.map(|price| format!("{price:.4}"))];
    [calls.join(" | "), user.join(" | ")].join(" | ")
}

fn amount(used: f64) -> String {
    if used < 100.0 { format!("{used:.1}") } else { format!("{used:.0}") }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{journal::Act, mix::Mix, usage::Usage};

    fn run(journal: &Journal) -> Run {
        let hour = Duration::from_hours(1);
        let mix = Mix { users: 1, streams: 0, duration: hour, between_calls: hour, between_refreshes: hour };
        let (entries, work) = (journal.entries(), Usage { units: 4.0, graph: 1, ..Usage::default() });
        Run { mix, entries, sign_ins: Usage::default(), work, instances: 1, idle: 0.0 }
    }

    #[tokio::test]
    async fn a_failure_is_told_with_its_words_and_costs_add_up() {
        let journal = Journal::default();
        journal.note(Act::Call, async { Ok(()) }).await;
        journal.note(Act::Call, async { Err::<(), _>("503 Service Unavailable".to_owned()) }).await;
        let said = acts(&journal);
        assert!(said.contains("| tool call | 1 | 1 | "), "{said}");
        assert!(said.contains("tool call: 1 times: 503 Service Unavailable"), "{said}");
        let said = costs(&run(&journal));
        assert!(said.contains("| Cosmos DB, RU of requests | 4000000 | 1.00 | 1.00 | 0.0002 | 0.0002 |"), "{said}");
        assert!(said.contains("| besides, each month | | 150.00 | 155.26 | | |"), "{said}");
        assert!(said.contains("Requests to Graph: 1."), "{said}");
    }

    #[test]
    fn the_parts_of_a_core_are_told_and_only_limits_that_there_are() {
        let capacity = Capacity { idle: 0.005, user: 0.001, by_processor: 170.0, by_streams: f64::INFINITY };
        let said = carries(&capacity);
        assert!(said.contains("takes 0.50 % of a core while nobody works, and 0.1000 % more for each user"), "{said}");
        assert!(said.ends_with("carries 170 of them."), "{said}");
        let said = carries(&Capacity { user: 0.0, by_processor: f64::INFINITY, by_streams: 4_000.0, ..capacity });
        assert!(said.contains("no more that can be told from it") && said.ends_with("carries 4000 at most."), "{said}");
    }
}
