//! Every request passes here: it is recorded, and answered wrongly if a test asked for that.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::{http::request::Parts, middleware::Next};
use serde_json::Value;
use stand_in::{Cut, cut};

use super::{Endpoint, Fault, control};
use crate::aadsts::{Correlation, MFA_ENROLLMENT, THROTTLED};
use crate::{
    aadsts, console::kept::Told, graph, identity_endpoint, orders, recorded::Recorded, registration::GRAPH_URI,
    sts::Sts, token, vault,
};

/// No honest request is longer.
const LONGEST_BODY: usize = 1 << 20;

/// Around all routes but those of [`control`], and around the vault.
pub(crate) async fn intercept(State(sts): State<Arc<Sts>>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(control::PREFIX) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let recorded = Recorded::of(&parts, &body);
    let told = Told::of(&sts, &parts.headers, &body, &recorded);
    let fault = endpoint(&parts.method, &recorded).and_then(|endpoint| Some((endpoint, sts.faults.take(endpoint)?)));
    sts.requests.push(recorded);
    let answer = match fault {
        None => next.run(join(parts, body)).await,
        Some((endpoint, fault)) => Faulty { sts: &sts, endpoint, parts, body, next }.answer(fault).await,
    };
    told.answered(&sts, answer).await
}

fn join(parts: Parts, body: Bytes) -> Request {
    Request::from_parts(parts, Body::from(body))
}

fn endpoint(method: &Method, request: &Recorded) -> Option<Endpoint> {
    let path = request.path.as_str();
    match *method {
        Method::POST if path.ends_with("/oauth2/v2.0/token") => match request.form_value("grant_type")? {
            "authorization_code" => Some(Endpoint::AuthorizationCode),
            "refresh_token" => Some(Endpoint::RefreshToken),
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => Some(Endpoint::OnBehalfOf),
            _ => None,
        },
        Method::GET if path.ends_with("/discovery/v2.0/keys") => Some(Endpoint::Keys),
        Method::GET if path == "/msi/token" => Some(Endpoint::Identity),
        Method::GET if path == "/v1.0/me" => Some(Endpoint::GraphMe),
        Method::GET if path == "/contoso/orders" => Some(Endpoint::Orders),
        _ if path.starts_with("/v1.0/") || path.starts_with("/beta/") => Some(Endpoint::Graph),
        _ if path.ends_with("/authorize") || path.ends_with("/login") => Some(Endpoint::Entra),
        _ if path.ends_with("/openid-configuration") => Some(Endpoint::Entra),
        Method::POST if path.ends_with("/wrapkey") => Some(Endpoint::KeyWrap),
        Method::POST if path.ends_with("/unwrapkey") => Some(Endpoint::KeyUnwrap),
        Method::GET if path.starts_with("/keys/") && !path.ends_with("/versions") => Some(Endpoint::KeyGet),
        _ => None,
    }
}

/// A request that something befalls.
struct Faulty<'a> {
    sts: &'a Sts,
    endpoint: Endpoint,
    parts: Parts,
    body: Bytes,
    next: Next,
}

impl Faulty<'_> {
    async fn answer(self, fault: Fault) -> Response {
        match fault {
            Fault::Status { status, body } => raw(status, body),
            Fault::Aadsts { number, suberror, claims } => self.refuse(number, suberror, claims),
            Fault::Claims { claims } => self.demand(claims),
            Fault::Throttled { retry_after } => self.throttle(retry_after),
            Fault::Slow { milliseconds } => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                self.next.run(join(self.parts, self.body)).await
            }
            Fault::Held => {
                self.sts.faults.held.hold().await;
                self.next.run(join(self.parts, self.body)).await
            }
            Fault::Dropped => cut(),
            Fault::AnswerLost => closed(self.next.run(join(self.parts, self.body)).await),
        }
    }

    fn correlation(&self) -> Correlation {
        Correlation::of(&self.parts.headers, self.sts.clock.now())
    }

    fn refuse(&self, number: u32, suberror: Option<String>, claims: Option<String>) -> Response {
        let Some(entry) = aadsts::by_number(number) else { return StatusCode::NOT_IMPLEMENTED.into_response() };
        if let Some(claims) = &claims {
            self.sts.faults.demand(claims);
        }
        let mut refusal = entry.with(&["local tenant"; 3]);
        refusal.suberror = suberror.or(refusal.suberror);
        refusal.claims = claims;
        token::uncached(refusal.json(&self.correlation()))
    }

    fn demand(&self, claims: String) -> Response {
        self.sts.faults.demand(&claims);
        if self.endpoint.is_graph() {
            return graph::demand_claims(self.sts, &self.parts.headers, &claims);
        }
        if self.endpoint == Endpoint::Orders {
            return orders::demand_claims(&claims);
        }
        let mut refusal = MFA_ENROLLMENT.with(&[GRAPH_URI]);
        refusal.claims = Some(claims);
        token::uncached(refusal.json(&self.correlation()))
    }

    fn throttle(&self, retry_after: Option<u32>) -> Response {
        let mut response = match self.endpoint {
            Endpoint::Graph | Endpoint::GraphMe => graph::throttle(self.sts, &self.parts.headers),
            Endpoint::Identity => identity_endpoint::throttle(),
            Endpoint::KeyGet | Endpoint::KeyWrap | Endpoint::KeyUnwrap => vault::refusal::throttle(),
            _ => THROTTLED.with(&[]).json(&self.correlation()),
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn raw(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match serde_json::from_str::<Value>(&body) {
        Ok(_) => (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response(),
        Err(_) => (status, Html(body)).into_response(),
    }
}

fn closed(mut response: Response) -> Response {
    response.extensions_mut().insert(Cut);
    response
}
