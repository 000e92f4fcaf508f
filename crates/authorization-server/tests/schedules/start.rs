//! The initial states of scenarios. Each is made once, and every schedule starts from a copy.

use std::sync::{Arc, LazyLock};

use authorization_server::{
    endpoints::{operator_decision::OperatorDecisionError, revoke::RevokeError, token_error::TokenError},
    ground::{Clock as _, GrantKey, Id, Subject, Unavailable},
    resource::downstream::{DownstreamError, DownstreamTokens as _},
    state::{blocks::BlockTarget, operator_record::OperatorDecision},
};
use oauth_protocol::token_response::TokenResponse;
use secrecy::{ExposeSecret as _, SecretString};
use testkit::{FlowError, Rig, user_read};
use time::Duration;

use crate::{
    model::{at_once, owner},
    world::World,
};

/// Until Entra's tokens would end within an access token's life, so that a refresh refreshes them too.
pub(crate) const UNTIL_DUE: Duration = Duration::minutes(30);

/// A client that was given a code, and maybe has redeemed it.
pub(crate) struct Start {
    pub(crate) world: World,
    pub(crate) client_id: String,
    pub(crate) code: SecretString,
    /// The tokens that it received for the code.
    pub(crate) tokens: Option<Tokens>,
}

/// A pair of tokens.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) access: SecretString,
    pub(crate) refresh: SecretString,
}

impl From<TokenResponse> for Tokens {
    fn from(response: TokenResponse) -> Self {
        Self { access: response.access_token, refresh: response.refresh_token }
    }
}

impl Tokens {
    /// A call with the access token. Whether it is accepted.
    pub(crate) fn call(&self) -> impl AsyncFnOnce(&Rig) -> Result<bool, Unavailable> + 'static {
        let access = self.access.clone();
        async move |rig: &Rig| rig.accepts(&access).await
    }
}

/// A client of the owner.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) client_id: String,
    pub(crate) tokens: Tokens,
}

/// Told by the token endpoint.
pub(crate) type Told = Result<Tokens, TokenError>;

static CODE: LazyLock<Start> = LazyLock::new(|| {
    let world = World::default();
    let process = world.alone();
    let client_id = at_once(process.rig.register()).unwrap();
    at_once(note_use(&process.rig, &client_id)).unwrap();
    let code = at_once(process.rig.code(&client_id)).unwrap();
    Start { world, client_id, code, tokens: None }
});

static TOKENS: LazyLock<Start> = LazyLock::new(|| {
    let start = CODE.copy();
    let tokens = start.alone(start.redeem()).unwrap();
    Start { tokens: Some(tokens), ..start }
});

/// A policy demands claims. The other client has met it.
static TWO_CLIENTS: LazyLock<(Start, SignedIn)> = LazyLock::new(|| {
    let start = TOKENS.copy();
    let client_id = start.alone(async |rig: &Rig| {
        let client_id = rig.register().await.unwrap();
        note_use(rig, &client_id).await.unwrap();
        client_id
    });
    start.world.issued.demand_claims();
    let before = start.alone(Start::sign_in_to(&client_id)).unwrap();
    start.alone(start.use_tool(&before));
    let tokens = start.alone(Start::sign_in_to(&client_id)).unwrap();
    (start, SignedIn { client_id, tokens })
});

static UNISSUED: LazyLock<Start> = LazyLock::new(|| {
    let start = CODE.copy();
    start.alone(start.redeem()).unwrap();
    let grant = start.world.grants.all().remove(0);
    start.alone(async |rig: &Rig| unissue(rig, &grant.key).await.unwrap());
    start
});

/// Unissues the grant, as a failed redemption does.
async fn unissue(rig: &Rig, key: &GrantKey) -> Option<()> {
    let grants = &rig.ports.grants;
    let granted = grants.get(key).await.ok()??;
    grants.advance(&granted.version, granted.value.unissued()).await.ok().map(drop)
}

/// The client was in use before, so that no request has to note it.
async fn note_use(rig: &Rig, client_id: &str) -> Option<()> {
    let clients = &rig.ports.clients;
    let client = clients.get(&Id::parse(client_id)?).await.ok()??;
    let used = client.value.used(rig.clock.now())?;
    clients.advance(&client.version, used).await.ok().map(drop)
}

impl Start {
    /// A code waits for its redemption.
    pub(crate) fn with_code() -> Self {
        CODE.copy()
    }

    /// The code waits for its redemption again, after one that failed.
    pub(crate) fn with_unissued_grant() -> Self {
        UNISSUED.copy()
    }

    /// The code was redeemed; its tokens have not been used.
    pub(crate) fn with_tokens() -> (Self, Tokens) {
        let start = TOKENS.copy();
        let tokens = start.tokens.clone().unwrap();
        (start, tokens)
    }

    /// Two clients of the owner, and a policy that demands claims, which the second client has met.
    pub(crate) fn with_two_clients() -> (Self, [SignedIn; 2]) {
        let (start, met) = (TWO_CLIENTS.0.copy(), TWO_CLIENTS.1.clone());
        let first = SignedIn { client_id: start.client_id.clone(), tokens: start.tokens.clone().unwrap() };
        (start, [first, met])
    }

    /// A request, by itself, to a process that has just been started.
    pub(crate) fn alone<T>(&self, request: impl AsyncFnOnce(&Rig) -> T) -> T {
        at_once(request(&self.world.alone().rig))
    }

    fn copy(&self) -> Self {
        Self {
            world: self.world.copy(),
            client_id: self.client_id.clone(),
            code: self.code.clone(),
            tokens: self.tokens.clone(),
        }
    }

    /// The client redeems its code.
    pub(crate) fn redeem(&self) -> impl AsyncFnOnce(&Rig) -> Told + 'static {
        let (client_id, code) = (self.client_id.clone(), self.code.clone());
        async move |rig: &Rig| rig.redeem(&client_id, &code).await.map(Tokens::from)
    }

    /// The client refreshes.
    pub(crate) fn refresh(&self, tokens: &Tokens) -> impl AsyncFnOnce(&Rig) -> Told + 'static {
        Self::refresh_of(&self.client_id, tokens)
    }

    /// Another client refreshes.
    pub(crate) fn refresh_of(client_id: &str, tokens: &Tokens) -> impl AsyncFnOnce(&Rig) -> Told + use<> + 'static {
        let (client_id, token) = (client_id.to_owned(), tokens.refresh.clone());
        async move |rig: &Rig| rig.refresh(&client_id, &token).await.map(Tokens::from)
    }

    /// A tool call: whether Graph answers. `None` if the access token was refused. A challenge of Graph is answered as the client
    /// of APIs does it, by one exchange with its claims.
    pub(crate) fn use_tool(
        &self,
        tokens: &Tokens,
    ) -> impl AsyncFnOnce(&Rig) -> Option<Result<(), DownstreamError>> + 'static {
        let (access, issued) = (tokens.access.clone(), Arc::clone(&self.world.issued));
        async move |rig: &Rig| {
            let principal = rig.server.authenticate(access.expose_secret()).await.ok()??;
            let given = rig.server.token(&principal, &user_read(), None).await;
            let challenge = given.as_ref().ok().and_then(|given| issued.challenge_of_graph(&given.access_token));
            let Some(claims) = challenge else { return Some(given.map(drop)) };
            let given = rig.server.token(&principal, &user_read(), Some(&claims)).await;
            let again = given.as_ref().ok().and_then(|given| issued.challenge_of_graph(&given.access_token));
            assert!(again.is_none(), "a token that was exchanged for Graph's claims lacks them");
            Some(given.map(drop))
        }
    }

    /// The client revokes its refresh token, and with it the grant.
    pub(crate) fn revoke(&self, tokens: &Tokens) -> impl AsyncFnOnce(&Rig) -> Result<(), RevokeError> + 'static {
        let (client_id, token) = (self.client_id.clone(), tokens.refresh.clone());
        async move |rig: &Rig| rig.revoke(&client_id, &token).await
    }

    /// The owner withdraws what the client was allowed.
    pub(crate) fn withdraw(&self) -> impl AsyncFnOnce(&Rig) -> Result<(), Unavailable> + 'static {
        let client = Id::parse(&self.client_id);
        async move |rig: &Rig| rig.server.withdraw(owner().owner_key(), &[client]).await
    }

    /// The same, where reading the operator's blocks is a turn.
    pub(crate) fn with_turns_for_blocks(mut self) -> Self {
        self.world.blocks_take_turns = true;
        self
    }

    /// An operator decides about the client.
    pub(crate) fn decide(
        &self,
        decision: fn(BlockTarget) -> OperatorDecision,
    ) -> impl AsyncFnOnce(&Rig) -> Result<(), OperatorDecisionError> + 'static {
        let decision = Id::parse(&self.client_id).map(|id| decision(BlockTarget::Registration(id)));
        let operator = Subject { tid: "tenant".into(), oid: "operator".into() };
        async move |rig: &Rig| {
            rig.server.decide_as_operator(Id::random(rig.ports.entropy.as_ref()), &operator, decision.unwrap()).await
        }
    }

    /// The owner signs in to the client once more, and reads the whole page.
    pub(crate) fn sign_in(&self) -> impl AsyncFnOnce(&Rig) -> Result<Tokens, FlowError> + 'static {
        Self::sign_in_to(&self.client_id)
    }

    /// The same for this client.
    pub(crate) fn sign_in_to(client_id: &str) -> impl AsyncFnOnce(&Rig) -> Result<Tokens, FlowError> + 'static {
        let client_id = client_id.to_owned();
        async move |rig: &Rig| {
            let code = rig.code(&client_id).await?;
            Ok(rig.redeem(&client_id, &code).await?.into())
        }
    }
}
