//! Many streams, and one that nobody reads.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    authenticate::Principal,
    downstream::{DownstreamError, DownstreamToken, DownstreamTokens},
    id::{GrantKey, Id},
    ports::{Clock, Entropy},
};
use futures_util::StreamExt as _;
use oauth_protocol::scope::Scope;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::{Event, PostError, Sessions};
use crate::{
    graph::{Graph, TokenCache},
    mcp::server::McpServer,
    platform::{SystemClock, SystemEntropy},
};

struct NoTokens;

#[async_trait]
impl DownstreamTokens for NoTokens {
    async fn token(&self, _: &Principal, _: &[&'static str]) -> Result<DownstreamToken, DownstreamError> {
        Err(DownstreamError::SignInAgain)
    }
}

fn sessions() -> Arc<Sessions> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let graph = Graph::nowhere(TokenCache::new(Arc::new(NoTokens), clock));
    Sessions::new(McpServer::new(Arc::new(graph), "test"), Arc::new(SystemEntropy), CancellationToken::new())
}

fn principal() -> Principal {
    let id = || Id::random(&SystemEntropy as &dyn Entropy);
    Principal {
        grant: GrantKey { owner: id(), grant: id() },
        client: id(),
        scope: Scope::parse("user.read").unwrap(),
        expires_at: OffsetDateTime::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn a_thousand_idle_streams_are_held_and_go_when_they_are_dropped() {
    let sessions = sessions();
    let mut streams = Vec::new();
    for _ in 0..1_000 {
        let mut stream = sessions.open(principal()).unwrap();
        assert!(matches!(stream.next().await, Some(Event::Endpoint(_))));
        streams.push(stream);
    }
    assert_eq!(sessions.count(), 1_000);
    drop(streams);
    assert_eq!(sessions.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_soon_has_its_messages_refused() {
    let (sessions, principal) = (sessions(), principal());
    let mut stream = sessions.open(principal.clone()).unwrap();
    let Some(Event::Endpoint(endpoint)) = stream.next().await else { panic!("no endpoint") };
    let id = endpoint.rsplit('=').next().unwrap().to_owned();
    let ping = br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let mut taken = 0;
    let refused = loop {
        match sessions.post(&id, principal.clone(), ping).await {
            Ok(()) => taken += 1,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, PostError::Busy | PostError::UnknownSession), "{refused}");
    assert!(taken < 100, "{taken} messages wait");
}

#[tokio::test]
async fn stopping_the_server_ends_every_stream() {
    let sessions = sessions();
    let mut stream = sessions.open(principal()).unwrap();
    stream.next().await;
    sessions.stop.cancel();
    assert_eq!(stream.next().await, None);
}
