//! What the host does with a client's connection: request after request, each to its answer.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::StatusCode;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::activity::Activity;
use crate::answer;
use crate::body::Framing;
use crate::connection::Connection;
use crate::forward::{self, End, Exchange};
use crate::handler::Handler;
use crate::headers;
use crate::host::Limits;
use crate::request::{NoRequest, Request};
use crate::routes::Routes;
use crate::upload::Upload;

pub(crate) struct Proxy {
    pub(crate) routes: Routes,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) limits: Limits,
    /// How many requests have been given to handlers.
    pub(crate) turn: AtomicUsize,
}

impl Proxy {
    /// Serves one connection until either side ends it.
    pub(crate) async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let caller = stream.peer_addr()?.ip();
        let mut client = Connection::new(stream)?;
        loop {
            let end = match Request::read(&mut client.reader).await {
                Ok(mut request) => {
                    request.close |= self.is_too_long(&request);
                    self.answer(&mut client, &request, caller).await
                }
                Err(NoRequest::Refused(status)) => {
                    client.writer.write_all(&answer::empty(status, true)).await?;
                    End::Close
                }
                Err(NoRequest::Gone) => End::Gone,
            };
            match end {
                End::KeepAlive => {}
                End::Close => {
                    return {
                        client.close().await;
                        Ok(())
                    };
                }
                End::Reset => {
                    return {
                        client.reset();
                        Ok(())
                    };
                }
                End::Gone => return Ok(()),
            }
        }
    }

    async fn answer(&self, client: &mut Connection, request: &Request, caller: IpAddr) -> End {
        match self.choose_handler(request).await {
            Ok(handler) => self.exchange(request, handler, caller).run(client).await,
            Err(own) => {
                let mut upload = Upload::new(&mut client.reader, request.body, self.limits.longest_body);
                forward::answer(&mut client.writer, own, &mut upload, request).await
            }
        }
    }

    /// The handler for a request, or the host's own answer.
    async fn choose_handler(&self, request: &Request) -> Result<&Handler, Bytes> {
        if request.line.path == "/" {
            return Err(answer::home_page(request.close));
        }
        let refuse = |status| Err(answer::empty(status, request.close));
        if !self.routes.matches(&request.line.path) {
            return refuse(StatusCode::NOT_FOUND);
        }
        // The proxy knows no CONNECT, and finds no address in a request of HTTP/1.0, which has no Host.
        if request.line.method == "CONNECT" || request.line.http_1_0 || self.is_too_long(request) {
            return refuse(StatusCode::INTERNAL_SERVER_ERROR);
        }
        self.next_handler().await.map_or_else(|| refuse(StatusCode::SERVICE_UNAVAILABLE), Ok)
    }

    fn is_too_long(&self, request: &Request) -> bool {
        matches!(request.body, Framing::Length(length) if length > self.limits.longest_body)
    }

    /// The handlers take turns. One that is being started again is waited for, as the real host does.
    async fn next_handler(&self) -> Option<&Handler> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let handler = self.handlers.get(turn.checked_rem(self.handlers.len())?)?;
        handler.is_ready().await.then_some(handler)
    }

    fn exchange<'a>(&self, request: &'a Request, handler: &'a Handler, caller: IpAddr) -> Exchange<'a> {
        let upstream = &handler.upstream;
        Exchange {
            request,
            head: headers::for_handler(request, upstream.address, caller, self.limits.front_end),
            upstream,
            activity: Activity::new(self.limits.activity_timeout),
            longest_body: self.limits.longest_body,
        }
    }
}
