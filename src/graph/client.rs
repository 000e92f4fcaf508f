//! One client for all tools. A tool names its permissions and its request; the client gets tokens, retries, and interprets refusals.

use std::{sync::Arc, time::Duration};

use authorization_server::{
    ground::{AuditLog, EventName, Id},
    resource::{
        authenticate::Principal,
        challenged_tokens::ChallengedTokens,
        downstream::{DownstreamError, DownstreamTokens as _},
    },
    state::{
        api::ApiScopes,
        claims::Claims,
        scopes::{self, Permission},
    },
};
use backon::{ExponentialBuilder, Retryable as _};
use reqwest::{Response, StatusCode, header};
use secrecy::ExposeSecret as _;
use url::ParseError;

use super::{
    answer::{self, Answer},
    bulkhead::Bulkheads,
    demanded_claims::{DemandedClaims, Freshness},
    error::ApiError,
    origins::Origins,
    request::Request,
    token_cache::TokenCache,
};
use crate::{
    budget::SharedBudget,
    telemetry::{CallOutcome, Service, ServiceCalls},
};

/// Two retries of a throttled or failed request.
const REQUEST_RETRY: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(200)).with_jitter().with_max_times(2);
/// A request is not sent again if the API asks for a longer pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// A request with its retries and the pauses between them.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The client of every API.
pub struct ApiClient {
    http: reqwest::Client,
    origins: Origins,
    tokens: TokenCache,
    demanded: DemandedClaims,
    audit: Arc<dyn AuditLog>,
    answers: SharedBudget<Id>,
    bulkheads: Bulkheads,
    calls: ServiceCalls,
}

/// Why one attempt failed.
struct FailedAttempt {
    error: ApiError,
    retryable: bool,
    /// The pause that the API asked for.
    retry_after: Option<Duration>,
}

impl ApiClient {
    /// A client of APIs at these origins.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        origins: Origins,
        tokens: TokenCache,
        challenged: Arc<dyn ChallengedTokens>,
        audit: Arc<dyn AuditLog>,
    ) -> Self {
        let (answers, calls) = (answer::budget(), ServiceCalls::new(Service::Graph));
        let (demanded, bulkheads) = (DemandedClaims::new(challenged), Bulkheads::default());
        Self { http, origins, tokens, demanded, audit, answers, bulkheads, calls }
    }

    /// Gets a resource for the principal, if its access token has the permissions. The token for the API has those of them that
    /// are the API's.
    pub async fn get(
        &self,
        principal: &Principal,
        permissions: &[&'static Permission],
        request: &Request,
    ) -> Result<Answer, ApiError> {
        let answer = self.authorized(principal, permissions, request).await;
        answer.inspect_err(|error| self.report(principal, request, error))
    }

    fn report(&self, principal: &Principal, request: &Request, error: &ApiError) {
        let report = |name: EventName, reason| {
            self.audit.report(&name.event().holder(principal.holder()).because(reason));
        };
        match error {
            ApiError::Scope(_) | ApiError::EntraScope(_) => {
                report(EventName::ToolRefused, "the scope was not granted");
            }
            ApiError::Limit(limit) => report(EventName::LimitReached, limit),
            _ => {
                let (api, path) = (request.api().name(), request.path());
                let grant = principal.holder().grant.map(tracing::field::display);
                tracing::warn!(counted = true, %error, api, path, grant, "request to an API failed");
            }
        }
    }

    async fn authorized(
        &self,
        principal: &Principal,
        permissions: &[&'static Permission],
        request: &Request,
    ) -> Result<Answer, ApiError> {
        if let Some(needed) = scopes::needed(&principal.scope, permissions) {
            let is_entras = principal.entra_token().is_some();
            return Err(if is_entras { ApiError::EntraScope(needed) } else { ApiError::Scope(needed) });
        }
        let scopes = scopes::of_api(request.api(), permissions);
        let result = match self.with_token(principal, &scopes, None, request).await {
            // In a box, as what follows, because few calls come here.
            Err(ApiError::Unauthorized(claims)) => {
                Box::pin(self.with_new_token(principal, &scopes, claims, request)).await
            }
            result => result,
        };
        if let Err(ApiError::Token(DownstreamError::ClaimsDemanded(claims))) = &result {
            Box::pin(self.demanded.note(principal, &scopes, claims)).await;
        }
        result
    }

    /// The request again, after the API refused the token and demanded these claims.
    async fn with_new_token(
        &self,
        principal: &Principal,
        scopes: &ApiScopes,
        claims: Option<Claims>,
        request: &Request,
    ) -> Result<Answer, ApiError> {
        if !self.tokens.forget(principal, scopes, claims.as_ref()).await {
            return Err(ApiError::Unauthorized(claims));
        }
        let result = self.with_token(principal, scopes, claims.as_ref(), request).await;
        if let Err(ApiError::Unauthorized(_)) = &result {
            self.tokens.note_refused(principal, scopes, claims.as_ref());
        }
        result
    }

    /// The claims that the token of a principal whose client got it from Entra lacks for these permissions.
    pub async fn demanded_claims(
        &self,
        principal: &Principal,
        permissions: &[&'static Permission],
        notes: Freshness,
    ) -> Option<Claims> {
        self.demanded.of(&self.tokens, principal, permissions, notes).await
    }

    async fn with_token(
        &self,
        principal: &Principal,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
        request: &Request,
    ) -> Result<Answer, ApiError> {
        let token = self.tokens.token(principal, scopes, claims).await?;
        let call = self.within_limit(principal.owner, token.access_token.expose_secret(), request);
        self.calls.count(call, outcome).await
    }

    async fn within_limit(&self, owner: Id, token: &str, request: &Request) -> Result<Answer, ApiError> {
        let no_answer = |_| Err(ApiError::Unavailable(format!("no answer within {} s", REQUEST_TIMEOUT.as_secs())));
        let result = self.with_retries(owner, token, request);
        tokio::time::timeout(REQUEST_TIMEOUT, result).await.unwrap_or_else(no_answer)
    }

    async fn with_retries(&self, owner: Id, token: &str, request: &Request) -> Result<Answer, ApiError> {
        let attempt = async || {
            let _turn = self.bulkheads.turn(request.api()).await.map_err(FailedAttempt::last)?;
            // Boxed, so that a call takes no memory for its request before its turn.
            Box::pin(self.attempt(owner, token, request)).await
        };
        let pause = |failed: &FailedAttempt, pause: Option<Duration>| {
            pause.map(|pause| failed.retry_after.unwrap_or(pause)).filter(|pause| *pause <= LONGEST_PAUSE)
        };
        let result = attempt.retry(REQUEST_RETRY).when(|failed| failed.retryable).adjust(pause).await;
        result.map_err(|failed| failed.error)
    }

    async fn attempt(&self, owner: Id, token: &str, request: &Request) -> Result<Answer, FailedAttempt> {
        let no_url = |error: ParseError| FailedAttempt::last(ApiError::Unavailable(error.to_string()));
        let url = self.origins.url(request).map_err(no_url)?;
        let asked = self.http.get(url).bearer_auth(token);
        let asked = request.preferences().fold(asked, |asked, preference| asked.header("prefer", preference));
        let sent = asked.send().await;
        let response = sent.map_err(|error| FailedAttempt::transient(error.without_url().to_string(), None))?;
        if is_transient(response.status()) {
            return Err(FailedAttempt::transient(response.status().to_string(), retry_after(&response)));
        }
        answer::read(response, self.answers.permit(owner)).await.map_err(FailedAttempt::last)
    }
}

fn outcome(error: &ApiError) -> CallOutcome {
    if matches!(error, ApiError::Unavailable(_) | ApiError::Limit(_)) {
        CallOutcome::Failed
    } else {
        CallOutcome::Answered
    }
}

impl FailedAttempt {
    fn last(error: ApiError) -> Self {
        Self { error, retryable: false, retry_after: None }
    }

    fn transient(reason: String, retry_after: Option<Duration>) -> Self {
        Self { error: ApiError::Unavailable(reason), retryable: true, retry_after }
    }
}

fn is_transient(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT || status.is_server_error()
}

/// `Retry-After` in seconds. A date is taken for a pause that is too long.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?;
    let seconds = value.to_str().ok().and_then(|text| text.parse().ok());
    Some(seconds.map_or(Duration::MAX, Duration::from_secs))
}
