//! A request to Entra that is repeated: asked once at a time, and a refusal is believed for a while.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use authorization_server::{
    ground::{Id, Unavailable},
    state::{
        api::{Api, ApiScopes},
        claims::Claims,
        roles::Roles,
    },
    upstream::{SignInRequest, SignedInUser, Upstream, UpstreamAnswer, UpstreamRefusal},
};
use remote_auth_mcp::entra::NegativeCache;
use secrecy::SecretString;
use testkit::{ManualClock, ORDERS};
use time::{Duration, macros::datetime};
use tokio::sync::Semaphore;

type Answer = Result<UpstreamAnswer, UpstreamRefusal>;

/// Answers in turn, each after a permit of the gate; counts the requests.
struct Scripted {
    answers: Mutex<Vec<Answer>>,
    asked: Mutex<usize>,
    gate: Semaphore,
}

impl Scripted {
    async fn next(&self) -> Answer {
        *self.asked.lock().unwrap() += 1;
        self.gate.acquire().await.unwrap().forget();
        self.answers.lock().unwrap().remove(0)
    }
}

#[async_trait]
impl Upstream for Scripted {
    fn sign_in_url(&self, _: &SignInRequest<'_>) -> String {
        unreachable!()
    }
    async fn ready(&self) -> Result<(), Unavailable> {
        unreachable!()
    }
    async fn redeem(&self, _: &SecretString, _: &SecretString, _: &str) -> Result<SignedInUser, UpstreamRefusal> {
        unreachable!()
    }
    async fn refresh(&self, _: &SecretString) -> Answer {
        self.next().await
    }
    async fn roles(&self, _: &SecretString, _: Id) -> Result<Roles, UpstreamRefusal> {
        unreachable!()
    }
    async fn on_behalf_of(&self, _: &SecretString, _: &ApiScopes, _: Option<&Claims>) -> Answer {
        self.next().await
    }
}

struct Rig {
    upstream: Arc<Scripted>,
    clock: Arc<ManualClock>,
    cache: NegativeCache,
}

fn rig(answers: Vec<Answer>) -> Rig {
    let gate = Semaphore::new(100);
    let upstream = Arc::new(Scripted { answers: answers.into(), asked: 0.into(), gate });
    let clock = Arc::new(ManualClock::default());
    let cache = NegativeCache::new(upstream.clone(), clock.clone());
    Rig { upstream, clock, cache }
}

impl Rig {
    async fn refresh(&self, token: &str) -> Answer {
        self.cache.refresh(&token.into()).await
    }

    fn asked(&self) -> usize {
        *self.upstream.asked.lock().unwrap()
    }
}

fn tokens() -> UpstreamAnswer {
    let expires_at = datetime!(2026-11-29 13:00 UTC);
    UpstreamAnswer { access_token: "a".into(), refresh_token: None, expires_at }
}

fn blocked() -> Answer {
    Err(UpstreamRefusal::Blocked { reason: "policy".into() })
}

fn down() -> Answer {
    Err(Unavailable::upstream("503").into())
}

#[tokio::test]
async fn a_refusal_is_believed_for_a_while_and_a_failure_for_a_moment() {
    for (refused, believed_for) in [(blocked(), Duration::seconds(30)), (down(), Duration::SECOND)] {
        let rig = rig(vec![refused, Ok(tokens())]);
        assert!(rig.refresh("r").await.is_err());
        rig.clock.advance(believed_for - Duration::MILLISECOND);
        assert!(rig.refresh("r").await.is_err());
        assert_eq!(rig.asked(), 1);
        rig.clock.advance(Duration::MILLISECOND);
        assert!(rig.refresh("r").await.is_ok());
        assert_eq!(rig.asked(), 2);
    }
}

#[tokio::test]
async fn a_success_is_not_kept() {
    let rig = rig(vec![Ok(tokens()), Ok(tokens())]);
    assert!(rig.refresh("r").await.is_ok());
    assert!(rig.refresh("r").await.is_ok());
    assert_eq!(rig.asked(), 2);
}

#[tokio::test]
async fn a_refusal_is_that_of_one_token_one_grant_type_one_set_of_scopes_and_its_claims() {
    let rig = rig((0..6).map(|_| blocked()).collect());
    let _ = rig.refresh("r").await;
    let _ = rig.refresh("s").await;
    let scopes = |api, names: &[&'static str]| ApiScopes { api, names: names.to_vec() };
    let (graph, orders) = (Api::Graph, Api::Registered(&ORDERS));
    let claims = Claims::parse(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#);
    for (scopes, claims, asked) in [
        (scopes(graph, &["User.Read"]), None, 3),
        (scopes(graph, &["User.Read", "Mail.Read"]), None, 4),
        (scopes(graph, &["User.Read"]), None, 4),
        (scopes(orders, &["User.Read"]), None, 5),
        (scopes(graph, &["User.Read"]), claims.as_ref(), 6),
        (scopes(graph, &["User.Read"]), claims.as_ref(), 6),
    ] {
        assert!(rig.cache.on_behalf_of(&"r".into(), &scopes, claims).await.is_err());
        assert_eq!(rig.asked(), asked, "{scopes:?}");
    }
}

#[tokio::test]
async fn requests_at_once_are_one_request() {
    let rig = rig(vec![Ok(tokens())]);
    let taken = rig.upstream.gate.acquire_many(100).await.unwrap();
    let (first, second) = (rig.refresh("r"), rig.refresh("r"));
    let ask = async {
        tokio::task::yield_now().await;
        drop(taken);
    };
    let (first, second, ()) = tokio::join!(first, second, ask);
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(rig.asked(), 1);
}

#[tokio::test]
async fn a_failure_that_took_long_is_believed_from_its_answer_on() {
    let rig = rig(vec![down()]);
    let taken = rig.upstream.gate.acquire_many(100).await.unwrap();
    let answer = async {
        tokio::task::yield_now().await;
        rig.clock.advance(Duration::seconds(10));
        drop(taken);
    };
    let (slow, ()) = tokio::join!(rig.refresh("r"), answer);
    assert!(slow.is_err() && rig.refresh("r").await.is_err());
    assert_eq!(rig.asked(), 1);
}
