//! HTTP+SSE when a stream and its POSTs are on different processes.

use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use stand_in::wait::until;

use crate::{
    browser::{Browser, redemption, tokens},
    deployment::{Deployment, USER},
    stream::{Stream, initialize, post},
};

fn list_tools(id: usize) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" })
}

/// A stream that has been initialized.
pub(crate) struct Session {
    pub(crate) stream: Stream,
    pub(crate) endpoint: String,
    pub(crate) token: String,
}

impl Session {
    pub(crate) async fn open(server: &Deployment, token: String) -> Self {
        let mut stream = Stream::open(server, &token).await;
        let endpoint = stream.endpoint().await;
        assert_eq!(post(server, &endpoint, &token, &initialize()).await, 202);
        assert_eq!(stream.message().await["id"], 0);
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(post(server, &endpoint, &token, &initialized).await, 202);
        Self { stream, endpoint, token }
    }

    pub(crate) fn request(&self, server: &Deployment, message: &Value) -> RequestBuilder {
        server.post(&self.endpoint).bearer_auth(&self.token).json(message)
    }

    async fn post(&self, server: &Deployment, message: &Value) -> u16 {
        post(server, &self.endpoint, &self.token, message).await
    }

    /// Reads until the connection is gone.
    pub(crate) async fn ended(&mut self) {
        while self.stream.next().await.is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_is_called_though_every_post_lands_on_the_other_process() {
    let server = Deployment::start(2).await;
    server.azure.host.keep_apart("/mcp/sse");
    let mut session = Session::open(&server, tokens(&server).await.access_token).await;
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": { "name": "get_graph_user_details", "arguments": {} } });
    assert_eq!(session.post(&server, &call).await, 202);
    let answer = session.stream.message().await;
    assert_eq!((&answer["id"], &answer["result"]["structuredContent"]["userPrincipalName"]), (&json!(7), &json!(USER)));
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_messages_from_elsewhere_are_answered_once_each_and_in_order() {
    let server = Deployment::start(2).await;
    server.azure.host.keep_apart("/mcp/sse");
    let mut session = Session::open(&server, tokens(&server).await.access_token).await;
    for id in 1..=300 {
        assert_eq!(session.post(&server, &list_tools(id)).await, 202, "{id}");
    }
    let mut answered = Vec::new();
    for _ in 1..=300 {
        answered.push(session.stream.message().await["id"].as_u64().unwrap());
    }
    assert_eq!(answered, (1..=300).collect::<Vec<u64>>());
    assert_eq!(session.post(&server, &list_tools(301)).await, 202);
    assert_eq!(session.stream.message().await["id"], 301, "the next message, as none was doubled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_large_messages_from_elsewhere_is_answered() {
    let server = Deployment::start(2).await;
    server.azure.host.keep_apart("/mcp/sse");
    let mut session = Session::open(&server, tokens(&server).await.access_token).await;
    let messages: Vec<_> = (1..=4)
        .map(|id| {
            let mut message = list_tools(id);
            message["params"] = json!({ "_meta": { "padding": "x".repeat(60_000) } });
            message
        })
        .collect();
    let taken = join_all(messages.iter().map(|message| session.post(&server, message))).await;
    assert_eq!(taken, [202; 4]);
    let mut answered = Vec::new();
    for _ in 1..=4 {
        answered.push(session.stream.message().await["id"].as_u64().unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, (1..=4).collect::<Vec<u64>>());
}

/// Two streams for each of 25 users.
async fn fifty_sessions(server: &Deployment) -> Vec<Session> {
    let client_id = server.register().await;
    let of_user = |user: &'static local_tenant::User| {
        let client_id = client_id.clone();
        async move {
            let mut browser = Browser { user: user.user_principal_name, ..Browser::default() };
            let code = browser.sign_in(server, &client_id).await.get("code").unwrap();
            let (_, answer) = server.token(&redemption(&client_id, &code)).await;
            let token = answer["access_token"].as_str().unwrap().to_owned();
            [Session::open(server, token.clone()).await, Session::open(server, token).await]
        }
    };
    let sessions = join_all(local_tenant::crowd().iter().take(25).map(of_user)).await;
    sessions.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_sessions_on_three_processes_only_those_of_the_killed_one_end() {
    let server = Deployment::start(3).await;
    let sessions = fifty_sessions(&server).await;
    server.azure.host.replace(0).await;
    server.until_ready().await;
    let mut ended = Vec::new();
    for mut session in sessions {
        let posted = session.post(&server, &list_tools(1)).await;
        match session.stream.next().await {
            Some((_, answer)) => assert!(posted == 202 && answer.contains("\"id\":1,"), "{posted}: {answer}"),
            None => ended.push(session),
        }
    }
    assert!((5..=30).contains(&ended.len()), "{} ended of 50", ended.len());
    for session in ended {
        until(async || session.post(&server, &list_tools(2)).await == 404).await;
        let mut again = Session::open(&server, session.token).await;
        assert_eq!(again.post(&server, &list_tools(3)).await, 202);
        assert_eq!(again.stream.message().await["id"], 3);
    }
}
