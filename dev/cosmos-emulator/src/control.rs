//! The fault API over HTTP, for tests in another process, on a port of its own. Every request carries `Authorization:
//! Bearer` with the control token of the ready line, so that no page in a browser can use it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use serde_json::json;
use tokio::sync::watch;

use crate::{faults::Fault, front::Front, server::Gate};

const LONGEST_BODY: usize = 64 << 10;

/// What may be done to the emulator.
pub(crate) struct Control {
    pub(crate) token: String,
    pub(crate) front: Arc<Front>,
    pub(crate) gate: watch::Sender<Gate>,
}

impl Control {
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Bytes> {
        if !self.is_authorized(request.headers()) {
            return error(StatusCode::UNAUTHORIZED, "the control token is missing or wrong");
        }
        let (parts, body) = request.into_parts();
        match Limited::new(body, LONGEST_BODY).collect().await {
            Ok(body) => self.route(&parts.method, parts.uri.path(), &body.to_bytes()).await,
            Err(_) => error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long"),
        }
    }

    fn is_authorized(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).map(http::HeaderValue::as_bytes).unwrap_or_default();
        let expected = format!("Bearer {}", self.token);
        aws_lc_rs::constant_time::verify_slices_are_equal(given, expected.as_bytes()).is_ok()
    }

    async fn route(&self, method: &Method, path: &str, body: &[u8]) -> Response<Bytes> {
        let front = &self.front;
        match (method, path) {
            (&Method::POST, "/_control/faults") => return self.inject(body),
            (&Method::GET, "/_control/operations") => return respond(&front.recorded.operations()),
            (&Method::GET, "/_control/metadata") => return respond(&front.recorded.metadata_requests()),
            (&Method::GET, "/_control/items") => return respond(&front.store.dump_all().await),
            (&Method::DELETE, "/_control/faults") => front.faults.clear(),
            (&Method::DELETE, "/_control/operations") => front.recorded.clear(),
            (&Method::POST, "/_control/down") => self.set(Gate::Down),
            (&Method::POST, "/_control/up") => self.set(Gate::Open),
            _ => return error(StatusCode::NOT_FOUND, "there is no such control"),
        }
        done()
    }

    fn inject(&self, body: &[u8]) -> Response<Bytes> {
        match serde_json::from_slice::<Fault>(body) {
            Ok(fault) => {
                self.front.faults.inject(fault);
                done()
            }
            Err(reason) => error(StatusCode::BAD_REQUEST, &reason.to_string()),
        }
    }

    /// Lets everybody in, or nobody. What is stopped stays so.
    pub(crate) fn set(&self, gate: Gate) {
        self.gate.send_if_modified(|now| {
            let changes = *now != gate && *now != Gate::Stopped;
            if changes {
                *now = gate;
            }
            changes
        });
    }
}

fn done() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn respond(value: &impl Serialize) -> Response<Bytes> {
    match serde_json::to_vec(value) {
        Ok(body) => Response::new(Bytes::from(body)),
        Err(reason) => error(StatusCode::INTERNAL_SERVER_ERROR, &reason.to_string()),
    }
}

fn error(status: StatusCode, message: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json!({ "error": message }).to_string()));
    *response.status_mut() = status;
    response
}
