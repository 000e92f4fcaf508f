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

use futures_util::future::join_all;
use tokio::time::Instant;

use self::{journal::Journal, mix::Mix, user::User};

/// All users work at once. Returns when the last has finished.
pub async fn work(users: Vec<User>, mix: &Mix, journal: &Journal) {
    let start = Instant::now();
    join_all(users.into_iter().enumerate().map(|(number, user)| user.work(number, mix, start, journal))).await;
}
