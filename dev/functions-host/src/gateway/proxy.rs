//! The way of a request through the gateway.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use tokio::time::Instant;

use super::{Gateway, answer, rates::Rates};
use crate::forward::{End, Exchange, Hop};
use crate::{
    activity::Activity, body::Framing, connection::Connection, forward, headers, headers::push, request::Request,
    routes::Routes, serve::Serve, upload::Upload, upstream::Upstream,
};

/// The operations of each route.
const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"];

/// Fields that the gateway writes itself, whatever the caller sent, and the last one, which it deletes: the Functions host
/// would take the request for a preflight and answer it itself.
const REPLACED: [&str; 5] =
    ["Host", "Content-Length", "X-Gateway-Authorization", "X-Gateway-Client-Address", "Access-Control-Request-Method"];

pub(crate) struct GatewayProxy {
    routes: Routes,
    limits: Rates,
    gateway: Gateway,
    host: Upstream,
}

impl GatewayProxy {
    pub(crate) fn new(gateway: Gateway, routes: Routes, host: SocketAddr) -> Self {
        Self { routes, limits: Rates::new(gateway.rates.clone()), gateway, host: Upstream::new(host) }
    }

    /// The head that the host gets, or the gateway's own answer.
    fn head(&self, request: &Request, caller: IpAddr) -> Result<String, Bytes> {
        let path = &request.line.path;
        if !METHODS.contains(&request.line.method.as_str()) || !self.routes.matches(path) {
            return Err(answer::not_found(request));
        }
        self.limits.take(path, caller, Instant::now()).map_err(|seconds| answer::too_many(request, seconds))?;
        let token = (self.gateway.token)().ok_or_else(|| answer::unavailable(request))?;
        Ok(for_host(request, self.host.address, caller, &token))
    }
}

impl Serve for GatewayProxy {
    async fn answer(&self, client: &mut Connection, request: Request, caller: SocketAddr) -> End {
        match self.head(&request, caller.ip()) {
            Ok(head) => {
                let (request, upstream) = (&request, &self.host);
                let activity = Activity::new(self.gateway.idle);
                let exchange = Exchange {
                    request,
                    head,
                    upstream,
                    activity,
                    longest_body: u64::MAX,
                    hop: Hop::Gateway,
                    mcp: None,
                };
                exchange.run(client).await
            }
            Err(own) => {
                let mut upload = Upload::new(&mut client.reader, request.body, u64::MAX);
                forward::answer(&mut client.writer, own, &mut upload, &request).await
            }
        }
    }
}

/// As `infra/policies/api.xml` says. (API Management adds an X-Forwarded-For, too; the front end overwrites it.)
fn for_host(request: &Request, host: SocketAddr, caller: IpAddr, token: &str) -> String {
    let caller = caller.to_string();
    let mut head = format!("{} {} HTTP/1.1\r\n", request.line.method, request.line.target);
    push(&mut head, "Host", &host.to_string());
    for field in headers::passed(&request.head).filter(|field| !headers::is_any(field, &REPLACED)) {
        push(&mut head, &field.name, &field.value);
    }
    push(&mut head, "X-Gateway-Authorization", &format!("Bearer {token}"));
    push(&mut head, "X-Gateway-Client-Address", &caller);
    match request.body {
        Framing::Chunked => push(&mut head, "Transfer-Encoding", "chunked"),
        Framing::Length(length) => push(&mut head, "Content-Length", &length.to_string()),
        Framing::None | Framing::UntilClose => {}
    }
    head + "\r\n"
}
