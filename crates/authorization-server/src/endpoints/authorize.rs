//! `GET /authorize` (RFC 6749 §4.1.1, RFC 7636, RFC 8707): asks the owner, or finds that the owner has allowed before.

use oauth_protocol::{
    authorization_request::{AuthorizationRequest, AuthorizationRequestError},
    authorization_response::AuthorizationErrorCode,
    form::Form as Query,
    prompt::Prompt,
    redirect_uri::{RedirectKind, RedirectTarget},
    resource,
};

use crate::{
    endpoints::{consent_page::ConsentPage, denied::Denied, sign_in::SignIn},
    ground::{Id, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::Consent,
        client::Client,
        memory::Memory,
        pending_consent::{Asks, SignInPrompt},
        scopes,
        valid_request::ValidRequest,
    },
};

/// What the browser brings.
pub struct Visit<'a> {
    /// The query.
    pub query: &'a Query,
    /// Its cookies of decisions.
    pub memory: &'a Memory,
    /// Whether the person came by themselves: Sec-Fetch-Site is `none` or `same-origin`. Absent counts as cross-site.
    pub direct: bool,
}

/// What follows from a valid request.
pub enum Authorized {
    /// A page asks.
    Ask(ConsentPage),
    /// This browser denied the client lately.
    Denied(Denied),
    /// The owner has allowed this before, and nothing about the visit is suspect: on to Entra.
    SignIn(SignIn),
}

/// Why the request gets neither.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// The redirect URI is not to be trusted: a page, never a redirect (RFC 6749 §4.1.2.1).
    #[error("refused without a redirect: {0}")]
    AtServer(#[from] AtServer),
    /// The redirect URI is the client's: it is told.
    #[error("refused with a redirect: {reason}")]
    ToClient {
        /// Where to.
        target: RedirectTarget,
        /// The client's `state`.
        state: Option<String>,
        /// Whether the owner, in this browser, has approved this target before.
        approved: bool,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// The request itself.
    #[error(transparent)]
    Request(#[from] AuthorizationRequestError),
    /// None of the scopes is known.
    #[error("scope names no scope of this server")]
    Scope,
    /// `resource` is not this server.
    #[error("resource does not name this server")]
    Target,
    /// `prompt=none`, and this was not allowed before.
    #[error("consent is required")]
    ConsentRequired,
    /// `prompt=none`, and signing in may need a page of Entra's.
    #[error("sign-in is required")]
    LoginRequired,
}

impl RequestRefusal {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> AuthorizationErrorCode {
        match self {
            Self::Request(error) => error.code(),
            Self::Scope => AuthorizationErrorCode::InvalidScope,
            Self::Target => AuthorizationErrorCode::InvalidTarget,
            Self::ConsentRequired => AuthorizationErrorCode::ConsentRequired,
            Self::LoginRequired => AuthorizationErrorCode::LoginRequired,
        }
    }

    /// The words on the wire.
    #[must_use]
    pub fn description(&self) -> &'static str {
        match self {
            Self::Request(error) => error.description(),
            Self::Scope => "none of the scopes is known here",
            Self::Target => "resource does not name this server",
            Self::ConsentRequired => "the resource owner has not allowed this before",
            Self::LoginRequired => "the resource owner must sign in",
        }
    }
}

/// A request in which nothing is wrong.
struct Valid {
    request: ValidRequest,
    prompt: Prompt,
    names_resource: bool,
}

impl AuthorizationServer {
    /// Checks the request. Only a remembered approval writes anything.
    pub async fn authorize(&self, visit: &Visit<'_>) -> Result<Authorized, AuthorizeError> {
        let (client, target) = self.client_and_target(visit.query).await?;
        let valid = match self.valid_request(visit.query, client.id, target.clone()) {
            Ok(valid) => valid,
            Err(reason) => return Err(self.refused(visit, client.id, target, reason).await),
        };
        if visit.memory.denies(client.id, self.now()) {
            return Ok(Authorized::Denied(self.denied_page(valid.request, valid.prompt.into()).await?));
        }
        self.ask_or_remember(visit, client, valid).await
    }

    async fn ask_or_remember(
        &self,
        visit: &Visit<'_>,
        client: Client,
        valid: Valid,
    ) -> Result<Authorized, AuthorizeError> {
        let remembered = self.remembered(visit.memory, &valid.request).await?;
        if valid.prompt.none {
            let reason =
                if remembered.is_some() { RequestRefusal::LoginRequired } else { RequestRefusal::ConsentRequired };
            let (target, state) = (valid.request.redirect().clone(), valid.request.state().map(str::to_owned));
            return Err(AuthorizeError::ToClient { target, state, approved: remembered.is_some(), reason });
        }
        let remembered = remembered.filter(|_| !valid.prompt.asks_anew());
        let sign_in = SignInPrompt::from(valid.prompt);
        let Some((remembered, approval)) = remembered else {
            let form = self.form(valid.request, Asks::Consent, sign_in).await?;
            return Ok(Authorized::Ask(ConsentPage { client, form, allowed_at: None }));
        };
        let (owner, approval_id) = (remembered.owner, remembered.approval);
        if may_pass(visit, &valid) {
            let id = self.random_id();
            let consent = Consent::Remembered { owner, approval: approval_id };
            let allowed = self.to_sign_in(id, valid.request, consent, sign_in).await?;
            return allowed.map(Authorized::SignIn).ok_or_else(|| same_id().into());
        }
        let asks = Asks::Continue { owner, approval: approval_id };
        let form = self.form(valid.request, asks, sign_in).await?;
        Ok(Authorized::Ask(ConsentPage { client, form, allowed_at: Some(approval.given_at) }))
    }

    async fn refused(
        &self,
        visit: &Visit<'_>,
        client: Id,
        target: RedirectTarget,
        reason: RequestRefusal,
    ) -> AuthorizeError {
        let state = visit.query.single("state").ok().flatten().map(str::to_owned);
        match self.approved_target(visit.memory, client, &target).await {
            Ok(approved) => AuthorizeError::ToClient { target, state, approved, reason },
            Err(unavailable) => unavailable.into(),
        }
    }

    async fn client_and_target(&self, query: &Query) -> Result<(Client, RedirectTarget), AuthorizeError> {
        let client_id = required(query, "client_id")?;
        let redirect_uri = required(query, "redirect_uri")?;
        let client = self.find_client(client_id).await?.ok_or(AtServer::UnknownClient)?.value;
        let target = client.redirect_target(redirect_uri, self.base()).ok_or(AtServer::RedirectMismatch)?;
        Ok((client, target))
    }

    fn valid_request(&self, query: &Query, client: Id, redirect: RedirectTarget) -> Result<Valid, RequestRefusal> {
        let request = AuthorizationRequest::parse(query)?;
        let resources: Vec<&str> = request.resource.iter().map(String::as_str).collect();
        resource::check(self.base(), &resources, resource::OAuthEndpoint::Authorize)
            .map_err(|_| RequestRefusal::Target)?;
        let names_resource = !resources.is_empty();
        let scope = scopes::granted(request.scope.as_ref()).ok_or(RequestRefusal::Scope)?;
        let valid = ValidRequest::new(client, redirect, request.code_challenge, scope).with_state(request.state);
        Ok(Valid { request: valid, prompt: request.prompt, names_resource })
    }
}

/// Without any click: only to a receiver that proves itself, for a client that says which resource it means, and for a
/// person who came here by themselves. A loopback or private-use redirect proves nothing (RFC 8252 §8.6).
fn may_pass(visit: &Visit<'_>, valid: &Valid) -> bool {
    visit.direct && valid.names_resource && valid.request.redirect().kind() == RedirectKind::Https
}

fn same_id() -> Unavailable {
    Unavailable::entropy("a transaction id came up twice")
}

fn required<'a>(query: &'a Query, name: &'static str) -> Result<&'a str, AtServer> {
    query.single(name).ok().flatten().ok_or(AtServer::BadParameter(name))
}
