//! Lets many users work with a deployment, or with three local processes and the stand-ins behind them, and says what that
//! takes and costs. It shares no code with the product.

mod answers;
pub mod cost;
pub mod deployment;
pub mod journal;
pub mod local;
pub mod mix;
mod processes;
pub mod report;
mod stream;
pub mod usage;
pub mod user;

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use self::{journal::Journal, local::Local, mix::Mix, user::User};

/// How long the processes are watched while nobody works. One that holds a stream reads its messages as often as while there are
/// any for half a minute from the first stream on.
pub const IDLE: Duration = Duration::from_secs(25);

/// The part of a core that all processes take while nobody works; if users hold streams, with one on each process.
pub async fn idle(local: &Local, users: &[User], mix: &Mix, processes: usize) -> Result<f64, String> {
    let mut streams = Vec::new();
    for user in users.iter().take(if mix.streams > 0 { processes } else { 0 }) {
        streams.push(user.idle_stream().await?);
    }
    local.usage();
    sleep(IDLE).await;
    Ok(local.usage().processor / IDLE.as_secs_f64())
}

/// All users work at once. Returns when the last has finished.
pub async fn work(users: Vec<User>, mix: &Mix, journal: &Journal) {
    let start = Instant::now();
    join_all(users.into_iter().enumerate().map(|(number, user)| user.work(number, mix, start, journal))).await;
}
