//! Waiting for another process, which tells nothing by itself: it is asked again and again, however long it takes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;

const INTERVAL: Duration = Duration::from_millis(20);

/// Asks until there is an answer.
pub async fn answer<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        sleep(INTERVAL).await;
    }
}

/// Returns when it holds.
pub async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    while !holds().await {
        sleep(INTERVAL).await;
    }
}

/// Returns when something listens at this address.
pub async fn until_listening(address: SocketAddr) {
    until(|| async { TcpStream::connect(address).await.is_ok() }).await;
}
