//! The ports to the machine: the time, randomness, the audit log, the internet, and the intervals of key rotation.

use std::{sync::Arc, time::Duration};

use authorization_server::{
    client_documents::ClientDocuments,
    ground::{AuditLog, Clock, Entropy},
};
use reqwest::redirect::Policy;
use time::OffsetDateTime;

use crate::vault::Rotation;

/// How long a request to Entra or to an API may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Connections to one host that are kept for later requests. reqwest would keep all that a burst of calls has opened.
const IDLE_CONNECTIONS: usize = 64;
/// How long they are kept: 36 kB each. They are looked for as often, so each is closed within twice the time.
const IDLE_TIME: Duration = Duration::from_secs(25);

/// The ports to the machine. Tests use others.
#[derive(Clone)]
pub struct Platform {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// The documents that clients publish on the internet.
    pub documents: Arc<dyn ClientDocuments>,
    /// When data keys are made and retired.
    pub rotation: Rotation,
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one clock that is real")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// The operating system's generator, by way of aws-lc.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one generator that is real")]
    fn fill(&self, buffer: &mut [u8]) {
        if aws_lc_rs::rand::fill(buffer).is_err() {
            // Without randomness nothing that follows would be safe, and nothing would say so.
            std::process::abort();
        }
    }
}

/// For Entra and the APIs: a redirect is an answer like any other.
pub(crate) fn http_client() -> reqwest::Result<reqwest::Client> {
    let client = reqwest::Client::builder().timeout(REQUEST_TIMEOUT).connect_timeout(CONNECT_TIMEOUT);
    client.redirect(Policy::none()).pool_max_idle_per_host(IDLE_CONNECTIONS).pool_idle_timeout(IDLE_TIME).build()
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        sync::{Barrier, mpsc},
        time::Instant,
    };

    use super::*;

    #[test]
    fn randomness_fills_the_whole_buffer_and_is_never_the_same() {
        let random = || {
            let mut buffer = [0; 64];
            SystemEntropy.fill(&mut buffer);
            buffer
        };
        let (one, other) = (random(), random());
        assert_ne!(one, other);
        for half in one.chunks(32) {
            assert!(half.iter().any(|byte| *byte != 0), "{one:?}");
        }
    }

    #[test]
    fn the_clock_tells_utc_and_goes_on() {
        let (first, second) = (SystemClock.now(), SystemClock.now());
        assert!(first.offset().is_utc() && first <= second);
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answering = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            assert!(connection.read(&mut [0; 4096]).await.unwrap() > 0);
            let redirect = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
            connection.write_all(redirect).await.unwrap();
        };
        let client = http_client().unwrap();
        let (answer, ()) = tokio::join!(client.get(&url).send(), answering);
        assert_eq!(answer.unwrap().status(), 302);
    }

    const REQUESTS: usize = 100;

    /// Answers requests once all of them have come, and tells of each connection that is closed.
    async fn answering(listener: TcpListener, closed: mpsc::UnboundedSender<()>) {
        let all = Arc::new(Barrier::new(REQUESTS));
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let (all, closed) = (Arc::clone(&all), closed.clone());
            tokio::spawn(async move {
                assert!(connection.read(&mut [0; 4096]).await.unwrap() > 0);
                all.wait().await;
                connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
                while connection.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
                let _ = closed.send(());
            });
        }
    }

    #[tokio::test]
    async fn most_connections_that_a_burst_has_opened_are_closed_at_once_and_the_others_within_a_minute() {
        let (listener, (sender, mut closed)) =
            (TcpListener::bind("127.0.0.1:0").await.unwrap(), mpsc::unbounded_channel());
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(answering(listener, sender));
        let client = http_client().unwrap();
        for answer in join_all((0..REQUESTS).map(|_| client.get(&url).send())).await {
            assert_eq!(answer.unwrap().status(), 204);
        }
        for _ in IDLE_CONNECTIONS..REQUESTS {
            closed.recv().await.unwrap();
        }
        assert!(closed.try_recv().is_err(), "as many are kept as may be");
        tokio::time::pause();
        let idle_since = Instant::now();
        for _ in 0..IDLE_CONNECTIONS {
            closed.recv().await.unwrap();
        }
        assert!(idle_since.elapsed() < Duration::from_mins(1), "{:?}", idle_since.elapsed());
    }
}
