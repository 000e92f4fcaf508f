//! A stand-in for Entra: answers from a script, and records the requests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use authorization_server::{
    ground::{Clock as _, Id, Subject, Unavailable},
    state::{
        api::ApiScopes,
        claims::Claims,
        pending_consent::SignInPrompt,
        roles::Roles,
        scopes::{USER_READ, of_api},
    },
    upstream::{SignInRequest, SignedInUser, Upstream, UpstreamAnswer, UpstreamRefusal},
};
use oauth_protocol::form;
use secrecy::{ExposeSecret as _, SecretString};
use time::Duration;

use crate::{ManualClock, issued_roles::IssuedRoles, lock};

/// The scope of a first sign-in.
#[must_use]
pub fn user_read() -> ApiScopes {
    of_api(USER_READ.api, &[&USER_READ])
}

/// A request that reached the upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To redeem a sign-in code.
    Redeem {
        /// The code.
        code: String,
        /// Our PKCE verifier.
        verifier: String,
        /// The nonce that the ID token must have.
        nonce: String,
    },
    /// To redeem a refresh token.
    Refresh(String),
    /// To exchange an assertion.
    OnBehalfOf {
        /// The assertion.
        assertion: String,
        /// The scopes of an API.
        scopes: ApiScopes,
        /// The claims that the token must have.
        claims: Option<Claims>,
    },
}

/// Succeeds unless the script says otherwise. Every token it gives is another.
pub struct ScriptedUpstream {
    clock: Arc<ManualClock>,
    pub(crate) state: Mutex<State>,
}

pub(crate) struct State {
    subject: Subject,
    lifetime: Duration,
    keeps_refresh_tokens: bool,
    pub(crate) roles: IssuedRoles,
    tokens: usize,
    asked: Vec<Asked>,
    redeem: VecDeque<UpstreamRefusal>,
    refresh: VecDeque<UpstreamRefusal>,
    on_behalf_of: VecDeque<UpstreamRefusal>,
    not_ready: bool,
}

impl ScriptedUpstream {
    /// An upstream whose access tokens live 75 minutes, as Entra's do on average.
    #[must_use]
    pub fn new(clock: Arc<ManualClock>) -> Self {
        let state = State {
            subject: Subject { tid: "tenant".into(), oid: "owner".into() },
            lifetime: Duration::minutes(75),
            keeps_refresh_tokens: false,
            roles: IssuedRoles::default(),
            tokens: 0,
            asked: Vec::new(),
            redeem: VecDeque::new(),
            refresh: VecDeque::new(),
            on_behalf_of: VecDeque::new(),
            not_ready: false,
        };
        Self { clock, state: Mutex::new(state) }
    }

    /// Sets the person who signs in from now on. The object id is also the name.
    pub fn set_subject(&self, subject: Subject) {
        lock(&self.state).subject = subject;
    }

    /// How long the access tokens of further answers live.
    pub fn set_lifetime(&self, lifetime: Duration) {
        lock(&self.state).lifetime = lifetime;
    }

    /// Further answers bring no refresh token: the one before stays good.
    pub fn keep_refresh_tokens(&self) {
        lock(&self.state).keeps_refresh_tokens = true;
    }

    /// One further redemption is refused.
    pub fn refuse_redeem(&self, refusal: UpstreamRefusal) {
        lock(&self.state).redeem.push_back(refusal);
    }

    /// One further refresh is refused.
    pub fn refuse_refresh(&self, refusal: UpstreamRefusal) {
        lock(&self.state).refresh.push_back(refusal);
    }

    /// One further exchange is refused.
    pub fn refuse_on_behalf_of(&self, refusal: UpstreamRefusal) {
        lock(&self.state).on_behalf_of.push_back(refusal);
    }

    /// Whether this server can ask it anything.
    pub fn set_ready(&self, ready: bool) {
        lock(&self.state).not_ready = !ready;
    }

    /// Everything it was asked, oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.state).asked.clone()
    }

    /// How often it was asked for a refresh.
    #[must_use]
    pub fn refreshes(&self) -> usize {
        lock(&self.state).asked.iter().filter(|asked| matches!(asked, Asked::Refresh(_))).count()
    }

    fn answer(&self, state: &mut State) -> UpstreamAnswer {
        state.tokens += 1;
        let refresh_token = (!state.keeps_refresh_tokens).then(|| format!("upstream-refresh-{}", state.tokens).into());
        let access_token = format!("assertion-{}", state.tokens);
        state.roles.put_into(&access_token, state.subject.owner_key(), self.clock.now());
        UpstreamAnswer {
            access_token: access_token.into(),
            refresh_token,
            expires_at: self.clock.now() + state.lifetime,
        }
    }
}

#[async_trait]
impl Upstream for ScriptedUpstream {
    fn sign_in_url(&self, sign_in: &SignInRequest<'_>) -> String {
        let scope =
            sign_in.downstream_scopes.iter().flat_map(|scopes| &scopes.names).copied().collect::<Vec<_>>().join(" ");
        let prompt = match sign_in.prompt {
            SignInPrompt::Any => "",
            SignInPrompt::SelectAccount => "select_account",
            SignInPrompt::Login => "login",
        };
        let query = form::encode([
            ("state", sign_in.state),
            ("code_challenge", sign_in.code_challenge),
            ("nonce", sign_in.nonce),
            ("scope", scope.as_str()),
            ("prompt", prompt),
            ("claims", &sign_in.demanded.map(|demanded| demanded.claims.declaring("cp1")).unwrap_or_default()),
            ("login_hint", sign_in.demanded.map_or("", |demanded| demanded.login_hint)),
        ]);
        format!("https://upstream.example/authorize?{query}")
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        if lock(&self.state).not_ready { Err(Unavailable::identity_endpoint("no assertion")) } else { Ok(()) }
    }

    async fn redeem(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        nonce: &str,
    ) -> Result<SignedInUser, UpstreamRefusal> {
        let mut state = lock(&self.state);
        state.asked.push(Asked::Redeem {
            code: code.expose_secret().to_owned(),
            verifier: verifier.expose_secret().to_owned(),
            nonce: nonce.to_owned(),
        });
        if let Some(refusal) = state.redeem.pop_front() {
            return Err(refusal);
        }
        let subject = state.subject.clone();
        let (name, login_hint) = (subject.oid.clone(), format!("{}@contoso.example", subject.oid));
        Ok(SignedInUser { name, login_hint, subject, tokens: self.answer(&mut state) })
    }

    async fn refresh(&self, refresh_token: &SecretString) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let mut state = lock(&self.state);
        state.asked.push(Asked::Refresh(refresh_token.expose_secret().to_owned()));
        let refusal = state.refresh.pop_front();
        refusal.map_or_else(|| Ok(self.answer(&mut state)), Err)
    }

    async fn roles(&self, access_token: &SecretString, owner: Id) -> Result<Roles, UpstreamRefusal> {
        let roles = lock(&self.state).roles.of(access_token.expose_secret(), owner);
        roles.ok_or_else(|| UpstreamRefusal::Refused { reason: "access token".into() })
    }

    async fn on_behalf_of(
        &self,
        assertion: &SecretString,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
    ) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let mut state = lock(&self.state);
        let (assertion, scopes, claims) = (assertion.expose_secret().to_owned(), scopes.clone(), claims.cloned());
        state.asked.push(Asked::OnBehalfOf { assertion, scopes, claims });
        let refusal = state.on_behalf_of.pop_front();
        refusal.map_or_else(|| Ok(self.answer(&mut state)), Err)
    }
}
