//! The bearer check of the protected resource (RFC 6750) and its challenge (RFC 9728 §5.1).

use authorization_server::{ground::Unavailable, resource::authenticate::Principal, state::scopes};
use http::{HeaderValue, StatusCode, header};
use oauth_protocol::bearer::{BearerError, BearerToken, Challenge};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    app::App,
    metadata,
    reply::{Response, empty, temporarily_unavailable},
    request::Incoming,
};

/// Why a request gets a challenge instead of an answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum BearerRefusal {
    /// RFC 6750 §3.1: no error code without credentials.
    #[error("no access token")]
    Missing,
    /// Every bad token looks the same.
    #[error("the access token is not valid")]
    InvalidToken,
    /// Two Authorization headers, a token in the query, bad syntax.
    #[error("malformed: {0}")]
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

/// The access token that a request presents.
pub(super) fn token(incoming: &Incoming) -> Result<SecretString, BearerRefusal> {
    let query = incoming.query().map_err(|_| BearerRefusal::Malformed("the query"))?;
    if query.first("access_token").is_some() {
        return Err(BearerRefusal::Malformed("an access token in the query"));
    }
    let values = incoming.headers.get_all(header::AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    BearerToken::from_headers(values)?.ok_or(BearerRefusal::Missing)
}

/// Who calls.
pub(super) async fn principal(
    app: &App,
    token: Result<SecretString, BearerRefusal>,
) -> Result<Principal, BearerRefusal> {
    app.server.authenticate(token?.expose_secret()).await?.ok_or(BearerRefusal::InvalidToken)
}

/// The challenge, pointing at the metadata of the resource that was asked for.
pub(super) fn challenge(app: &App, resource: &str, refusal: &BearerRefusal) -> Response {
    tracing::info!(%refusal, "not authenticated");
    let (status, error) = match refusal {
        BearerRefusal::Missing => (StatusCode::UNAUTHORIZED, None),
        BearerRefusal::InvalidToken => (StatusCode::UNAUTHORIZED, Some("invalid_token")),
        BearerRefusal::Malformed(_) => (StatusCode::BAD_REQUEST, Some("invalid_request")),
        BearerRefusal::Unavailable(_) => return temporarily_unavailable(),
    };
    let scope = scopes::names().join(" ");
    let challenge =
        Challenge { error, resource_metadata: &metadata::document_url(app, resource), scope: &scope }.encode();
    let mut response = empty(status);
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
