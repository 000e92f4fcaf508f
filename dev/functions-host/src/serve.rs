//! Parts that the host and the gateway in front of it share: connections, each with request after request.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::net::{TcpListener, TcpStream};
use tokio::{io::AsyncWriteExt as _, task::JoinSet, time::sleep};

use crate::request::{NoRequest, Request};
use crate::{answer, connection::Connection, forward::End};

/// Answers requests.
pub(crate) trait Serve: Send + Sync + 'static {
    /// Answers one, and says what becomes of its connection.
    fn answer(&self, client: &mut Connection, request: Request, caller: SocketAddr)
    -> impl Future<Output = End> + Send;
}

/// Connections end with this future.
pub(crate) async fn accept(listener: TcpListener, server: Arc<impl Serve>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let server = Arc::clone(&server);
                    // A connection that fails concerns nobody but its client.
                    connections.spawn(async move { drop(serve(stream, server.as_ref()).await) });
                }
                // Out of file descriptors, for instance: connections that end give some back.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection until either side ends it.
async fn serve(stream: TcpStream, server: &impl Serve) -> io::Result<()> {
    let caller = stream.peer_addr()?;
    let mut client = Connection::new(stream)?;
    loop {
        let end = match Request::read(&mut client.reader).await {
            Ok(request) => server.answer(&mut client, request, caller).await,
            Err(NoRequest::Refused(status)) => {
                client.writer.write_all(&answer::empty(status, true)).await?;
                End::Close
            }
            Err(NoRequest::Gone) => End::Gone,
        };
        match end {
            End::KeepAlive => {}
            End::Close => {
                client.close().await;
                return Ok(());
            }
            End::Reset => {
                client.reset();
                return Ok(());
            }
            End::Gone => return Ok(()),
        }
    }
}
