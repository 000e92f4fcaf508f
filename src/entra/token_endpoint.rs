//! Entra's token endpoint, authenticated by a client assertion (RFC 7523 §2.2).

use std::{sync::Arc, time::Duration};

use authorization_server::{
    ground::{Clock, Unavailable},
    upstream::{UpstreamAnswer, UpstreamRefusal},
};
use backon::{ConstantBuilder, Retryable as _};
use reqwest::{StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{
    client_assertion::{ASSERTION_TYPE, ManagedIdentityAssertion},
    entra_http::EntraHttp,
    refusal::classify,
    settings::EntraSettings,
    unreachable::unread,
};
use crate::{
    limited_answer::{self, AnswerError, MAX_ANSWER},
    telemetry::CallOutcome,
};

/// One retry, after 300 to 600 ms.
const REQUEST_RETRY: ConstantBuilder =
    ConstantBuilder::new().with_delay(Duration::from_millis(300)).with_max_times(1).with_jitter();

/// A token response, as Entra sends it (RFC 6749 §5.1).
#[derive(Deserialize)]
struct EntraTokenResponse {
    access_token: SecretString,
    token_type: String,
    refresh_token: Option<SecretString>,
    id_token: Option<SecretString>,
    expires_in: i64,
}

/// The parameters of a token request that depend on its grant type.
type GrantParameters<'a> = [(&'a str, &'a str)];

/// The tokens of an exchange.
pub(super) struct Granted {
    pub(super) tokens: UpstreamAnswer,
    /// Not verified yet.
    pub(super) id_token: Option<SecretString>,
}

/// Why a token request failed.
struct FailedRequest {
    refusal: UpstreamRefusal,
    /// Whether the same request may succeed when it is sent again.
    retryable: bool,
}

/// The endpoint, and how we authenticate to it.
pub(super) struct TokenEndpoint {
    client: EntraHttp,
    url: String,
    client_id: String,
    assertion: Arc<ManagedIdentityAssertion>,
}

impl TokenEndpoint {
    /// The token endpoint of the tenant.
    pub(super) fn new(client: EntraHttp, settings: &EntraSettings, assertion: Arc<ManagedIdentityAssertion>) -> Self {
        Self { client, url: settings.endpoint("token"), client_id: settings.client_id.clone(), assertion }
    }

    /// Waits until this server can authenticate itself.
    pub(super) async fn ready(&self, clock: &dyn Clock) -> Result<(), Unavailable> {
        self.assertion.wait(clock).await
    }

    /// Sends a grant once. An authorization code is spent by its first request, even if the response is lost.
    pub(super) async fn request_once(
        &self,
        clock: &dyn Clock,
        grant: &GrantParameters<'_>,
    ) -> Result<Granted, UpstreamRefusal> {
        let assertion = self.assertion.get(clock).await?;
        self.counted(clock, &assertion, grant).await.map_err(|failed| failed.refusal)
    }

    /// Sends a grant that may be used repeatedly. If Entra failed or could not be reached, sends it once more.
    pub(super) async fn request(
        &self,
        clock: &dyn Clock,
        grant: &GrantParameters<'_>,
    ) -> Result<Granted, UpstreamRefusal> {
        let assertion = self.assertion.get(clock).await?;
        let send = || self.counted(clock, &assertion, grant);
        let log = |failed: &FailedRequest, _| tracing::warn!(counted = true, refusal = %failed.refusal, "token request failed: sending it again");
        let outcome = send.retry(REQUEST_RETRY).when(|failed| failed.retryable).notify(log).await;
        outcome.map_err(|failed| failed.refusal)
    }

    async fn counted(
        &self,
        clock: &dyn Clock,
        assertion: &SecretString,
        grant: &GrantParameters<'_>,
    ) -> Result<Granted, FailedRequest> {
        let outcome = |failed: &FailedRequest| match failed.refusal {
            UpstreamRefusal::Unavailable(_) => CallOutcome::Failed,
            _ => CallOutcome::Answered,
        };
        self.client.calls.count(self.send(clock, assertion, grant), outcome).await
    }

    async fn send(
        &self,
        clock: &dyn Clock,
        assertion: &SecretString,
        grant: &GrantParameters<'_>,
    ) -> Result<Granted, FailedRequest> {
        let mut form = vec![
            ("client_id", self.client_id.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion.expose_secret()),
        ];
        form.extend_from_slice(grant);
        let request = self.client.http.post(&self.url).header(header::ACCEPT, "application/json").form(&form);
        let response = request.send().await.map_err(AnswerError::from).map_err(FailedRequest::unread)?;
        let status = response.status();
        let throttled = response.headers().contains_key(header::RETRY_AFTER);
        let body = limited_answer::read(response, MAX_ANSWER, self.client.answers.permit())
            .await
            .map_err(FailedRequest::unread)?;
        if status == StatusCode::OK {
            return read(&body, clock)
                .map_err(|reason| FailedRequest { refusal: malformed(&reason), retryable: false });
        }
        Err(FailedRequest { refusal: classify(status, &body), retryable: status.is_server_error() && !throttled })
    }
}

impl FailedRequest {
    /// After a timeout the caller has waited long enough, and an answer that is too large would be so again.
    fn unread(error: AnswerError) -> Self {
        let retryable = matches!(&error, AnswerError::BrokenOff(error) if !error.is_timeout());
        Self { refusal: unread(error).into(), retryable }
    }
}

fn read(body: &[u8], clock: &dyn Clock) -> Result<Granted, String> {
    let response: EntraTokenResponse = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let EntraTokenResponse { access_token, token_type, refresh_token, id_token, expires_in } = response;
    // RFC 6749 §7.1: a client must not use a token of a type that it does not understand.
    if !token_type.eq_ignore_ascii_case("Bearer") || access_token.expose_secret().is_empty() {
        return Err("no bearer token".to_owned());
    }
    let expires_at = clock.now() + time::Duration::seconds(expires_in.clamp(0, 86_400));
    Ok(Granted { tokens: UpstreamAnswer { access_token, refresh_token, expires_at }, id_token })
}

fn malformed(reason: &str) -> UpstreamRefusal {
    UpstreamRefusal::Refused { reason: format!("malformed token response: {reason}") }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::{OffsetDateTime, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> OffsetDateTime {
            NOW
        }
    }

    fn answer(changes: &Value) -> Result<Granted, String> {
        let mut body = json!({ "access_token": "AT", "token_type": "Bearer", "expires_in": 3600 });
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        read(body.to_string().as_bytes(), &Fixed)
    }

    #[test]
    fn the_three_required_members_suffice() {
        let granted = answer(&json!({})).unwrap();
        assert_eq!(granted.tokens.access_token.expose_secret(), "AT");
        assert_eq!(granted.tokens.expires_at, NOW + time::Duration::HOUR);
        assert!(granted.tokens.refresh_token.is_none() && granted.id_token.is_none());
        for member in ["access_token", "token_type", "expires_in"] {
            assert!(answer(&json!({ member: null })).is_err(), "{member}");
        }
    }

    #[test]
    fn only_a_bearer_token_is_used_however_its_type_is_written() {
        assert!(answer(&json!({ "token_type": "bearer" })).is_ok());
        for changes in [json!({ "token_type": "pop" }), json!({ "token_type": "" }), json!({ "access_token": "" })] {
            assert_eq!(answer(&changes).err().as_deref(), Some("no bearer token"), "{changes}");
        }
    }

    #[test]
    fn a_lifetime_is_between_nothing_and_a_day() {
        let lifetime = |seconds: i64| answer(&json!({ "expires_in": seconds })).unwrap().tokens.expires_at - NOW;
        for (told, believed) in [(0, 0), (-1, 0), (i64::MIN, 0), (86_400, 86_400), (86_401, 86_400), (i64::MAX, 86_400)]
        {
            assert_eq!(lifetime(told), time::Duration::seconds(believed), "{told}");
        }
        for odd in [json!("3600"), json!(3600.5), json!({})] {
            assert!(answer(&json!({ "expires_in": odd })).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_fault_of_an_answer_is_told_without_its_tokens() {
        let secret = json!({ "access_token": "AT-secret", "refresh_token": "RT-secret", "expires_in": "RT-secret" });
        let reason = answer(&secret).err().unwrap();
        assert!(!reason.contains("AT-secret"), "{reason}");
        assert!(
            matches!(malformed("x"), UpstreamRefusal::Refused { reason } if reason == "malformed token response: x")
        );
    }
}
