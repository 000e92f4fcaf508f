//! Polls another process, which sends no event.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Only ends a hang. It is longer than anything that a test waits for.
pub const HANG_LIMIT: Duration = Duration::from_mins(5);
const INTERVAL: Duration = Duration::from_millis(20);

/// Asks until there is an answer.
///
/// # Panics
///
/// After five minutes, so that a hang ends.
#[expect(clippy::panic, reason = "for tests, and a program that cannot go on")]
pub async fn answer<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            sleep(INTERVAL).await;
        }
    };
    let answer = timeout(HANG_LIMIT, asking).await;
    answer.unwrap_or_else(|_| panic!("no answer within {} s", HANG_LIMIT.as_secs()))
}

/// Returns when it holds. It panics as [`answer`] does.
pub async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    answer(|| {
        let holds = holds();
        async { holds.await.then_some(()) }
    })
    .await;
}

/// Returns when something listens at this address.
pub async fn until_listening(address: SocketAddr) {
    until(|| async { TcpStream::connect(address).await.is_ok() }).await;
}
