//! `GET /authorize` (RFC 6749 §4.1.1, RFC 7636, RFC 8707): writes nothing, answers what the consent page needs.

use oauth_protocol::{
    authorization_request::{AuthorizationRequest, AuthorizationRequestError},
    authorization_response::AuthorizationErrorCode,
    form::Form,
    redirect_uri::RedirectTarget,
    resource,
};

use crate::{
    authorization::ValidRequest,
    client::Client,
    id::Id,
    pending_consent::{ConsentSecrets, PendingConsent},
    ports::Unavailable,
    scopes,
    server::AuthorizationServer,
};

/// What the consent page is made from.
pub struct ConsentPage {
    /// Whom the owner is asked about.
    pub client: Client,
    /// What is asked.
    pub pending: PendingConsent,
    /// The same, sealed, for the form.
    pub sealed: String,
    /// For the cookies.
    pub secrets: ConsentSecrets,
}

/// Why the request gets no consent page.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// The redirect URI is not to be trusted: a page, never a redirect (RFC 6749 §4.1.2.1).
    #[error("refused at the server: {0}")]
    AtServer(#[from] AtServer),
    /// The redirect URI is the client's: it is told.
    #[error("refused: {reason}")]
    ToClient {
        /// Where to.
        target: RedirectTarget,
        /// The client's `state`.
        state: Option<String>,
        /// Why.
        reason: RequestRefusal,
    },
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Refusals that no client hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AtServer {
    /// `client_id` or `redirect_uri` missing or given twice.
    #[error("{0} is missing or given more than once")]
    BadParameter(&'static str),
    /// No such registration.
    #[error("the client is not registered")]
    UnknownClient,
    /// Registered for other redirect URIs.
    #[error("the redirect URI is not registered for this client")]
    RedirectMismatch,
}

/// Refusals that the client hears of.
#[derive(Debug, thiserror::Error)]
pub enum RequestRefusal {
    /// The request itself.
    #[error(transparent)]
    Request(#[from] AuthorizationRequestError),
    /// None of the scopes is known.
    #[error("no known scope")]
    Scope,
    /// `resource` is not this server.
    #[error("resource is not this server")]
    Target,
}

impl RequestRefusal {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> AuthorizationErrorCode {
        match self {
            Self::Request(error) => error.code(),
            Self::Scope => AuthorizationErrorCode::InvalidScope,
            Self::Target => AuthorizationErrorCode::InvalidTarget,
        }
    }

    /// The words on the wire.
    #[must_use]
    pub fn description(&self) -> &'static str {
        match self {
            Self::Request(error) => error.description(),
            Self::Scope => "none of the scopes is known here",
            Self::Target => "resource is not this server",
        }
    }
}

impl AuthorizationServer {
    /// Checks the request; nothing is written.
    pub async fn authorize(&self, query: &Form) -> Result<ConsentPage, AuthorizeError> {
        let (client, target) = self.client_and_target(query).await?;
        let state = query.single("state").ok().flatten().map(str::to_owned);
        let request = self
            .valid_request(query, client.id, target.clone())
            .map_err(|reason| AuthorizeError::ToClient { target, state, reason })?;
        let (pending, secrets) = self.pending_consent(request);
        let sealed = self.seal_consent(&pending).await?;
        Ok(ConsentPage { client, pending, sealed, secrets })
    }

    async fn client_and_target(&self, query: &Form) -> Result<(Client, RedirectTarget), AuthorizeError> {
        let client_id = required(query, "client_id")?;
        let redirect_uri = required(query, "redirect_uri")?;
        let client = self.find_client(client_id).await?.ok_or(AtServer::UnknownClient)?.value;
        let target = client.redirect_target(redirect_uri, &self.base).ok_or(AtServer::RedirectMismatch)?;
        Ok((client, target))
    }

    fn valid_request(
        &self,
        query: &Form,
        client: Id,
        redirect: RedirectTarget,
    ) -> Result<ValidRequest, RequestRefusal> {
        let request = AuthorizationRequest::parse(query)?;
        let resources: Vec<&str> = request.resource.iter().map(String::as_str).collect();
        resource::check(&self.base, &resources, resource::Endpoint::Authorize).map_err(|_| RequestRefusal::Target)?;
        let scope = scopes::granted(request.scope.as_ref()).ok_or(RequestRefusal::Scope)?;
        Ok(ValidRequest { client, redirect, challenge: request.code_challenge, state: request.state, scope })
    }
}

fn required<'a>(query: &'a Form, name: &'static str) -> Result<&'a str, AtServer> {
    query.single(name).ok().flatten().ok_or(AtServer::BadParameter(name))
}
