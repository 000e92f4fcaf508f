//! A flood of requests of one kind: one line a second, which says how many it stands for.

use std::sync::Arc;

use authorization_server::{
    ground::{EventName, Severity, Unavailable},
    upstream::UpstreamRefusal,
};
use http::Method;
use remote_auth_mcp::telemetry::JsonLines;
use serde_json::{Value, json};
use testkit::EventLog;
use time::Duration;
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt as _, registry};

use crate::{
    mcp::{Client, STATELESS},
    rig::{self, Edge, request},
    roles,
    streams::Stream,
};

/// Requests in one second.
const FLOOD: u64 = 10;

/// The lines that this thread writes at INFO and above.
pub(crate) struct Lines {
    log: EventLog,
    _guard: DefaultGuard,
}

impl Lines {
    /// By the clock of this edge.
    pub(crate) fn of(edge: &Edge) -> Self {
        drop(EventLog::start());
        let (log, clock) = (EventLog::default(), Arc::clone(&edge.clock) as _);
        let writer = log.clone();
        let lines = JsonLines::new(move || writer.clone(), clock);
        let guard = set_default(registry().with(LevelFilter::INFO).with(lines));
        Self { log, _guard: guard }
    }

    /// `requests` of each line with this message.
    pub(crate) fn requests(&self, message: &str) -> Vec<u64> {
        let lines = self.log.events();
        let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["message"] == message).map(|line| line["requests"].as_u64().unwrap()).collect()
    }
}

/// Sign-ins that nobody needs an account for.
#[tokio::test]
async fn an_event_that_anybody_can_cause_is_a_hundred_lines_and_then_one_a_second() {
    let edge = Edge::new();
    let lines = Lines::of(&edge);
    let open: Vec<_> = EventName::ALL.iter().filter(|name| name.severity() == Severity::Open).collect();
    assert!(open.len() >= 3, "{open:?}");
    for name in open {
        let report = || edge.app.audit.report(&name.event());
        (0..150).for_each(|_| report());
        assert_eq!(lines.requests(name.message()), [1; 100], "{name:?}");
        edge.clock.advance(Duration::SECOND);
        (0..150).for_each(|_| report());
        assert_eq!(lines.requests(name.message())[100..], [51], "{name:?}");
    }
}

/// In each of two seconds `request` is sent so often, and writes one line with this message.
async fn is_one_line_a_second(edge: &Edge, message: &str, request: impl AsyncFn()) {
    let lines = Lines::of(edge);
    for _ in 0..FLOOD {
        request().await;
    }
    assert_eq!(lines.requests(message), [1], "{message}");
    edge.clock.advance(Duration::SECOND);
    for _ in 0..FLOOD {
        request().await;
    }
    assert_eq!(lines.requests(message), [1, FLOOD], "{message}");
}

#[tokio::test]
async fn messages_that_no_keyring_opens_are_one_line_a_second() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let stream = Stream::open(&edge, &token).await;
    edge.stream_keyring.set_down(true);
    is_one_line_a_second(&edge, "message not accepted", async || {
        let request = request(Method::POST, &stream.endpoint).header("authorization", format!("Bearer {token}"));
        let message = rig::json(request, &json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }));
        assert_eq!(edge.send(message).await.status, 503);
    })
    .await;
}

#[tokio::test]
async fn calls_and_lists_of_users_whose_roles_nobody_can_tell_are_one_line_a_second() {
    let client = roles::client_of_old_roles().await;
    let fail = || client.edge.upstream.refuse_refresh(Unavailable::upstream("down").into());
    let lists = async || {
        fail();
        client.ask(STATELESS, "tools/list", json!({})).await;
    };
    is_one_line_a_second(&client.edge, "roles of a caller not read: tool list shortened", lists).await;
    let calls = async || {
        fail();
        client.ask(STATELESS, "tools/call", roles::search()).await;
    };
    is_one_line_a_second(&client.edge, "roles of a caller not read: tool call refused", calls).await;
}

#[tokio::test]
async fn calls_that_entra_refuses_are_one_line_a_second() {
    let edge = Edge::new();
    let client = Client { token: edge.access_token().await, edge };
    is_one_line_a_second(&client.edge, "request to an API failed", async || {
        client.edge.upstream.refuse_on_behalf_of(UpstreamRefusal::Refused { reason: "for a test".into() });
        client.ask(STATELESS, "tools/call", json!({ "name": "get_graph_user_details", "arguments": {} })).await;
    })
    .await;
}

#[tokio::test]
async fn requests_while_the_store_is_down_are_one_line_a_second() {
    let edge = Edge::new();
    let client_id = edge.register().await.unwrap();
    edge.set_store_down(true);
    is_one_line_a_second(&edge, "request failed: a service behind this server is down", async || {
        assert_eq!(edge.post("/revoke", &[("client_id", &client_id), ("token", "x.y")]).await.status, 503);
    })
    .await;
}
