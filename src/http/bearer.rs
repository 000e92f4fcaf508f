//! The bearer check of the protected resource (RFC 6750) and its challenge (RFC 9728 §5.1).

use authorization_server::{ground::Unavailable, resource::authenticate::Principal, state::scopes};
use http::{HeaderValue, StatusCode, header};
use oauth_protocol::bearer::{BearerError, BearerToken, Challenge};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    app::App,
    metadata::{Resource, document_url},
    reply::{Response, empty, temporarily_unavailable},
    request::Incoming,
};

/// Why a request is not authenticated.
#[derive(Debug, thiserror::Error)]
enum BearerRefusal {
    /// RFC 6750 §3.1: a challenge to a request without credentials has no error code.
    #[error("no access token")]
    Missing,
    /// Unknown, expired and revoked tokens get the same answer.
    #[error("the access token is not valid")]
    InvalidToken,
    /// Two Authorization headers, a token in the query, or bad syntax.
    #[error("malformed request: {0}")]
    Malformed(&'static str),
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<BearerError> for BearerRefusal {
    fn from(_: BearerError) -> Self {
        Self::Malformed("the Authorization header")
    }
}

/// The principal whose access token the request presents, or the challenge for this resource.
pub(super) async fn authenticate(app: &App, resource: Resource, incoming: &Incoming) -> Result<Principal, Response> {
    principal(app, incoming).await.map_err(|refusal| challenge(app, resource, &refusal))
}

async fn principal(app: &App, incoming: &Incoming) -> Result<Principal, BearerRefusal> {
    app.server.authenticate(token(incoming)?.expose_secret()).await?.ok_or(BearerRefusal::InvalidToken)
}

fn token(incoming: &Incoming) -> Result<SecretString, BearerRefusal> {
    let query = incoming.query().map_err(|_| BearerRefusal::Malformed("the query"))?;
    if query.first("access_token").is_some() {
        return Err(BearerRefusal::Malformed("an access token in the query"));
    }
    let values = incoming.headers.get_all(header::AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    BearerToken::from_headers(values)?.ok_or(BearerRefusal::Missing)
}

/// The challenge. It names the metadata document of the resource.
fn challenge(app: &App, resource: Resource, refusal: &BearerRefusal) -> Response {
    tracing::info!(%refusal, "request not authenticated");
    let (status, error) = match refusal {
        BearerRefusal::Missing => (StatusCode::UNAUTHORIZED, None),
        BearerRefusal::InvalidToken => (StatusCode::UNAUTHORIZED, Some("invalid_token")),
        BearerRefusal::Malformed(_) => (StatusCode::BAD_REQUEST, Some("invalid_request")),
        BearerRefusal::Unavailable(_) => return temporarily_unavailable(),
    };
    let scope = scopes::names().join(" ");
    let challenge = Challenge { error, resource_metadata: &document_url(app, resource), scope: &scope }.encode();
    let mut response = empty(status);
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
