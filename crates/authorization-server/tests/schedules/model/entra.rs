//! Entra ID in one caller's hands. Refresh tokens rotate, and a used one stays good, as Entra's do.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use async_trait::async_trait;
use authorization_server::{
    ground::{Clock, Id, Subject, Unavailable},
    state::{api::ApiScopes, claims::Claims, roles::Roles},
    upstream::{SignInRequest, SignedInUser, Upstream, UpstreamAnswer, UpstreamRefusal},
};
use oauth_protocol::form;
use secrecy::{ExposeSecret as _, SecretString};
use time::Duration;

use super::{Caller, Kind, lock};

const ASSERTION: &str = "assertion-";

/// The past and future answers of its token endpoint.
#[derive(Default)]
pub(crate) struct Issued {
    /// Each answer brings an assertion and a refresh token with its number.
    answers: AtomicU32,
    wants_the_user: AtomicBool,
    demands_claims: AtomicBool,
    refuses_exchanges: AtomicBool,
    /// The answers before this one are of sign-ins that are not enough for an exchange.
    enough_from: AtomicU32,
    /// The answers to sign-ins that brought the claims, and to refreshes of those.
    with_claims: Mutex<Vec<u32>>,
}

#[derive(Clone)]
pub(crate) struct Entra {
    pub(crate) issued: Arc<Issued>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) caller: Arc<Caller>,
    /// Whether the browser of this caller was sent to sign in with the claims.
    pub(crate) brings_claims: Arc<AtomicBool>,
}

impl Issued {
    /// The same number in a tenant of its own.
    pub(crate) fn copy(&self) -> Self {
        Self { answers: AtomicU32::new(self.answers.load(Ordering::Relaxed)), ..Self::default() }
    }

    /// From now on no token is enough.
    pub(crate) fn want_the_user(&self) {
        self.wants_the_user.store(true, Ordering::Relaxed);
    }

    /// From now on an exchange needs a sign-in that brought these claims.
    pub(crate) fn demand_claims(&self) {
        self.demands_claims.store(true, Ordering::Relaxed);
    }

    /// From now on no exchange succeeds, for any user.
    pub(crate) fn refuse_exchanges(&self) {
        self.refuses_exchanges.store(true, Ordering::Relaxed);
    }

    /// From now on an exchange needs a later sign-in: the user has to consent.
    pub(crate) fn want_consent(&self) {
        self.enough_from.store(self.answers.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The refusal of an exchange of this assertion without claims.
    fn refusal(&self, number: u32) -> Option<UpstreamRefusal> {
        let is_old = number < self.enough_from.load(Ordering::Relaxed);
        let refused = is_old || self.refuses_exchanges.load(Ordering::Relaxed);
        refused.then(|| UpstreamRefusal::InteractionRequired { claims: None, reason: "no consent".into() })
    }

    /// The answer that this text names, if it was given.
    fn named(&self, prefix: &str, token: &SecretString) -> Option<u32> {
        let number = token.expose_secret().strip_prefix(prefix).and_then(|number| number.parse().ok());
        number.filter(|number| *number < self.answers.load(Ordering::Relaxed))
    }

    fn has_claims(&self, number: u32) -> bool {
        lock(&self.with_claims).contains(&number)
    }
}

impl Entra {
    fn answer(&self, has_claims: bool) -> UpstreamAnswer {
        let number = self.issued.answers.fetch_add(1, Ordering::Relaxed);
        lock(&self.issued.with_claims).extend(has_claims.then_some(number));
        UpstreamAnswer {
            access_token: format!("assertion-{number}").into(),
            refresh_token: Some(format!("refresh-{number}").into()),
            expires_at: self.clock.now() + Duration::minutes(75),
        }
    }

    /// Exchanges an issued refresh token for new tokens.
    async fn ask(&self, prefix: &'static str, token: &SecretString) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let (entra, token) = (self.clone(), token.clone());
        let operation = move || {
            let number = entra.issued.named(prefix, &token)?;
            let has_claims = entra.issued.has_claims(number);
            Some((entra.answer(has_claims), has_claims, number))
        };
        let answer = self.caller.turn(Kind::Write, operation).await?;
        if self.issued.wants_the_user.load(Ordering::Relaxed) {
            return Err(UpstreamRefusal::InteractionRequired { claims: None, reason: "the user is wanted".into() });
        }
        let (answer, has_claims, number) =
            answer.ok_or_else(|| UpstreamRefusal::InvalidGrant { reason: "unknown token".into() })?;
        if let Some(refusal) = self.issued.refusal(number).filter(|_| prefix == ASSERTION) {
            return Err(refusal);
        }
        if prefix == ASSERTION && !has_claims && self.issued.demands_claims.load(Ordering::Relaxed) {
            return Err(UpstreamRefusal::InteractionRequired { claims: demanded(), reason: "a policy".into() });
        }
        Ok(answer)
    }
}

/// What the policy demands.
fn demanded() -> Option<Claims> {
    Claims::parse(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#)
}

/// The only owner.
pub(crate) fn owner() -> Subject {
    Subject { tid: "tenant".into(), oid: "owner".into() }
}

#[async_trait]
impl Upstream for Entra {
    fn sign_in_url(&self, sign_in: &SignInRequest<'_>) -> String {
        let brings = sign_in.demanded.is_some_and(|brought| demanded().as_ref() == Some(brought.claims));
        self.brings_claims.store(brings, Ordering::Relaxed);
        format!("https://upstream.example/authorize?{}", form::encode([("state", sign_in.state)]))
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn redeem(&self, _: &SecretString, _: &SecretString, _: &str) -> Result<SignedInUser, UpstreamRefusal> {
        let entra = self.clone();
        let has_claims = self.brings_claims.load(Ordering::Relaxed);
        let tokens = self.caller.turn(Kind::Write, move || entra.answer(has_claims)).await?;
        Ok(SignedInUser { subject: owner(), name: "Owner".into(), login_hint: String::new(), tokens })
    }

    async fn refresh(&self, refresh_token: &SecretString) -> Result<UpstreamAnswer, UpstreamRefusal> {
        self.ask("refresh-", refresh_token).await
    }

    async fn roles(&self, _: &SecretString, _: Id) -> Result<Roles, UpstreamRefusal> {
        Ok(Roles::named([], self.clock.now()))
    }

    async fn on_behalf_of(
        &self,
        assertion: &SecretString,
        _: &ApiScopes,
        _: Option<&Claims>,
    ) -> Result<UpstreamAnswer, UpstreamRefusal> {
        self.ask(ASSERTION, assertion).await
    }
}
