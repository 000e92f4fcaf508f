//! From a request to its answer: authentication, faults, the store, and the log of operations.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use stand_in::{Recent, cut};
use tokio::{sync::oneshot, time::sleep};

use crate::faults::{Effect, Faults, Struck};
use crate::request::{DataRequest, Kind, kind, segments};
use crate::{Operation, Verb, answer, answer::Refusal, auth::Authenticator, store::Store};

/// Twice the largest item.
const LONGEST_BODY: usize = 4 << 20;

/// Everything behind the socket.
pub(crate) struct Front {
    pub(crate) authenticator: Authenticator,
    pub(crate) faults: Faults,
    pub(crate) operations: Recent<Operation, 200_000>,
    pub(crate) store: Store,
}

/// Every request.
pub(crate) async fn answer(State(front): State<Arc<Front>>, request: Request) -> Response {
    front.respond(request).await.unwrap_or_else(|refusal| refusal.map(Body::from))
}

impl Front {
    async fn respond(self: &Arc<Self>, request: Request) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, LONGEST_BODY).await.map_err(|_| too_large())?;
        self.authenticator.check(&parts.headers).await?;
        let segments = segments(parts.uri.path());
        match kind(&parts.method, &segments, &parts.headers) {
            None => Err(Box::new(answer::not_implemented(&format!("{} {}", parts.method, parts.uri.path())))),
            Some(Kind::Metadata) => {
                Ok(self.store.metadata(&http::Request::from_parts(parts, body)).await.map(Body::from))
            }
            Some(Kind::Data(verb)) => {
                let request = DataRequest::parse(verb, &segments, http::Request::from_parts(parts, body))?;
                Ok(self.data(verb, request).await)
            }
        }
    }

    async fn data(self: &Arc<Self>, verb: Verb, request: DataRequest) -> Response {
        let Struck { delay, effect } = self.faults.strike(verb);
        if let Some(Effect::Throttled { .. } | Effect::Dropped) = effect {
            sleep(delay).await;
        }
        match effect {
            Some(Effect::Throttled { retry_after_ms }) => self.answered(&request, answer::throttled(retry_after_ms)),
            Some(Effect::Dropped) => self.cut(&request, None),
            _ => {
                // In a task of its own: the service does not stop because a client goes away. Only the answer is slow, so
                // a write stands as soon as its client may have given up on it.
                let (front, lost) = (Arc::clone(self), effect == Some(Effect::AnswerLost));
                let (mut tell, told) = oneshot::channel();
                tokio::spawn(async move {
                    let response = front.store.perform(&request).await;
                    let gone = tokio::select! {
                        () = tell.closed() => true,
                        () = sleep(delay) => false,
                    };
                    let outcome = if lost || gone {
                        front.cut(&request, Some(response.status()))
                    } else {
                        front.answered(&request, response)
                    };
                    // A client that went away is not told.
                    let _ = tell.send(outcome);
                });
                told.await.unwrap_or_else(|_| cut())
            }
        }
    }

    fn answered(&self, request: &DataRequest, response: http::Response<Bytes>) -> Response {
        let charge = response.headers().get("x-ms-request-charge").and_then(|units| units.to_str().ok()?.parse().ok());
        let operation = request.operation(Some(response.status().as_u16()), true);
        self.operations.push(Operation { charge: charge.unwrap_or_default(), ..operation });
        response.map(Body::from)
    }

    fn cut(&self, request: &DataRequest, status: Option<StatusCode>) -> Response {
        self.operations.push(request.operation(status.map(|status| status.as_u16()), false));
        cut()
    }
}

fn too_large() -> Refusal {
    let message = "Request size is too large.";
    Box::new(answer::error(StatusCode::PAYLOAD_TOO_LARGE, None, "RequestEntityTooLarge", message))
}
