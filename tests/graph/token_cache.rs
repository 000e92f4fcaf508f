//! When a downstream token is exchanged anew, and when a cached one serves.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use authorization_server::{
    ground::{Clock as _, Id},
    resource::{
        authenticate::{Credential, Principal, ReadRoles},
        downstream::{DownstreamError, DownstreamToken, DownstreamTokens},
    },
    state::{
        api::{Api, ApiScopes},
        claims::Claims,
    },
};
use futures_util::future::join_all;
use oauth_protocol::scope::Scope;
use remote_auth_mcp::graph::TokenCache;
use secrecy::ExposeSecret as _;
use testkit::{ManualClock, ORDERS, user_read};
use time::OffsetDateTime;
use tokio::time::sleep;

/// How long the exchange takes.
const LATENCY: Duration = Duration::from_millis(10);

/// Numbers its tokens, which live an hour.
struct Exchange {
    clock: Arc<ManualClock>,
    exchanges: AtomicUsize,
    /// The least length of a token.
    length: AtomicUsize,
    refusal: Mutex<Option<DownstreamError>>,
}

#[async_trait]
impl DownstreamTokens for Exchange {
    async fn token(
        &self,
        _: &Principal,
        _: &ApiScopes,
        _: Option<&Claims>,
    ) -> Result<DownstreamToken, DownstreamError> {
        let number = self.exchanges.fetch_add(1, Ordering::SeqCst) + 1;
        sleep(LATENCY).await;
        if let Some(refusal) = self.refusal.lock().unwrap().take() {
            return Err(refusal);
        }
        let expires_at = self.clock.now() + time::Duration::HOUR;
        let access_token = format!("{number:0>length$}", length = self.length.load(Ordering::SeqCst));
        Ok(DownstreamToken { access_token: Arc::new(access_token.into()), expires_at })
    }
}

struct Rig {
    clock: Arc<ManualClock>,
    exchange: Arc<Exchange>,
    cache: TokenCache,
}

impl Rig {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let (exchanges, length, refusal) = (AtomicUsize::new(0), AtomicUsize::new(1), Mutex::new(None));
        let exchange = Arc::new(Exchange { clock: Arc::clone(&clock), exchanges, length, refusal });
        let cache = TokenCache::new(Arc::clone(&exchange) as _, Arc::clone(&clock) as _);
        Self { clock, exchange, cache }
    }

    async fn token(&self, principal: &Principal, scopes: &ApiScopes) -> String {
        self.cache.token(principal, scopes, None).await.unwrap().access_token.expose_secret().to_owned()
    }

    fn exchanges(&self) -> usize {
        self.exchange.exchanges.load(Ordering::SeqCst)
    }
}

fn graph(names: &[&'static str]) -> ApiScopes {
    ApiScopes { api: Api::Graph, names: names.to_vec() }
}

fn principal(owner: u8, grant: u8) -> Principal {
    let id = |byte| Id::from_bytes([byte; 16]);
    Principal {
        owner: id(owner),
        client: id(9),
        scope: Scope::parse("user.read").unwrap(),
        expires_at: OffsetDateTime::UNIX_EPOCH,
        credential: Credential::Grant { id: id(grant), generation: 1 },
        roles: ReadRoles::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_serves_until_five_minutes_before_its_end() {
    let (rig, bob) = (Rig::new(), principal(1, 1));
    assert_eq!(rig.token(&bob, &user_read()).await, "1");
    rig.clock.advance(time::Duration::minutes(55) - time::Duration::NANOSECOND);
    assert_eq!(rig.token(&bob, &user_read()).await, "1");
    rig.clock.advance(time::Duration::NANOSECOND);
    assert_eq!(rig.token(&bob, &user_read()).await, "2");
    assert_eq!(rig.token(&bob, &user_read()).await, "2");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_of_one_grant_of_one_api_and_of_the_scopes_that_it_was_asked_for() {
    let rig = Rig::new();
    let callers = [principal(1, 1), principal(1, 2), principal(2, 1)];
    let mut tokens = Vec::new();
    for caller in &callers {
        tokens.push(rig.token(caller, &user_read()).await);
    }
    tokens.push(rig.token(&callers[0], &graph(&["Mail.Read"])).await);
    tokens.push(rig.token(&callers[0], &graph(&["User.Read", "Mail.Read"])).await);
    let orders = ApiScopes { api: Api::Registered(&ORDERS), ..user_read() };
    tokens.push(rig.token(&callers[0], &orders).await);
    assert_eq!(tokens, ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(rig.token(&callers[0], &user_read()).await, "1");
    let newer = Principal { expires_at: OffsetDateTime::UNIX_EPOCH + time::Duration::HOUR, ..principal(1, 1) };
    assert_eq!(rig.token(&newer, &user_read()).await, "1", "a refreshed access token is of the same grant");
}

#[tokio::test(start_paused = true)]
async fn demanded_claims_are_exchanged_for_past_the_cache_and_their_token_is_kept() {
    let (rig, bob) = (Rig::new(), principal(1, 1));
    let claims = Claims::parse(r#"{"access_token":{"nbf":{"essential":true,"value":"1702682181"}}}"#).unwrap();
    assert_eq!(rig.token(&bob, &user_read()).await, "1");
    for number in ["2", "3"] {
        let demanded = rig.cache.token(&bob, &user_read(), Some(&claims)).await.unwrap();
        assert_eq!(demanded.access_token.expose_secret(), number);
        assert_eq!(rig.token(&bob, &user_read()).await, number);
    }
    *rig.exchange.refusal.lock().unwrap() = Some(DownstreamError::SignInAgain);
    assert!(rig.cache.token(&bob, &user_read(), Some(&claims)).await.is_err());
    assert_eq!(rig.token(&bob, &user_read()).await, "3", "a refused demand takes no token away");
}

#[tokio::test(start_paused = true)]
async fn callers_that_come_together_wait_for_one_exchange() {
    let (rig, bob) = (Rig::new(), principal(1, 1));
    let scopes = user_read();
    let tokens = join_all((0..50).map(|_| rig.token(&bob, &scopes))).await;
    assert!(tokens.iter().all(|token| token == "1"), "{tokens:?}");
    assert_eq!(rig.exchanges(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_to_all_who_wait_and_is_not_kept() {
    let (rig, bob) = (Rig::new(), principal(1, 1));
    *rig.exchange.refusal.lock().unwrap() = Some(DownstreamError::SignInAgain);
    let scopes = user_read();
    let refused = join_all((0..10).map(|_| rig.cache.token(&bob, &scopes, None))).await;
    assert!(refused.iter().all(|outcome| matches!(outcome, Err(DownstreamError::SignInAgain))));
    assert_eq!(rig.exchanges(), 1);
    assert_eq!(rig.token(&bob, &user_read()).await, "2");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_graph_refused_is_forgotten_and_no_other() {
    let (rig, bob, alice) = (Rig::new(), principal(1, 1), principal(2, 2));
    rig.token(&bob, &user_read()).await;
    rig.token(&alice, &user_read()).await;
    rig.token(&bob, &graph(&["Mail.Read"])).await;
    assert!(rig.cache.forget(&bob, &user_read(), None).await);
    assert_eq!(rig.token(&bob, &user_read()).await, "4");
    assert_eq!(rig.token(&alice, &user_read()).await, "2");
    assert_eq!(rig.token(&bob, &graph(&["Mail.Read"])).await, "3");
}

#[tokio::test(start_paused = true)]
async fn all_tokens_together_take_a_limited_number_of_bytes() {
    const LENGTH: usize = 60_000;
    const CALLERS: usize = 1_000;
    let rig = Rig::new();
    rig.exchange.length.store(LENGTH, Ordering::SeqCst);
    let callers: Vec<_> = (0..40).flat_map(|owner| (0..25).map(move |grant| principal(owner, grant))).collect();
    for caller in callers.iter().chain(callers.iter().rev()) {
        rig.token(caller, &user_read()).await;
    }
    let kept = 2 * CALLERS - rig.exchanges();
    // The cache notices some dozens of tokens late.
    assert!(kept * LENGTH < 16 * 1024 * 1024, "{kept} tokens");
}
