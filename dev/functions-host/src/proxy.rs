//! The way of a request through the host: the host answers it itself, or a handler does.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use crate::forward::{End, Exchange, Hop};
use crate::{
    activity::Activity, answer, body::Framing, connection::Connection, forward, handler::Handler, headers,
    mcp_answers::McpAnswers, request::Request, routes::Routes, serve::Serve, upload::Upload,
};

/// The real host's limits, and where it runs. Only tests that replay recorded cases set others.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Limits {
    /// An exchange in which no byte moves for that long is cut.
    pub activity_timeout: Duration,
    /// Bytes in a request's body.
    pub longest_body: u64,
    /// Whether it runs on Flex Consumption: it then believes the front end's host and scheme, and answers CORS preflight
    /// requests itself.
    pub on_flex: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { activity_timeout: Duration::from_mins(4), longest_body: 104_857_600, on_flex: false }
    }
}

pub(crate) struct Proxy {
    pub(crate) routes: Routes,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) limits: Limits,
    /// How many requests have been given to handlers.
    pub(crate) turn: AtomicUsize,
    /// The path that the first handler has for itself.
    pub(crate) apart: Arc<OnceLock<String>>,
    pub(crate) answers: Arc<McpAnswers>,
}

impl Serve for Proxy {
    async fn answer(&self, client: &mut Connection, mut request: Request, caller: SocketAddr) -> End {
        request.close |= self.is_too_long(&request);
        match self.choose_handler(&request).await {
            Ok(handler) => self.exchange(&request, handler, caller.ip()).run(client).await,
            Err(own) => {
                let mut upload = Upload::new(&mut client.reader, request.body, self.limits.longest_body);
                forward::answer(&mut client.writer, own, &mut upload, &request).await
            }
        }
    }
}

impl Proxy {
    /// The handler for a request, or the host's own answer.
    async fn choose_handler(&self, request: &Request) -> Result<&Handler, Bytes> {
        if request.line.path == "/" {
            return Err(answer::home_page(request.close));
        }
        if self.limits.on_flex && request.is_preflight() {
            return Err(answer::no_content(request.close));
        }
        let refuse = |status| Err(answer::empty(status, request.close));
        if !self.routes.matches(&request.line.path) {
            return refuse(StatusCode::NOT_FOUND);
        }
        // The proxy knows no CONNECT, and finds no address in a request of HTTP/1.0, which has no Host.
        if request.line.method == "CONNECT" || request.line.http_1_0 || self.is_too_long(request) {
            return refuse(StatusCode::INTERNAL_SERVER_ERROR);
        }
        self.next_handler(&request.line.path).await.map_or_else(|| refuse(StatusCode::SERVICE_UNAVAILABLE), Ok)
    }

    fn is_too_long(&self, request: &Request) -> bool {
        matches!(request.body, Framing::Length(length) if length > self.limits.longest_body)
    }

    /// The handlers take turns. One that is being started again is waited for, as the real host does.
    async fn next_handler(&self, path: &str) -> Option<&Handler> {
        let candidates = match (self.apart.get(), self.handlers.as_slice()) {
            (Some(apart), [first, ..]) if apart == path => std::slice::from_ref(first),
            (Some(_), [_, others @ ..]) if !others.is_empty() => others,
            (_, all) => all,
        };
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let handler = candidates.get(turn.checked_rem(candidates.len())?)?;
        handler.is_ready().await.then_some(handler)
    }

    fn exchange<'a>(&self, request: &'a Request, handler: &'a Handler, caller: IpAddr) -> Exchange<'a> {
        let upstream = &handler.upstream;
        Exchange {
            request,
            head: headers::for_handler(request, upstream.address, caller, self.limits.on_flex),
            upstream,
            activity: Activity::new(self.limits.activity_timeout),
            longest_body: self.limits.longest_body,
            hop: Hop::Host,
            mcp: self.answers.exchange(request),
        }
    }
}
