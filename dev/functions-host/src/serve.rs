//! Parts that the host and the gateway in front of it share: connections, each with request after request.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{io::AsyncWriteExt as _, net::TcpListener, net::TcpStream};

use crate::request::{NoRequest, Request};
use crate::{answer, connection::Connection, forward::End};

/// Answers requests.
pub(crate) trait Serve: Send + Sync + 'static {
    /// Answers one, and says what becomes of its connection.
    fn answer(&self, client: &mut Connection, request: Request, caller: SocketAddr)
    -> impl Future<Output = End> + Send;
}

/// Connections end with this future. One that fails concerns nobody but its client.
pub(crate) async fn accept(listener: TcpListener, server: Arc<impl Serve>) {
    let connection = |stream| {
        let server = Arc::clone(&server);
        async move { drop(serve(stream, server.as_ref()).await) }
    };
    stand_in::accept(listener, connection).await;
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
