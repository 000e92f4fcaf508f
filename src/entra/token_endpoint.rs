//! Entra's token endpoint, authenticated by a client assertion (RFC 7523 §2.2).

use authorization_server::ports::{Clock, Unavailable, UpstreamAnswer, UpstreamRefusal};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use time::Duration;

use super::{
    client_assertion::{ASSERTION_TYPE, ClientAssertion},
    refusal::classify,
    upstream::EntraSettings,
};

/// A successful answer, as Entra sends it.
#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    id_token: Option<SecretString>,
    expires_in: i64,
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

    /// Sends one grant; the ID token, if there is one, is not yet believed.
    pub(super) async fn request(
        &self,
        clock: &dyn Clock,
        grant: &[(&str, &str)],
    ) -> Result<(UpstreamAnswer, Option<SecretString>), UpstreamRefusal> {
        let assertion = self.assertion.get().await?;
        let mut form = vec![
            ("client_id", self.client_id.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion.expose_secret()),
        ];
        form.extend_from_slice(grant);
        let response = self.http.post(&self.url).form(&form).send().await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| unreachable(&error))?;
        if !status.is_success() {
            return Err(classify(status, &body));
        }
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|error| UpstreamRefusal::Refused { reason: format!("the token answer is malformed: {error}") })?;
        let expires_at = clock.now() + Duration::seconds(answer.expires_in.clamp(0, 86_400));
        let Answer { access_token, refresh_token, id_token, .. } = answer;
        Ok((UpstreamAnswer { access_token, refresh_token, expires_at }, id_token))
    }
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
