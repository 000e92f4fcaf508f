//! Entra ID in one caller's hands. Refresh tokens rotate, and a used one stays good, as Entra's do.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering},
    },
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
const REFRESH: &str = "refresh-";
/// The claims that a policy of Entra demands of every exchange, as a set of one.
const OF_POLICY: u8 = 1;
/// The claims that Graph demands.
const OF_GRAPH: u8 = 2;

/// The past and future answers of its token endpoint.
#[derive(Default)]
pub(crate) struct Issued {
    /// Each answer brings an assertion and a refresh token with its number.
    answers: AtomicU32,
    wants_the_user: AtomicBool,
    demands_claims: AtomicBool,
    graph_demands_claims: AtomicBool,
    refuses_exchanges: AtomicBool,
    refuses_second_legs: AtomicBool,
    /// The answers before this one are of sign-ins that are not enough for an exchange.
    enough_from: AtomicU32,
    /// The claims that each answer has: those that its sign-in brought, or of an exchange those for which it asked.
    claims: Mutex<BTreeMap<u32, u8>>,
}

#[derive(Clone)]
pub(crate) struct Entra {
    pub(crate) issued: Arc<Issued>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) caller: Arc<Caller>,
    /// The claims with which the browser of this caller was sent to sign in. No other browser knows of them.
    pub(crate) brings: Arc<AtomicU8>,
}

impl Issued {
    /// The same answers and the same policy in a tenant of its own.
    pub(crate) fn copy(&self) -> Self {
        Self {
            answers: AtomicU32::new(self.answers.load(Ordering::Relaxed)),
            demands_claims: AtomicBool::new(self.demands_claims.load(Ordering::Relaxed)),
            claims: Mutex::new(lock(&self.claims).clone()),
            ..Self::default()
        }
    }

    /// From now on no token is enough.
    pub(crate) fn want_the_user(&self) {
        self.wants_the_user.store(true, Ordering::Relaxed);
    }

    /// From now on an exchange needs a sign-in that brought these claims.
    pub(crate) fn demand_claims(&self) {
        self.demands_claims.store(true, Ordering::Relaxed);
    }

    /// From now on Graph demands claims of its own.
    pub(crate) fn demand_claims_at_graph(&self) {
        self.graph_demands_claims.store(true, Ordering::Relaxed);
    }

    /// Whether a sign-in that brings the claims is not enough either.
    pub(crate) fn refuse_second_legs(&self, refuse: bool) {
        self.refuses_second_legs.store(refuse, Ordering::Relaxed);
    }

    /// The claims that Graph demands because this token lacks them.
    pub(crate) fn challenge_of_graph(&self, token: &SecretString) -> Option<Claims> {
        let lacks = self.named(ASSERTION, token).is_none_or(|number| !self.has(number, OF_GRAPH));
        (self.graph_demands_claims.load(Ordering::Relaxed) && lacks).then(of_graph)
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

    fn claims_of(&self, number: u32) -> u8 {
        lock(&self.claims).get(&number).copied().unwrap_or_default()
    }

    fn has(&self, number: u32, claims: u8) -> bool {
        self.claims_of(number) & claims == claims
    }

    /// The claims that an exchange of this assertion lacks. Entra names those of its own policy first, and only those.
    fn lacked(&self, number: u32, asked: u8) -> Option<Claims> {
        let never = self.refuses_second_legs.load(Ordering::Relaxed);
        if self.demands_claims.load(Ordering::Relaxed) && (never || !self.has(number, OF_POLICY)) {
            return Some(of_policy());
        }
        (asked & OF_GRAPH != 0 && !self.has(number, OF_GRAPH)).then(of_graph)
    }
}

impl Entra {
    fn answer(&self, claims: u8) -> UpstreamAnswer {
        let number = self.issued.answers.fetch_add(1, Ordering::Relaxed);
        lock(&self.issued.claims).insert(number, claims);
        UpstreamAnswer {
            access_token: format!("{ASSERTION}{number}").into(),
            refresh_token: Some(format!("{REFRESH}{number}").into()),
            expires_at: self.clock.now() + Duration::minutes(75),
        }
    }

    /// Exchanges an issued token for new ones; `asked` are the claims that an exchange asks for.
    async fn ask(
        &self,
        prefix: &'static str,
        token: &SecretString,
        asked: u8,
    ) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let (entra, token) = (self.clone(), token.clone());
        let operation = move || {
            let number = entra.issued.named(prefix, &token)?;
            let has = entra.issued.claims_of(number);
            Some((entra.answer(if prefix == ASSERTION { has & asked } else { has }), number))
        };
        let answer = self.caller.turn(Kind::Write, operation).await?;
        if self.issued.wants_the_user.load(Ordering::Relaxed) {
            return Err(UpstreamRefusal::InteractionRequired { claims: None, reason: "the user is wanted".into() });
        }
        let (answer, number) =
            answer.ok_or_else(|| UpstreamRefusal::InvalidGrant { reason: "unknown token".into() })?;
        if prefix == ASSERTION {
            if let Some(refusal) = self.issued.refusal(number) {
                return Err(refusal);
            }
            if let Some(lacked) = self.issued.lacked(number, asked) {
                return Err(UpstreamRefusal::InteractionRequired { claims: Some(lacked), reason: "a policy".into() });
            }
        }
        Ok(answer)
    }
}

fn of_policy() -> Claims {
    Claims::parse(r#"{"access_token":{"capolids":{"essential":true,"values":["policy"]}}}"#).unwrap()
}

fn of_graph() -> Claims {
    Claims::parse(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#).unwrap()
}

/// Which of the two are in it.
fn members(claims: &Claims) -> u8 {
    let challenge = claims.challenge();
    let of = |member: &str, claims: u8| if challenge.contains(member) { claims } else { 0 };
    of("capolids", OF_POLICY) | of("acrs", OF_GRAPH)
}

/// The only owner.
pub(crate) fn owner() -> Subject {
    Subject { tid: "tenant".into(), oid: "owner".into() }
}

#[async_trait]
impl Upstream for Entra {
    fn sign_in_url(&self, sign_in: &SignInRequest<'_>) -> String {
        let brought = sign_in.demanded.map_or(0, |demanded| members(demanded.claims));
        self.brings.fetch_or(brought, Ordering::Relaxed);
        format!("https://upstream.example/authorize?{}", form::encode([("state", sign_in.state)]))
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn redeem(&self, _: &SecretString, _: &SecretString, _: &str) -> Result<SignedInUser, UpstreamRefusal> {
        let entra = self.clone();
        let brought = self.brings.load(Ordering::Relaxed);
        let tokens = self.caller.turn(Kind::Write, move || entra.answer(brought)).await?;
        Ok(SignedInUser { subject: owner(), name: "Owner".into(), login_hint: String::new(), tokens })
    }

    async fn refresh(&self, refresh_token: &SecretString) -> Result<UpstreamAnswer, UpstreamRefusal> {
        self.ask(REFRESH, refresh_token, 0).await
    }

    async fn roles(&self, _: &SecretString, _: Id) -> Result<Roles, UpstreamRefusal> {
        Ok(Roles::named([], self.clock.now()))
    }

    async fn on_behalf_of(
        &self,
        assertion: &SecretString,
        _: &ApiScopes,
        claims: Option<&Claims>,
    ) -> Result<UpstreamAnswer, UpstreamRefusal> {
        self.ask(ASSERTION, assertion, claims.map_or(0, members)).await
    }
}
