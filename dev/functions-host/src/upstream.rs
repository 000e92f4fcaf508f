//! Connections to one handler. They are kept open and used again, as the proxy's HTTP client does.

use std::{io, net::SocketAddr, sync::Mutex};

use stand_in::lock;
use tokio::net::TcpStream;

use crate::connection::Connection;

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    idle: Mutex<Vec<Connection>>,
}

impl Upstream {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    pub(crate) async fn connect(&self) -> io::Result<Connection> {
        match self.pop_idle() {
            Some(connection) => Ok(connection),
            None => Connection::new(TcpStream::connect(self.address).await?),
        }
    }

    /// Keeps a connection whose exchange is complete.
    pub(crate) fn keep(&self, connection: Connection) {
        lock(&self.idle).push(connection);
    }

    fn pop_idle(&self) -> Option<Connection> {
        let mut idle = lock(&self.idle);
        idle.retain(Connection::is_idle);
        idle.pop()
    }
}
