//! Streamable HTTP without sessions: no POST depends on another, so any instance can answer it.
//!
//! A request of 2026-07-28 ends when its client disconnects. Before that revision a disconnect ends nothing; a
//! `notifications/cancelled` does, if it reaches the process that serves the request.

mod accept;
mod batch;
mod direct;
mod event_memory;
mod exchange;
mod headers;
mod list_texts;
mod outliving;
mod parameters;
mod requests;
mod unserved;

use std::sync::Arc;

use authorization_server::{ground::AuditLog, resource::authenticate::Principal};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Either, ready},
};
use http::{HeaderMap, Response};
use rmcp::model::RequestId;
use tokio_util::sync::CancellationToken;

pub use self::unserved::CallError;
use self::{outliving::Outliving, requests::Requests, unserved::Unserved};
use super::{
    admission::{AdmittedMessage, UncheckedMessage, admit},
    batch::is_batch,
    json_rpc::{Refusal, ResponseBody, accepted},
    outline::Kind,
    service::Server,
};
use crate::kept::Kept;

/// `None` if the request was cancelled.
type Served = Result<Option<Response<ResponseBody>>, Unserved>;
type Serving = Either<Outliving<Served>, BoxFuture<'static, Served>>;

/// An authenticated POST.
pub struct Call {
    /// `Accept`, `Content-Type`, `MCP-Protocol-Version`, `Mcp-Method`, `Mcp-Name` and `Mcp-Param-*` are read.
    pub headers: HeaderMap,
    /// A JSON-RPC message, or a batch of them.
    pub body: Kept,
    /// The principal of the access token that the POST presented.
    pub principal: Principal,
}

/// The `/mcp` endpoint.
pub struct StreamableHttp {
    requests: Requests,
}

impl StreamableHttp {
    /// Serves until `stop` is cancelled.
    pub(super) fn new(server: Server, audit: Arc<dyn AuditLog>, stop: CancellationToken) -> Self {
        Self { requests: Requests::new(server, audit, stop) }
    }

    /// Answers a POST as its principal.
    pub async fn call(&self, call: Call) -> Result<Response<ResponseBody>, CallError> {
        let Call { headers, body, principal } = call;
        let holder = principal.holder();
        let (id, answered) = if is_batch(&body) {
            // In a box, because few posts are batches.
            (None, Box::pin(batch::answer(&self.requests, &headers, body, &principal)).await)
        } else {
            let (id, begun) = self.begin(headers, body, principal);
            let answered = match begun {
                Ok(serving) => serving.await.and_then(|response| self.or_cancelled(response)),
                Err(unserved) => Err(unserved),
            };
            (id, answered)
        };
        match answered {
            Ok(response) => Ok(response),
            Err(Unserved::Refused(refusal)) => {
                self.requests.report(holder).refused(&refusal.error);
                Ok(refusal.answer(id))
            }
            Err(Unserved::Failed(error)) => Err(error),
        }
    }

    /// Without a response the request was cancelled. MCP wants no answer then, unless it was this server that stopped.
    fn or_cancelled(&self, response: Option<Response<ResponseBody>>) -> Result<Response<ResponseBody>, Unserved> {
        match response {
            Some(response) => Ok(response),
            None if self.requests.is_stopping() => Err(CallError::Stopping.into()),
            None => Ok(accepted()),
        }
    }

    /// Begins to serve a message. An async function would have room for all this as long as it waits for the answer.
    fn begin(
        &self,
        headers: HeaderMap,
        body: Kept,
        principal: Principal,
    ) -> (Option<RequestId>, Result<Serving, Unserved>) {
        let message = UncheckedMessage::read(body);
        (message.id(), self.admitted(headers, message, principal))
    }

    fn admitted(
        &self,
        headers: HeaderMap,
        message: UncheckedMessage,
        principal: Principal,
    ) -> Result<Serving, Unserved> {
        headers::check_content(&headers)?;
        let AdmittedMessage { text, kind, envelope, permit } = admit(&self.requests.server, message)?;
        match (kind, envelope.id.clone()) {
            (Kind::Request, Some(id)) => {
                let revision = headers::revision_of_request(&headers, &envelope, &self.requests.capabilities)?;
                let outlives_its_client = revision.has_initialize();
                // The checks may ask Entra. A cancellation or a disconnect meanwhile is one of the request.
                let request = self.requests.add(text, envelope, id, principal, revision);
                let served = self.requests.clone().serve(request, headers, permit).boxed();
                Ok(if outlives_its_client { Outliving::new(served).left_future() } else { served.right_future() })
            }
            (Kind::Notification, _) => {
                headers::revision(&headers)?;
                self.requests.notified(&principal, &envelope);
                Ok(ready(Ok(Some(accepted()))).boxed().right_future())
            }
            _ => Err(Refusal::unexpected_response().into()),
        }
    }
}
