//! Streamable HTTP, stateless: every POST stands alone, so any instance can answer it.

use std::convert::Infallible;

use authorization_server::resource::authenticate::Principal;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{Full, combinators::BoxBody};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use tokio_util::sync::CancellationToken;

use super::{json_rpc::Fault, server::McpServer};

/// The body of an answer: JSON, or a stream that ends with the result.
pub(super) type Body = BoxBody<Bytes, Infallible>;

/// An authenticated POST.
pub struct Call {
    /// As it was sent.
    pub path: String,
    /// `Accept`, `MCP-Protocol-Version`, `Mcp-Method` and the like decide here.
    pub headers: HeaderMap,
    /// The JSON-RPC message.
    pub body: Bytes,
    /// Who calls.
    pub principal: Principal,
}

/// The `/mcp` endpoint.
pub struct StreamableHttp(StreamableHttpService<McpServer, NeverSessionManager>);

impl StreamableHttp {
    /// Serves until `stop` is cancelled.
    pub(super) fn new(server: McpServer, stop: CancellationToken) -> Self {
        // Host and Origin have been judged for all endpoints alike by the time a request comes here.
        let mut config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .disable_allowed_hosts()
            .disable_allowed_origins();
        config.cancellation_token = stop;
        Self(StreamableHttpService::new(move || Ok(server.clone()), NeverSessionManager::default().into(), config))
    }

    /// Answers one message as its principal.
    pub async fn call(&self, call: Call) -> Response<Body> {
        if let Some(fault) = Fault::of(&call.body) {
            return fault.response();
        }
        let mut request = Request::new(Full::new(call.body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = call.path.parse().unwrap_or_default();
        *request.headers_mut() = call.headers;
        request.extensions_mut().insert(call.principal);
        let json = request.headers().get(http::header::CONTENT_TYPE).is_some_and(is_json);
        let response = self.0.handle(request).await;
        // rmcp says 415 to JSON that is no MCP message, too.
        if json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            return Fault::InvalidRequest.response();
        }
        response
    }
}

fn is_json(value: &http::HeaderValue) -> bool {
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
