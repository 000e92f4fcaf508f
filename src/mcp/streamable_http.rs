//! Streamable HTTP without sessions: no POST depends on another, so any instance can answer it.

use authorization_server::resource::authenticate::Principal;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::Full;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use tokio_util::sync::CancellationToken;

use super::{
    admission::{AdmissionError, Admitted, admit_version_2},
    json_rpc::{Body, bad_request},
    outline::InvalidMessage,
    server::McpServer,
};
use crate::budget::Kept;

/// An authenticated POST.
pub struct Call {
    /// The path, as it was sent.
    pub path: String,
    /// rmcp reads `Accept`, `MCP-Protocol-Version`, `Mcp-Method` and others.
    pub headers: HeaderMap,
    /// The JSON-RPC message.
    pub body: Kept,
    /// The principal of the access token that the POST presented.
    pub principal: Principal,
}

/// The `/mcp` endpoint.
pub struct StreamableHttp {
    server: McpServer,
    service: StreamableHttpService<McpServer, NeverSessionManager>,
}

/// Why a POST is not answered by MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The message would take more memory than one message may.
    TooLarge,
    /// The messages of others take so much memory that this one must wait.
    Exhausted,
}

impl StreamableHttp {
    /// Serves until `stop` is cancelled.
    pub(super) fn new(server: McpServer, stop: CancellationToken) -> Self {
        // Host and Origin have been checked already, as for every endpoint.
        let mut config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .disable_allowed_hosts()
            .disable_allowed_origins();
        config.cancellation_token = stop;
        let of_each_call = server.clone();
        let sessions = NeverSessionManager::default().into();
        Self { server, service: StreamableHttpService::new(move || Ok(of_each_call.clone()), sessions, config) }
    }

    /// Answers one message as its principal.
    pub async fn call(&self, call: Call) -> Result<Response<Body>, CallError> {
        let Admitted { text, permit } = match admit_version_2(&self.server, call.body) {
            Ok(admitted) => admitted,
            Err(AdmissionError::Invalid(invalid)) => return Ok(bad_request(invalid)),
            Err(AdmissionError::TooLarge) => return Err(CallError::TooLarge),
            Err(AdmissionError::Exhausted) => return Err(CallError::Exhausted),
        };
        let mut request = Request::new(Full::new(Bytes::from(text)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = call.path.parse().unwrap_or_default();
        *request.headers_mut() = call.headers;
        request.extensions_mut().insert(call.principal);
        let json = request.headers().get(http::header::CONTENT_TYPE).is_some_and(is_json);
        let response = self.service.handle(request).await;
        drop(permit);
        // rmcp also answers 415 to JSON that is no MCP message.
        if json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            return Ok(bad_request(InvalidMessage::InvalidRequest));
        }
        Ok(response)
    }
}

fn is_json(value: &http::HeaderValue) -> bool {
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_recognised_by_its_essence() {
        for value in ["application/json", "Application/JSON", "application/json; charset=utf-8", " application/json ;x"]
        {
            assert!(is_json(&value.parse().unwrap()), "{value}");
        }
        for value in ["", "text/json", "application/jsonp", "application/json-seq", "text/plain; application/json"] {
            assert!(!is_json(&value.parse().unwrap()), "{value}");
        }
        assert!(!is_json(&http::HeaderValue::from_bytes(b"application/json\xff").unwrap()));
    }
}
