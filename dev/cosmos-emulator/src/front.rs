//! From a request to its answer: who, what, what strikes it, and the store.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde_json::Value;
use tokio::{sync::oneshot, time::sleep};

use crate::{
    answer,
    auth::Authenticator,
    faults::{Effect, Faults, Scope, Struck},
    recorded::{MetadataRequest, Operation, Recorded},
    requests::{DataRequest, Kind, Verb, kind, segments},
    store::{Stale, Store},
};

/// Twice the largest item.
const LONGEST_BODY: usize = 4 << 20;

/// What becomes of a request.
pub(crate) enum Outcome {
    /// It is answered.
    Answer(Response<Bytes>),
    /// Its connection is closed.
    Cut,
}

/// Everything behind the socket.
pub(crate) struct Front {
    pub(crate) authenticator: Authenticator,
    pub(crate) database: String,
    pub(crate) faults: Faults,
    pub(crate) recorded: Recorded,
    pub(crate) store: Store,
}

impl Front {
    /// Answers a request that came to the listener at this origin.
    pub(crate) async fn answer(self: &Arc<Self>, request: Request<Incoming>, origin: &str) -> Outcome {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, LONGEST_BODY).collect().await else {
            return Outcome::Answer(too_large());
        };
        let request = Request::from_parts(parts, body.to_bytes());
        if let Err(refusal) = self.authenticator.check(request.headers()).await {
            return self.refuse(&request, *refusal);
        }
        let segments = segments(request.uri().path());
        let kind = kind(request.method(), &segments, request.headers());
        if let Some(refusal) = self.refusal(&kind, &segments, &request) {
            return self.refuse(&request, refusal);
        }
        match kind {
            Kind::Data(verb) => self.data(verb, &segments, request).await,
            _ => self.metadata(&request, &segments, origin).await,
        }
    }

    fn refusal(&self, kind: &Kind, segments: &[String], request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let (method, path) = (request.method(), request.uri().path());
        match kind {
            Kind::ControlPlane => Some(answer::not_for_entra_tokens(method, path)),
            Kind::NotImplemented => Some(answer::not_implemented(&format!("{method} {path}"))),
            // The role is assigned at the database.
            _ if segments.get(1).is_some_and(|database| *database != self.database) => {
                Some(answer::no_role(self.authenticator.principal_id(), path))
            }
            Kind::Metadata | Kind::Data(_) => None,
        }
    }

    fn refuse(&self, request: &Request<Bytes>, refusal: Response<Bytes>) -> Outcome {
        self.record_metadata(request, refusal.status());
        Outcome::Answer(refusal)
    }

    fn record_metadata(&self, request: &Request<Bytes>, status: StatusCode) {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        self.recorded.metadata(MetadataRequest { method, path, status: status.as_u16() });
    }

    async fn metadata(&self, request: &Request<Bytes>, segments: &[String], origin: &str) -> Outcome {
        let response = self.store.metadata(request).await;
        self.record_metadata(request, response.status());
        Outcome::Answer(if segments.is_empty() { advertise(response, origin) } else { response })
    }

    async fn data(self: &Arc<Self>, verb: Verb, segments: &[String], request: Request<Bytes>) -> Outcome {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let request = match DataRequest::parse(verb, segments, request) {
            Ok(request) => request,
            Err(refusal) => {
                self.recorded.metadata(MetadataRequest { method, path, status: refusal.status().as_u16() });
                return Outcome::Answer(*refusal);
            }
        };
        let has_previous = match request.key() {
            Some(key) => self.store.has_previous(&key).await,
            None => false,
        };
        let Struck { delay, effect } = self.faults.strike(&Scope { verb, container: &request.container, has_previous });
        let (stale, lost) = match effect {
            Some(Effect::Throttled { retry_after_ms }) => {
                sleep(delay).await;
                return self.answered(&request, answer::throttled(retry_after_ms));
            }
            Some(Effect::Unavailable) => {
                sleep(delay).await;
                return self.answered(&request, answer::unavailable());
            }
            Some(Effect::Dropped) => {
                sleep(delay).await;
                return self.cut(&request, None);
            }
            Some(Effect::AnswerLost) => (None, true),
            Some(Effect::StaleRead) => (Some(Stale::Previous), false),
            Some(Effect::StaleNotFound) => (Some(Stale::Absent), false),
            Some(Effect::Slow { .. }) | None => (None, false),
        };
        self.perform(request, stale, lost, delay).await
    }

    /// In a task of its own: the service does not stop because a client goes away. What is slow is the answer, so a write
    /// stands as soon as its client may have given up on it.
    async fn perform(
        self: &Arc<Self>,
        request: DataRequest,
        stale: Option<Stale>,
        lost: bool,
        delay: Duration,
    ) -> Outcome {
        let front = Arc::clone(self);
        let (mut tell, told) = oneshot::channel();
        tokio::spawn(async move {
            let response = front.store.perform(&request, stale).await;
            let gone = tokio::select! {
                () = tell.closed() => true,
                () = sleep(delay) => false,
            };
            let lost = lost || gone;
            let outcome =
                if lost { front.cut(&request, Some(response.status())) } else { front.answered(&request, response) };
            // Whoever went away is told nothing.
            let _ = tell.send(outcome);
        });
        told.await.unwrap_or(Outcome::Cut)
    }

    fn answered(&self, request: &DataRequest, response: Response<Bytes>) -> Outcome {
        self.recorded.operation(Operation::of(request, Some(response.status().as_u16()), true));
        Outcome::Answer(response)
    }

    fn cut(&self, request: &DataRequest, status: Option<StatusCode>) -> Outcome {
        self.recorded.operation(Operation::of(request, status.map(|status| status.as_u16()), false));
        Outcome::Cut
    }
}

fn too_large() -> Response<Bytes> {
    let message = "Request size is too large.";
    answer::error(StatusCode::PAYLOAD_TOO_LARGE, None, "RequestEntityTooLarge", message)
}

/// Account metadata names the listener that was asked, and no other.
fn advertise(response: Response<Bytes>, origin: &str) -> Response<Bytes> {
    let (parts, body) = response.into_parts();
    let Ok(mut account) = serde_json::from_slice::<Value>(&body) else { return Response::from_parts(parts, body) };
    for locations in ["readableLocations", "writableLocations"] {
        for location in account.get_mut(locations).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(endpoint) = location.get_mut("databaseAccountEndpoint") {
                *endpoint = Value::from(format!("{origin}/"));
            }
        }
    }
    Response::from_parts(parts, Bytes::from(account.to_string()))
}
