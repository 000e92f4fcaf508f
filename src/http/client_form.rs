//! The form that a client posts to /token or /revoke, how often it may, and the errors that both endpoints have.

use authorization_server::ground::{EventName, TooMany};
use http::{HeaderValue, StatusCode, header};
use oauth_protocol::{form::Form, token_request::TokenRequestError};
use secrecy::SecretString;

use super::{
    app::App,
    limits::RateLimit,
    reply::{Response, oauth_error, retry_after},
    request::{BodyError, Incoming},
    too_many::{ErrorFormat, Place, ReachedLimit},
};

const LIMIT_OF_ADDRESS: ReachedLimit = ReachedLimit::by_address(RateLimit::Token.name());

/// Why a body is not a request.
pub(super) enum FormRefusal {
    Body(BodyError),
    Request(TokenRequestError),
}

/// Reads the form of a request with a parser, which gets the Authorization header, too.
pub(super) fn read<T>(
    incoming: &Incoming,
    parse: impl FnOnce(&Form, Option<&str>) -> Result<T, TokenRequestError>,
) -> Result<T, FormRefusal> {
    let form = incoming.form_alone().map_err(FormRefusal::Body)?;
    parse(&form, incoming.header(header::AUTHORIZATION)).map_err(FormRefusal::Request)
}

/// Counts a request that shows this token, for its address. Beyond that limit, a token that nobody can have made up counts as
/// a call of its owner instead, so that junk from an address starves no client there. Returns the answer to all others.
pub(super) async fn over_limit(
    app: &App,
    endpoint: &'static str,
    incoming: &Incoming,
    token: Option<&SecretString>,
) -> Option<Response> {
    let too_many = app.limits.take(RateLimit::Token, incoming.from).err()?;
    let place = Place { endpoint, format: ErrorFormat::OAuth };
    let holder = match token {
        Some(token) => app.server.known_holder(token).await,
        None => None,
    };
    let Some(holder) = holder else { return Some(LIMIT_OF_ADDRESS.answer(app, place, too_many)) };
    let too_many = app.limits.take_call(holder).err()?;
    Some(ReachedLimit::by_owner("calls-per-minute", holder).answer(app, place, too_many))
}

/// The answer to a body that is not a request.
pub(super) fn malformed(app: &App, event: EventName, refusal: &FormRefusal) -> Response {
    let (status, code, text) = match refusal {
        FormRefusal::Body(error) => (StatusCode::BAD_REQUEST, "invalid_request", error.text()),
        FormRefusal::Request(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, error.code(), error.description())
        }
    };
    app.audit.report(&event.event().because(text));
    challenged(status, code, text)
}

/// 503, and no 429: not this client has asked too often.
pub(super) fn too_many_documents(TooMany { wait }: TooMany) -> Response {
    let text = "too many keys of applications were looked up; try again in a minute";
    retry_after(oauth_error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", text), wait)
}

/// Clients register again when they see it.
pub(super) fn unknown_client() -> Response {
    invalid_client("the client is not registered here")
}

/// RFC 6749 §5.2.
pub(super) fn invalid_client(why: &'static str) -> Response {
    challenged(StatusCode::UNAUTHORIZED, "invalid_client", why)
}

/// RFC 6749 §5.2: a 401 names the scheme that the client used, or might have used.
fn challenged(status: StatusCode, code: &'static str, text: &'static str) -> Response {
    let mut response = oauth_error(status, code, text);
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"token\""));
    }
    response
}
