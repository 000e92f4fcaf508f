//! Entra's token endpoint, authenticated by a client assertion (RFC 7523 §2.2).

use std::time::Duration;

use authorization_server::{
    ground::{Clock, Unavailable},
    upstream::{UpstreamAnswer, UpstreamRefusal},
};
use reqwest::{StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    client_assertion::{ASSERTION_TYPE, ClientAssertion},
    refusal::classify,
    upstream::EntraSettings,
};

/// Waited at least before a grant is sent again; a quarter of a second is added at most.
const LEAST_PAUSE: Duration = Duration::from_millis(300);

/// A successful answer, as Entra sends it (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    token_type: String,
    refresh_token: Option<SecretString>,
    id_token: Option<SecretString>,
    expires_in: i64,
}

/// The members of a grant.
type Grant<'a> = [(&'a str, &'a str)];
/// The ID token, if there is one, is not yet believed.
type Granted = (UpstreamAnswer, Option<SecretString>);

/// A refusal, and whether the same request may fare better.
struct Failed {
    refusal: UpstreamRefusal,
    again: bool,
}

/// The endpoint and how to reach it.
pub(super) struct TokenEndpoint {
    pub http: reqwest::Client,
    pub url: String,
    pub client_id: String,
    pub assertion: ClientAssertion,
}

impl TokenEndpoint {
    /// For these settings.
    pub(super) fn new(http: reqwest::Client, settings: &EntraSettings, assertion: ClientAssertion) -> Self {
        Self { http, url: settings.endpoint("token"), client_id: settings.client_id.clone(), assertion }
    }

    /// Sends a grant that one request spends, although its answer may be lost.
    pub(super) async fn once(&self, clock: &dyn Clock, grant: &Grant<'_>) -> Result<Granted, UpstreamRefusal> {
        let assertion = self.assertion.get().await?;
        self.send(clock, &assertion, grant).await.map_err(|failed| failed.refusal)
    }

    /// Sends a grant that is good for many requests: once more, if Entra failed or could not be reached.
    pub(super) async fn request(&self, clock: &dyn Clock, grant: &Grant<'_>) -> Result<Granted, UpstreamRefusal> {
        let assertion = self.assertion.get().await?;
        let outcome = match self.send(clock, &assertion, grant).await {
            Err(Failed { again: true, refusal }) => {
                tracing::warn!(%refusal, "asked once more");
                tokio::time::sleep(pause(grant)).await;
                self.send(clock, &assertion, grant).await
            }
            outcome => outcome,
        };
        outcome.map_err(|failed| failed.refusal)
    }

    async fn send(&self, clock: &dyn Clock, assertion: &SecretString, grant: &Grant<'_>) -> Result<Granted, Failed> {
        let mut form = vec![
            ("client_id", self.client_id.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion.expose_secret()),
        ];
        form.extend_from_slice(grant);
        let request = self.http.post(&self.url).header(header::ACCEPT, "application/json").form(&form);
        let response = request.send().await.map_err(|error| Failed::unreachable(&error))?;
        let status = response.status();
        let throttled = response.headers().contains_key(header::RETRY_AFTER);
        let body = response.bytes().await.map_err(|error| Failed::unreachable(&error))?;
        if status == StatusCode::OK {
            return read(&body, clock).map_err(|reason| Failed { refusal: unbelievable(&reason), again: false });
        }
        Err(Failed { refusal: classify(status, &body), again: status.is_server_error() && !throttled })
    }
}

impl Failed {
    /// After a timeout the caller has waited long enough.
    fn unreachable(error: &reqwest::Error) -> Self {
        Self { refusal: unreachable(error).into(), again: !error.is_timeout() }
    }
}

fn read(body: &[u8], clock: &dyn Clock) -> Result<Granted, String> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let Answer { access_token, token_type, refresh_token, id_token, expires_in } = answer;
    // RFC 6749 §7.1: a token of a type that is not understood must not be used.
    if !token_type.eq_ignore_ascii_case("Bearer") || access_token.expose_secret().is_empty() {
        return Err("no bearer token".to_owned());
    }
    let expires_at = clock.now() + time::Duration::seconds(expires_in.clamp(0, 86_400));
    Ok((UpstreamAnswer { access_token, refresh_token, expires_at }, id_token))
}

fn unbelievable(reason: &str) -> UpstreamRefusal {
    UpstreamRefusal::Refused { reason: format!("the token answer is malformed: {reason}") }
}

/// Between the two requests. What is secret in the grant differs from user to user, and so spreads those that failed
/// together.
fn pause(grant: &Grant<'_>) -> Duration {
    let hash = grant.iter().fold(Sha256::new(), |hash, (_, value)| hash.chain_update(value)).finalize();
    LEAST_PAUSE + Duration::from_millis(hash.first().copied().map_or(0, u64::from))
}

/// Without its URL, which says nothing new.
pub(super) fn unreachable(error: &reqwest::Error) -> Unavailable {
    let mut reason = "the token endpoint or the keys cannot be reached".to_owned();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        reason = format!("{reason}: {cause}");
        source = cause.source();
    }
    Unavailable { what: "upstream", reason }
}
