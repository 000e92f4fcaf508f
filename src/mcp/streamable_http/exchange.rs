//! One request and its answer: rmcp serves it, and its messages become the response.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::stream::unfold;
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientJsonRpcMessage, ErrorCode, InitializeRequestParams, JsonRpcMessage, ProtocolVersion, RequestId,
        ServerJsonRpcMessage,
    },
    service::{Service, serve_directly_with_ct},
    transport::OneshotTransport,
};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Instrument as _;

use super::{direct::DirectRequest, event_memory::EventMemory, list_texts::ListTexts};
use crate::{
    budget::Exhausted,
    kept::Kept,
    mcp::{event_stream, holder_report::HolderReport, json_rpc::ResponseBody},
};

/// Events that wait for the client to read them. Progress beyond that is dropped; there is always a place for the answer.
const MAX_WAITING_EVENTS: usize = 17;
/// How often a comment is sent on a silent stream.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// A request that is served.
pub(super) struct Exchange<H> {
    messages: Messages<H>,
    is_stateless: bool,
    /// Ends the request when the client is gone.
    disconnect: Option<DropGuard>,
}

/// The messages that the client of a request gets.
enum Messages<H> {
    /// By rmcp's service loop.
    Sent(mpsc::Receiver<Box<ServerJsonRpcMessage>>, EventMemory),
    /// The answer alone, once it is awaited. If the wait is dropped, the request ends.
    Direct(Option<(Box<DirectRequest>, HolderReport, H)>),
}

impl<H: Send + 'static> Exchange<H> {
    /// Serves a request with this id in this revision, until it is answered or the token is cancelled. `held` is dropped when
    /// nothing of the request runs any more. Events count where `memory` does.
    pub(super) fn begin<S: Service<RoleServer>>(
        server: S,
        request: ClientJsonRpcMessage,
        id: RequestId,
        revision: ProtocolVersion,
        token: CancellationToken,
        memory: EventMemory,
        held: H,
    ) -> Self {
        let is_stateless = !revision.has_initialize();
        let mut client = InitializeRequestParams::default();
        client.protocol_version = revision;
        let (transport, mut answers) = OneshotTransport::new(request);
        let served = serve_directly_with_ct(server, transport, Some(client), token.clone());
        let (sender, messages) = mpsc::channel(1);
        let disconnect = is_stateless.then(|| token.clone().drop_guard());
        let report = memory.report.clone();
        let run = async move {
            forward(&mut answers, &sender, &token, id, &report).await;
            token.cancel();
            // rmcp may still send, so `answers` must not be dropped before.
            let _ = served.waiting().await;
            drop(held);
        };
        tokio::spawn(run.in_current_span());
        Self { messages: Messages::Sent(messages, memory), is_stateless, disconnect }
    }

    /// Serves a request without rmcp's service loop. `held` is dropped with it.
    pub(super) fn direct(request: Box<DirectRequest>, is_stateless: bool, report: HolderReport, held: H) -> Self {
        Self { messages: Messages::Direct(Some((request, report, held))), is_stateless, disconnect: None }
    }

    /// The response: JSON, or a stream of events if there are messages before the answer; `None` if the request was cancelled.
    pub(super) async fn response(mut self, lists: &ListTexts) -> Option<Response<ResponseBody>> {
        let first = self.messages.next().await?;
        match self.messages {
            Messages::Sent(messages, memory) if !is_answer(&first) => {
                let (to, events) = mpsc::channel(MAX_WAITING_EVENTS);
                tokio::spawn(write_events(first, messages, to, memory).in_current_span());
                Some(stream(events, self.disconnect))
            }
            _ => Some(lists.json(self.status(&first), &first)),
        }
    }

    /// The response to a client that does not accept a stream of events.
    pub(super) async fn json_response(mut self, lists: &ListTexts) -> Option<Response<ResponseBody>> {
        let answer = self.next_answer().await?;
        Some(lists.json(self.status(&answer), &answer))
    }

    /// The answer alone; `None` if there is none, because the request was cancelled.
    pub(super) async fn answer(mut self) -> Option<ServerJsonRpcMessage> {
        self.next_answer().await.map(|answer| *answer)
    }

    async fn next_answer(&mut self) -> Option<Box<ServerJsonRpcMessage>> {
        loop {
            let message = self.messages.next().await?;
            if is_answer(&message) {
                return Some(message);
            }
        }
    }

    /// Only 2026-07-28 gives errors of JSON-RPC a status of their own.
    fn status(&self, answer: &ServerJsonRpcMessage) -> StatusCode {
        let JsonRpcMessage::Error(error) = answer else { return StatusCode::OK };
        match error.error.code {
            _ if !self.is_stateless => StatusCode::OK,
            ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
            ErrorCode::HEADER_MISMATCH
            | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
            | ErrorCode::UNSUPPORTED_PROTOCOL_VERSION => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        }
    }
}

/// Turns messages into events as they come, so that what waits for the client is text, and counts. It never waits for the client.
/// A stream whose answer has no memory ends without it.
async fn write_events(
    first: Box<ServerJsonRpcMessage>,
    mut messages: mpsc::Receiver<Box<ServerJsonRpcMessage>>,
    to: mpsc::Sender<Box<Kept>>,
    memory: EventMemory,
) {
    let mut next = Some(first);
    while let Some(message) = next {
        let is_last = is_answer(&message);
        match memory.event(&message) {
            Ok(event) if is_last || to.capacity() > 1 => drop(to.try_send(Box::new(event))),
            Err(Exhausted) if is_last && !to.is_closed() => memory.report.reached("memory for requests"),
            _ => {}
        }
        next = messages.recv().await;
    }
}

fn stream(events: mpsc::Receiver<Box<Kept>>, disconnect: Option<DropGuard>) -> Response<ResponseBody> {
    let events = unfold((events, disconnect), |(mut events, disconnect)| async move {
        let event = match timeout(KEEP_ALIVE_INTERVAL, events.recv()).await {
            // hyper drops it when it has written it.
            Ok(event) => Bytes::from_owner(*event?),
            Err(_) => Bytes::from_static(b": keep-alive\n\n"),
        };
        Some((Ok::<_, Infallible>(Frame::data(event)), (events, disconnect)))
    });
    let mut response = Response::new(StreamBody::new(events).boxed());
    event_stream::set_headers(response.headers_mut());
    response
}

impl<H> Messages<H> {
    /// The next one; `None` after the last.
    async fn next(&mut self) -> Option<Box<ServerJsonRpcMessage>> {
        match self {
            Self::Sent(messages, _) => messages.recv().await,
            Self::Direct(direct) => {
                let (request, report, held) = direct.take()?;
                let answer = request.answer().await;
                drop(held);
                answer.inspect(|answer| report.answered(answer)).map(Box::new)
            }
        }
    }
}

/// Passes messages on, up to the answer. Also a request to the client ends the call, because without a session its response would
/// not find the way back.
async fn forward(
    answers: &mut mpsc::Receiver<ServerJsonRpcMessage>,
    to: &mpsc::Sender<Box<ServerJsonRpcMessage>>,
    token: &CancellationToken,
    id: RequestId,
    report: &HolderReport,
) {
    loop {
        let message = tokio::select! {
            message = answers.recv() => message,
            () = token.cancelled() => None,
        };
        let message = match message {
            Some(JsonRpcMessage::Request(_)) => needs_session(id.clone()),
            Some(message) => message,
            None => return,
        };
        report.answered(&message);
        let is_last = is_answer(&message);
        // Nobody receives it if the client is gone. The request may go on then.
        let _ = to.send(Box::new(message)).await;
        if is_last {
            return;
        }
    }
}

fn needs_session(id: RequestId) -> ServerJsonRpcMessage {
    let text = "the server cannot ask its client over this transport, which has no sessions";
    ServerJsonRpcMessage::error(ErrorData::internal_error(text, None), Some(id))
}

fn is_answer(message: &ServerJsonRpcMessage) -> bool {
    matches!(message, JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::header;
    use rmcp::{
        ErrorData, ServerHandler,
        model::{CallToolRequestParams, CallToolResponse, CallToolResult, JsonObject, ProgressNotificationParam},
        service::RequestContext,
    };
    use serde_json::{Value, json};
    use tokio::sync::watch;

    use futures_util::{FutureExt as _, future::BoxFuture};

    use super::*;
    use crate::{
        budget::Budget,
        mcp::{
            McpService,
            served::Served,
            service::Server,
            streamable_http::{direct::UnconnectedPeer, outliving::Outliving},
        },
    };

    /// Its one tool reports progress, and waits if it is told to. It counts the calls that run.
    #[derive(Clone)]
    struct Reporting {
        running: watch::Sender<usize>,
    }

    impl McpService for Reporting {
        fn input_schema(&self, _: &str) -> Option<Arc<JsonObject>> {
            None
        }
    }

    struct Run(watch::Sender<usize>);

    impl Drop for Run {
        fn drop(&mut self) {
            self.0.send_modify(|running| *running -= 1);
        }
    }

    impl ServerHandler for Reporting {
        async fn call_tool(
            &self,
            request: CallToolRequestParams,
            context: RequestContext<RoleServer>,
        ) -> Result<CallToolResponse, ErrorData> {
            self.running.send_modify(|running| *running += 1);
            let _run = Run(self.running.clone());
            if let Some(token) = context.meta.get_progress_token() {
                let progress = ProgressNotificationParam::new(token, 0.5);
                context.peer.notify_progress(progress).await.unwrap();
            }
            assert_ne!(request.name, "panics", "as the test wants");
            if request.name == "waits" {
                std::future::pending::<()>().await;
            }
            Ok(CallToolResult::success(vec![]).into())
        }
    }

    /// By rmcp's service loop.
    fn begun(
        running: &watch::Sender<usize>,
        revision: &ProtocolVersion,
        tool: &str,
        meta: Value,
    ) -> (Exchange<()>, CancellationToken) {
        let (message, token) = (call(revision, tool, meta), CancellationToken::new());
        let server = Served(Arc::new(Reporting { running: running.clone() }));
        (begin(server, message, revision, &token, &Budget::new(10_000)), token)
    }

    fn begin(
        server: Served,
        message: ClientJsonRpcMessage,
        revision: &ProtocolVersion,
        token: &CancellationToken,
        memory: &Budget,
    ) -> Exchange<()> {
        let id = RequestId::Number(1);
        let memory = EventMemory { permit: memory.permit(), report: HolderReport::to(&Arc::default()) };
        Exchange::begin(server, message, id, revision.clone(), token.clone(), memory, ())
    }

    /// Without it.
    fn begun_directly(
        running: &watch::Sender<usize>,
        revision: &ProtocolVersion,
        tool: &str,
        meta: Value,
    ) -> (Exchange<()>, CancellationToken) {
        let (message, token) = (call(revision, tool, meta), CancellationToken::new());
        let JsonRpcMessage::Request(request) = message else { panic!("no request") };
        let server: Server = Arc::new(Reporting { running: running.clone() });
        let (unconnected, id) = (UnconnectedPeer::default(), RequestId::Number(1));
        let request = unconnected.request(&server, request.request, id, token.clone());
        (Exchange::direct(request, !revision.has_initialize(), HolderReport::to(&Arc::default()), ()), token)
    }

    fn call(revision: &ProtocolVersion, tool: &str, mut meta: Value) -> ClientJsonRpcMessage {
        if !revision.has_initialize() {
            meta["io.modelcontextprotocol/protocolVersion"] = revision.as_str().into();
            meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        }
        let params = json!({ "name": tool, "_meta": meta });
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        serde_json::from_value(request).unwrap()
    }

    type Begin = fn(&watch::Sender<usize>, &ProtocolVersion, &str, Value) -> (Exchange<()>, CancellationToken);

    /// Every revision, both ways.
    fn ways() -> impl Iterator<Item = (&'static ProtocolVersion, Begin)> {
        ProtocolVersion::KNOWN_VERSIONS
            .iter()
            .flat_map(|revision| [(revision, begun as Begin), (revision, begun_directly)])
    }

    async fn is_running(running: &watch::Sender<usize>, calls: usize) {
        running.subscribe().wait_for(|running| *running == calls).await.unwrap();
    }

    /// Serves a request until this many calls run. The request must not be answered before.
    async fn until_running(
        answer: &mut BoxFuture<'_, Option<ServerJsonRpcMessage>>,
        running: &watch::Sender<usize>,
        calls: usize,
    ) {
        tokio::select! {
            _ = answer => panic!("the request was answered"),
            () = is_running(running, calls) => {}
        }
    }

    async fn read(response: Response<ResponseBody>) -> (String, String) {
        let content_type = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (content_type, String::from_utf8(body.into()).unwrap())
    }

    #[tokio::test]
    async fn progress_comes_before_the_answer_if_the_client_asked_for_it() {
        for revision in ProtocolVersion::KNOWN_VERSIONS {
            let running = watch::Sender::default();
            let (exchange, _) = begun(&running, revision, "x", json!({ "progressToken": "t" }));
            let (content_type, body) = read(exchange.response(&ListTexts::default()).await.unwrap()).await;
            assert_eq!(content_type, "text/event-stream", "{revision}");
            let events: Vec<Value> = body
                .split_terminator("\n\n")
                .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
                .collect();
            let [progress, answer] = events.as_slice() else { panic!("{body}") };
            assert_eq!(progress["method"], "notifications/progress");
            assert_eq!((&progress["params"]["progressToken"], &answer["id"]), (&"t".into(), &1.into()));
        }
    }

    /// The client reads nothing until the request has ended.
    #[tokio::test]
    async fn the_events_of_a_stream_count_until_they_are_written() {
        let (revision, budget) = (ProtocolVersion::V_2025_11_25, Budget::new(10_000));
        let message = call(&revision, "x", json!({ "progressToken": "t".repeat(1_000) }));
        let server = Served(Arc::new(Reporting { running: watch::Sender::default() }));
        let exchange = begin(server, message, &revision, &CancellationToken::new(), &budget);
        let response = exchange.response(&ListTexts::default()).await.unwrap();
        let both = async {
            while budget.available() > 10_000 - 1_100 {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_mins(1), both).await.expect("progress and answer count");
        let held = 10_000 - budget.available();
        let (_, body) = read(response).await;
        assert_eq!((body.len(), budget.available()), (held, 10_000));
    }

    #[tokio::test]
    async fn a_client_that_accepts_json_alone_gets_the_answer_without_the_progress() {
        let revision = ProtocolVersion::V_2025_11_25;
        let (exchange, _) = begun(&watch::Sender::default(), &revision, "x", json!({ "progressToken": "t" }));
        let (content_type, body) = read(exchange.json_response(&ListTexts::default()).await.unwrap()).await;
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((content_type.as_str(), &answer["id"]), ("application/json", &1.into()));
    }

    #[tokio::test]
    async fn a_tool_that_panics_is_an_error_and_holds_nothing() {
        for (revision, begun) in ways() {
            let running = watch::Sender::default();
            let (exchange, _) = begun(&running, revision, "panics", json!({}));
            let (_, body) = read(exchange.response(&ListTexts::default()).await.unwrap()).await;
            let answer: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((&answer["id"], &answer["error"]["code"]), (&1.into(), &(-32603).into()), "{revision}");
            is_running(&running, 0).await;
        }
    }

    #[tokio::test]
    async fn without_a_progress_token_the_answer_is_json() {
        for (revision, begun) in ways() {
            let (exchange, _) = begun(&watch::Sender::default(), revision, "x", json!({}));
            let (content_type, body) = read(exchange.response(&ListTexts::default()).await.unwrap()).await;
            assert_eq!(content_type, "application/json", "{revision}");
            let answer: Value = serde_json::from_str(&body).unwrap();
            assert!(answer["result"].is_object(), "{revision}: {answer}");
        }
    }

    #[tokio::test]
    async fn a_disconnect_ends_a_request_of_the_stateless_revision_before_its_answer_or_in_its_stream() {
        let running = watch::Sender::default();
        for begun in [begun, begun_directly] {
            let (exchange, _) = begun(&running, &ProtocolVersion::V_2026_07_28, "waits", json!({}));
            let mut answer: BoxFuture<'_, _> = Box::pin(exchange.answer());
            until_running(&mut answer, &running, 1).await;
            drop(answer);
            is_running(&running, 0).await;
        }
        let (exchange, _) = begun(&running, &ProtocolVersion::V_2026_07_28, "waits", json!({ "progressToken": 1 }));
        let stream = exchange.response(&ListTexts::default()).await.unwrap();
        is_running(&running, 1).await;
        drop(stream);
        is_running(&running, 0).await;
    }

    #[tokio::test]
    async fn a_disconnect_ends_no_request_of_an_earlier_revision_and_its_cancellation_does() {
        let running = watch::Sender::default();
        for begun in [begun, begun_directly] {
            let (exchange, token) = begun(&running, &ProtocolVersion::V_2025_11_25, "waits", json!({}));
            let mut answer: BoxFuture<'_, _> = Box::pin(Outliving::new(exchange.answer().boxed()));
            until_running(&mut answer, &running, 1).await;
            drop(answer);
            // Time enough for the end of another request.
            let (other, _) = begun(&running, &ProtocolVersion::V_2026_07_28, "waits", json!({}));
            let mut other: BoxFuture<'_, _> = Box::pin(other.answer());
            until_running(&mut other, &running, 2).await;
            drop(other);
            is_running(&running, 1).await;
            token.cancel();
            is_running(&running, 0).await;
        }
    }

    #[tokio::test]
    async fn a_cancelled_request_has_no_answer() {
        let running = watch::Sender::default();
        for begun in [begun, begun_directly] {
            let (exchange, token) = begun(&running, &ProtocolVersion::V_2025_11_25, "waits", json!({}));
            token.cancel();
            assert!(exchange.response(&ListTexts::default()).await.is_none());
            is_running(&running, 0).await;
        }
    }
}

#[cfg(test)]
mod without_a_session {
    use std::sync::Arc;

    use serde_json::{Value, from_value, json, to_value};

    use super::*;
    use crate::{budget::Budget, mcp::holder_report::tests::Heard};

    /// The messages that a client receives while the server sends these.
    async fn received(sent: &[Value]) -> Vec<Value> {
        let (server, mut answers) = mpsc::channel(64);
        for message in sent {
            server.send(from_value(message.clone()).unwrap()).await.unwrap();
        }
        drop(server);
        let (to, mut messages) = mpsc::channel(1);
        let forwarding = async move {
            let report = HolderReport::to(&Arc::default());
            forward(&mut answers, &to, &CancellationToken::new(), RequestId::Number(7), &report).await;
        };
        let reading = async {
            let mut received = Vec::new();
            while let Some(message) = messages.recv().await {
                received.push(to_value(*message).unwrap());
            }
            received
        };
        tokio::join!(forwarding, reading).1
    }

    /// The events of a client that reads nothing until all these were sent, and this budget for them. With each limit that was
    /// reached.
    async fn unread(sent: &[Value], memory: &Budget) -> (Vec<Value>, Vec<&'static str>) {
        let audit = Arc::<Heard>::default();
        let mut messages = sent.iter().map(|message| Box::new(from_value(message.clone()).unwrap()));
        let (first, (server, others)) = (messages.next().unwrap(), mpsc::channel(64));
        messages.for_each(|message| server.try_send(message).unwrap());
        drop(server);
        let (to, mut events) = mpsc::channel(MAX_WAITING_EVENTS);
        let memory = EventMemory { permit: memory.permit(), report: HolderReport::to(&audit) };
        write_events(first, others, to, memory).await;
        let mut unread = Vec::new();
        while let Some(event) = events.recv().await {
            let data = event.strip_prefix(b"data: ").unwrap();
            unread.push(serde_json::from_slice(data).unwrap());
        }
        (unread, audit.limits())
    }

    fn progress(progress: u8) -> Value {
        let params = json!({ "progressToken": "t", "progress": f64::from(progress) });
        json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
    }

    #[tokio::test]
    async fn a_request_to_the_client_ends_the_call_with_an_error() {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
        let answer = json!({ "jsonrpc": "2.0", "id": 7, "result": {} });
        let messages = received(&[progress(1), request, answer]).await;
        assert_eq!(messages[0], progress(1));
        assert_eq!((&messages[1]["id"], &messages[1]["error"]["code"]), (&json!(7), &json!(-32603)));
        assert_eq!(messages.len(), 2);
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_loses_progress_and_no_answer() {
        let mut sent: Vec<_> = (0..40).map(progress).collect();
        sent.push(json!({ "jsonrpc": "2.0", "id": 7, "result": {} }));
        let (events, limits) = unread(&sent, &Budget::new(10_000)).await;
        assert!(limits.is_empty(), "{limits:?}");
        assert_eq!(events[..MAX_WAITING_EVENTS - 1], sent[..MAX_WAITING_EVENTS - 1]);
        assert_eq!((events.len(), events.last()), (MAX_WAITING_EVENTS, sent.last()));
    }

    #[tokio::test]
    async fn progress_without_memory_is_dropped_and_a_stream_ends_whose_answer_has_none() {
        let answer = json!({ "jsonrpc": "2.0", "id": 7, "result": {} });
        for (bytes, events, limits) in [
            (200, vec![progress(1), answer.clone()], vec![]),
            (60, vec![answer.clone()], vec![]),
            (10, vec![], vec!["memory for requests"]),
        ] {
            let budget = Budget::new(bytes);
            assert_eq!(unread(&[progress(1), answer.clone()], &budget).await, (events, limits));
            assert_eq!(budget.available(), bytes);
        }
    }
}
