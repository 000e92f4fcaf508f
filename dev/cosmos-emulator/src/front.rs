//! From a request to its answer: who, what, what strikes it, and the store.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde_json::Value;

use crate::{
    answer,
    auth::Authenticator,
    faults::{Effect, Faults, Scope},
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
        let struck = self.faults.strike(&Scope { verb, container: &request.container, has_previous });
        if !struck.delay.is_zero() {
            tokio::time::sleep(struck.delay).await;
        }
        match struck.effect {
            Some(Effect::Throttled { retry_after_ms }) => self.answered(&request, answer::throttled(retry_after_ms)),
            Some(Effect::Unavailable) => self.answered(&request, answer::unavailable()),
            Some(Effect::Dropped) => self.cut(&request, None),
            Some(Effect::AnswerLost) => self.perform(request, None, true).await,
            Some(Effect::StaleRead) => self.perform(request, Some(Stale::Previous), false).await,
            Some(Effect::StaleNotFound) => self.perform(request, Some(Stale::Absent), false).await,
            Some(Effect::Slow { .. }) | None => self.perform(request, None, false).await,
        }
    }

    /// In a task of its own: a client that goes away must not leave an operation half-done.
    async fn perform(self: &Arc<Self>, request: DataRequest, stale: Option<Stale>, lost: bool) -> Outcome {
        let front = Arc::clone(self);
        let performed = tokio::spawn(async move {
            let response = front.store.perform(&request, stale).await;
            if lost { front.cut(&request, Some(response.status())) } else { front.answered(&request, response) }
        });
        performed.await.unwrap_or(Outcome::Cut)
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
