//! A short run on three processes.
#![cfg(test)]

use std::time::Duration;

use load::{
    cost::{Run, Service},
    journal::{Act, Journal},
    local::Local,
    mix::Mix,
    work,
};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_the_users_do_succeeds_and_is_counted() {
    let second = Duration::from_secs(1);
    let mix = Mix { users: 4, streams: 2, duration: second, between_calls: second / 4, between_refreshes: second / 2 };
    let (local, journal) = (Local::start(3).await.unwrap(), Journal::default());
    let mut users = Vec::new();
    for number in 0..mix.users {
        users.extend(journal.note(Act::SignIn, local.sign_in(number)).await);
    }
    let sign_ins = local.usage();
    work(users, &mix, &journal).await;
    let run = Run { mix, entries: journal.entries(), sign_ins, work: local.usage(), instances: 3, idle: 0.0 };
    let summaries = journal.summaries();
    let done = |act| (summaries[&act].done, summaries[&act].failures.len());
    assert_eq!(done(Act::SignIn), (4, 0));
    assert_eq!(done(Act::Stream), (2, 0));
    assert_eq!(done(Act::Call), (16, 0), "{:?}", summaries[&Act::Call]);
    assert!(run.sign_ins.tokens >= 4 && run.work.tokens >= 4, "{:?} {:?}", run.sign_ins, run.work);
    assert_eq!(run.work.graph, 16);
    assert!(run.sign_ins.units > 0.0 && run.work.units > 0.0 && run.work.lines >= 16);
    assert!(run.work.processor > 0.0 && run.work.memory > 0, "{:?}", run.work);
    assert!(run.rows().iter().filter(|row| row.service != Service::Vault).all(|row| row.used > 0.0));
}
