//! The report.

use std::{fmt::Write as _, time::Duration};

use crate::{
    cost::{ALWAYS_READY, GATEWAY, Run},
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
    let _ = writeln!(
        text,
        "\nBesides, a month costs {GATEWAY:.0} for API Management, and {ALWAYS_READY:.2} for an instance that is always \
         ready.\n\nTokens from Entra: {} at {} sign-ins, {} afterwards. Requests to Graph: {}. Largest process: {} MB. By \
         its processor an instance of 512 MB carries about {:.0} such users.",
        run.sign_ins.tokens,
        run.mix.users,
        run.work.tokens,
        run.work.graph,
        run.work.memory / 1_000_000,
        run.users_of_an_instance(),
    );
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
        Run { mix, entries, sign_ins: Usage::default(), work, instances: 1 }
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
        assert!(said.contains("Requests to Graph: 1."), "{said}");
    }
}
