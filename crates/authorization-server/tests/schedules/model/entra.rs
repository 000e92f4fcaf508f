//! Entra ID in one caller's hands. Refresh tokens rotate, and a used one stays good, as Entra's do.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use async_trait::async_trait;
use authorization_server::{
    ground::{Clock, Subject, Unavailable},
    state::{api::ApiScopes, claims::Claims},
    upstream::{SignInRequest, SignedInUser, Upstream, UpstreamAnswer, UpstreamRefusal},
};
use oauth_protocol::form;
use secrecy::{ExposeSecret as _, SecretString};
use time::Duration;

use super::{Caller, Kind};

/// The past and future answers of its token endpoint.
#[derive(Default)]
pub(crate) struct Issued {
    /// Each answer brings an assertion and a refresh token with its number.
    answers: AtomicU32,
    wants_the_user: AtomicBool,
}

#[derive(Clone)]
pub(crate) struct Entra {
    pub(crate) issued: Arc<Issued>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) caller: Arc<Caller>,
}

impl Issued {
    /// The same number in a tenant of its own.
    pub(crate) fn copy(&self) -> Self {
        Self { answers: AtomicU32::new(self.answers.load(Ordering::Relaxed)), wants_the_user: AtomicBool::new(false) }
    }

    /// From now on no token is enough.
    pub(crate) fn want_the_user(&self) {
        self.wants_the_user.store(true, Ordering::Relaxed);
    }

    /// Whether this text names an answer that was given.
    fn knows(&self, prefix: &str, token: &SecretString) -> bool {
        let number = token.expose_secret().strip_prefix(prefix).and_then(|number| number.parse().ok());
        number.is_some_and(|number: u32| number < self.answers.load(Ordering::Relaxed))
    }
}

impl Entra {
    fn answer(&self) -> UpstreamAnswer {
        let number = self.issued.answers.fetch_add(1, Ordering::Relaxed);
        UpstreamAnswer {
            access_token: format!("assertion-{number}").into(),
            refresh_token: Some(format!("refresh-{number}").into()),
            expires_at: self.clock.now() + Duration::minutes(75),
        }
    }

    /// Exchanges an issued refresh token for new tokens.
    async fn ask(&self, prefix: &'static str, token: &SecretString) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let (entra, token) = (self.clone(), token.clone());
        let operation = move || entra.issued.knows(prefix, &token).then(|| entra.answer());
        let answer = self.caller.turn(Kind::Write, operation).await?;
        if self.issued.wants_the_user.load(Ordering::Relaxed) {
            return Err(UpstreamRefusal::InteractionRequired { claims: None, reason: "the user is wanted".into() });
        }
        answer.ok_or_else(|| UpstreamRefusal::InvalidGrant { reason: "unknown token".into() })
    }
}

/// The only owner.
pub(crate) fn owner() -> Subject {
    Subject { tid: "tenant".into(), oid: "owner".into() }
}

#[async_trait]
impl Upstream for Entra {
    fn sign_in_url(&self, sign_in: &SignInRequest<'_>) -> String {
        format!("https://upstream.example/authorize?{}", form::encode([("state", sign_in.state)]))
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn redeem(&self, _: &SecretString, _: &SecretString, _: &str) -> Result<SignedInUser, UpstreamRefusal> {
        let entra = self.clone();
        let tokens = self.caller.turn(Kind::Write, move || entra.answer()).await?;
        Ok(SignedInUser { subject: owner(), name: "Owner".into(), tokens })
    }

    async fn refresh(&self, refresh_token: &SecretString) -> Result<UpstreamAnswer, UpstreamRefusal> {
        self.ask("refresh-", refresh_token).await
    }

    async fn on_behalf_of(
        &self,
        assertion: &SecretString,
        _: &ApiScopes,
        _: Option<&Claims>,
    ) -> Result<UpstreamAnswer, UpstreamRefusal> {
        self.ask("assertion-", assertion).await
    }
}
