//! The bearer check of the protected resource (RFC 6750) and its challenge (RFC 9728 §5.1).

use std::sync::LazyLock;

use authorization_server::{
    ground::{EventName, Holder, Unavailable},
    resource::{authenticate::Principal, entra_token::EntraTokenError, presented::PresentedToken},
};
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use oauth_protocol::bearer::{BearerError, BearerToken, Challenge, ClaimsChallenge};
use secrecy::SecretString;

use super::{
    app::App,
    head::Head,
    reply::{Response, json_rpc_error_text, json_rpc_error_to, json_text, mcp_unavailable},
    resource::Resource,
};
use crate::mcp::{ClaimsDemand, ScopeDemand};

/// The texts of most refusals, which are encoded once.
static MISSING: LazyLock<Bytes> = LazyLock::new(|| BearerRefusal::Missing.text(StatusCode::UNAUTHORIZED));
static INVALID_TOKEN: LazyLock<Bytes> = LazyLock::new(|| BearerRefusal::InvalidToken.text(StatusCode::UNAUTHORIZED));

/// Why a request is not authenticated.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
enum BearerRefusal {
    /// RFC 6750 §3.1: a challenge to a request without credentials has no error code.
    Missing,
    /// Unknown, expired and revoked tokens get the same answer.
    InvalidToken,
    /// A token that Entra issued to an application which acts for itself.
    NoUser,
    /// Two Authorization headers, a token in the query, or bad syntax.
    Malformed(&'static str),
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl BearerRefusal {
    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Missing => Some("no access token"),
            Self::InvalidToken => Some("the access token is not valid"),
            Self::NoUser => {
                Some("the access token belongs to an application; sign a user in, because tools act for users only")
            }
            Self::Malformed(what) => Some(what),
            Self::Unavailable(_) => None,
        }
    }

    fn text(&self, status: StatusCode) -> Bytes {
        json_rpc_error_text(status, self.reason().unwrap_or_default())
    }
}

impl From<EntraTokenError> for BearerRefusal {
    fn from(error: EntraTokenError) -> Self {
        match error {
            EntraTokenError::Invalid => Self::InvalidToken,
            EntraTokenError::NoUser => Self::NoUser,
            EntraTokenError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

impl From<BearerError> for BearerRefusal {
    fn from(_: BearerError) -> Self {
        Self::Malformed("the Authorization header is malformed")
    }
}

/// The access token that the request presents, opened, or the challenge for this resource. Its grant may have ended.
pub(super) async fn open(app: &App, resource: Resource, head: &Head) -> Result<PresentedToken, Response> {
    opened(app, head).await.map_err(|refusal| challenge(app, resource.path_of(head), &refusal))
}

/// The principal of the access token that the request presented, or the challenge for this resource.
pub(super) async fn authenticate(
    app: &App,
    resource: Resource,
    head: &Head,
    presented: PresentedToken,
) -> Result<Principal, Response> {
    let principal = match head.method {
        Method::HEAD => app.server.look_up_presented(presented).await,
        _ => app.server.authenticate_presented(presented).await,
    };
    let principal = principal.map_err(BearerRefusal::from).and_then(|known| known.ok_or(BearerRefusal::InvalidToken));
    principal.map_err(|refusal| challenge(app, resource.path_of(head), &refusal))
}

async fn opened(app: &App, head: &Head) -> Result<PresentedToken, BearerRefusal> {
    Ok(app.server.open_presented(&token(head)?).await?)
}

fn token(head: &Head) -> Result<SecretString, BearerRefusal> {
    let query = head.query().map_err(|_| BearerRefusal::Malformed("the query is malformed"))?;
    if query.first("access_token").is_some() {
        return Err(BearerRefusal::Malformed("the access token is in the query"));
    }
    let values = head.headers.get_all(header::AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    BearerToken::from_headers(values)?.ok_or(BearerRefusal::Missing)
}

/// The challenge. It names the metadata document of the resource at this path.
fn challenge(app: &App, path: &str, refusal: &BearerRefusal) -> Response {
    app.refused(EventName::AccessRefused.event(), refusal.reason(), refusal);
    let (status, error) = match refusal {
        BearerRefusal::Missing => (StatusCode::UNAUTHORIZED, None),
        BearerRefusal::InvalidToken => (StatusCode::UNAUTHORIZED, Some("invalid_token")),
        BearerRefusal::NoUser => (StatusCode::FORBIDDEN, None),
        BearerRefusal::Malformed(_) => (StatusCode::BAD_REQUEST, Some("invalid_request")),
        BearerRefusal::Unavailable(_) => return mcp_unavailable(),
    };
    let text = match refusal {
        BearerRefusal::Missing => MISSING.clone(),
        BearerRefusal::InvalidToken => INVALID_TOKEN.clone(),
        _ => refusal.text(status),
    };
    let mut response = json_text(status, text);
    if let Some(challenge) = app.challenges.of(path, error) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// 403 to a call that needs a wider scope than its token has (RFC 6750 §3.1). The challenge names all that is needed, because a
/// client asks for exactly that; the body says the same to a client that knows no challenges.
pub(super) fn demand_scope(app: &App, document: &str, caller: Holder, needed: &ScopeDemand) -> Response {
    app.audit.report(&EventName::ToolRefused.event().holder(caller).because("the scope was not granted"));
    let scope = match caller.grant {
        Some(_) => needed.scope.to_string(),
        None => app.entra.full_names(&needed.scope),
    };
    let message = format!("This tool needs the scopes “{scope}”. Connect again, ask for them, and allow them.");
    let mut response = json_rpc_error_to(needed.id.clone(), StatusCode::FORBIDDEN, &message);
    let challenge = Challenge { error: Some("insufficient_scope"), resource_metadata: document, scope: &scope };
    set(&challenge.encode(), &mut response);
    response
}

/// 401 to a call whose client got its token from Entra, and has to get another one, with further claims.
pub(super) fn demand_claims(app: &App, document: &str, caller: Holder, needed: &ClaimsDemand) -> Response {
    app.audit.report(&EventName::AccessRefused.event().holder(caller).because("the token lacks claims"));
    let message =
        "Microsoft Entra ID demands more of your sign-in. Get another token with the claims of this challenge.";
    let mut response = json_rpc_error_to(needed.id.clone(), StatusCode::UNAUTHORIZED, message);
    let challenge = ClaimsChallenge {
        authorization_uri: &app.entra.authorization_uri(),
        claims: &needed.claims.challenge(),
        scope: &app.entra.full_names(&needed.scope),
        resource_metadata: document,
    };
    set(&challenge.encode(), &mut response);
    response
}

fn set(challenge: &str, response: &mut Response) {
    if let Ok(challenge) = HeaderValue::from_str(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
}
