//! A handler that records what it gets and answers every request in the same steps.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use crate::message::{Received, read_request};

#[derive(Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Until the client has got what was sent so far.
    AwaitClient,
    /// Until the host closes the connection.
    AwaitGone,
    Close,
}

/// Dropping it ends its connections.
pub(crate) struct Recorder {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _connections: JoinSet<()>,
}

struct Shared {
    steps: Vec<Step>,
    received: Mutex<Vec<Received>>,
    client_has_it: Semaphore,
    silent: Notify,
    gone: Notify,
}

impl Recorder {
    pub(crate) async fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (received, client_has_it) = (Mutex::default(), Semaphore::new(0));
        let (silent, gone) = (Notify::new(), Notify::new());
        let shared = Arc::new(Shared { steps, received, client_has_it, silent, gone });
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, _connections: connections }
    }

    /// Lets the handler go on from a [`Step::AwaitClient`].
    pub(crate) fn client_has_it(&self) {
        self.shared.client_has_it.add_permits(1);
    }

    /// Returns when a [`Step::AwaitGone`] has begun.
    pub(crate) async fn until_silent(&self) {
        self.shared.silent.notified().await;
    }

    /// Returns when a [`Step::AwaitGone`] has ended.
    pub(crate) async fn gone(&self) {
        self.shared.gone.notified().await;
    }

    pub(crate) fn take_received(&self) -> Vec<Received> {
        std::mem::take(&mut self.shared.received.lock().unwrap())
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(answer(stream, Arc::clone(&shared)));
    }
}

async fn answer(mut stream: TcpStream, shared: Arc<Shared>) {
    while let Ok(request) = read_request(&mut stream).await {
        shared.received.lock().unwrap().push(request);
        for step in shared.steps.clone() {
            match step {
                Step::Send(bytes) => stream.write_all(&bytes).await.unwrap(),
                Step::AwaitClient => shared.client_has_it.acquire().await.unwrap().forget(),
                Step::AwaitGone => {
                    shared.silent.notify_one();
                    let end = stream.read(&mut [0]).await;
                    assert!(matches!(end, Ok(0) | Err(_)), "the host sent something after the request");
                    shared.gone.notify_one();
                    return;
                }
                Step::Close => return,
            }
        }
    }
}
