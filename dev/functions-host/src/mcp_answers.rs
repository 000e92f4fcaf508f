//! The answers of the handlers on the MCP endpoints, held against the official schema of the revision. An answer that does not fit
//! is passed on, and said in the handlers' log.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use bytes::Bytes;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream::poll_fn};
use http::StatusCode;
use serde_json::{Value, json};
use sse_stream::{Sse, SseStream};
use stand_in::lock;

use crate::{handler_log::HandlerLog, request::Request};

/// The message of the log line. Tests search for it.
pub const UNFIT: &str = "an answer does not fit the schema of its MCP revision";
/// The message of the log's last line.
const RESULTS: &str = "results that fit the schema of their MCP revision";
/// Bytes of a message that are looked at. The requests and answers of clients are shorter.
const LONGEST: usize = 4 * 1024 * 1024;
/// Of a request on Streamable HTTP that names none (MCP 2025-06-18, "Protocol Version Header").
const ASSUMED: &str = "2025-03-26";
/// Of HTTP+SSE.
const WITH_STREAM: &str = "2024-11-05";
/// Defines the answer to a revision that is not served, and to `server/discover`, which clients ask before they know one.
const NEWEST: &str = "2026-07-28";

/// `error` in the answer to a request that came past the gateway, which speaks no MCP.
const PAST_THE_GATEWAY: &str = "access_denied";

/// The answers of all handlers.
pub(crate) struct McpAnswers {
    log: HandlerLog,
    judged: AtomicUsize,
    /// Results that fit, of Streamable HTTP.
    results: AtomicUsize,
    /// Results that fit, of HTTP+SSE.
    results_of_streams: AtomicUsize,
    /// By the id of the HTTP+SSE session.
    sessions: Mutex<HashMap<String, Session>>,
}

/// The revision and the open requests of one client.
struct Session {
    /// Whether it is of HTTP+SSE.
    has_stream: bool,
    revision: String,
    /// The methods of the requests, by id.
    methods: HashMap<String, String>,
}

/// One exchange on an MCP endpoint.
pub(crate) struct McpExchange {
    answers: Arc<McpAnswers>,
    state: Mutex<ExchangeState>,
}

struct ExchangeState {
    /// `None` until a stream has named it.
    session: Option<String>,
    /// Of Streamable HTTP, which needs no other.
    own: Session,
    sent: Vec<u8>,
    /// An answer that is no stream.
    received: Vec<u8>,
    events: Events,
    answer: Form,
}

/// A stream of events, as far as it has come.
struct Events {
    pieces: Arc<Mutex<VecDeque<Bytes>>>,
    stream: Pin<Box<dyn Stream<Item = EventRead> + Send>>,
}

/// An event, or why it is none.
type EventRead = Result<Sse, sse_stream::Error>;

/// The form of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Stream,
    Other,
}

impl McpAnswers {
    pub(crate) fn new(log: HandlerLog) -> Arc<Self> {
        let (judged, results, results_of_streams) = Default::default();
        Arc::new(Self { log, judged, results, results_of_streams, sessions: Mutex::default() })
    }

    /// How many messages were judged.
    pub(crate) fn judged(&self) -> usize {
        self.judged.load(Ordering::Relaxed)
    }

    /// The exchange that this request begins, if it is one of MCP.
    pub(crate) fn exchange(self: &Arc<Self>, request: &Request) -> Option<McpExchange> {
        let header = request.head.values("MCP-Protocol-Version").next();
        let (session, revision) = match (request.line.method.as_str(), request.line.path.trim_end_matches('/')) {
            ("POST", "/mcp" | "/mcp/sse") => (None, header.map_or(ASSUMED, known)),
            ("GET", "/mcp/sse") => (None, WITH_STREAM),
            ("POST", "/mcp/message") => (session_id(&request.line.query), WITH_STREAM),
            _ => return None,
        };
        let own = Session { has_stream: false, revision: revision.to_owned(), methods: HashMap::new() };
        let (sent, received, events) = (Vec::new(), Vec::new(), Events::new());
        let state = ExchangeState { session, own, sent, received, events, answer: Form::Other };
        Some(McpExchange { answers: Arc::clone(self), state: Mutex::new(state) })
    }

    fn judge(&self, message: &Value, session: &mut Session) {
        if let Value::Array(batch) = message {
            return batch.iter().for_each(|message| self.judge(message, session));
        }
        self.judged.fetch_add(1, Ordering::Relaxed);
        let method = message.get("id").and_then(|id| session.methods.get(&id.to_string()));
        let method = method.map_or("", String::as_str);
        if method == "initialize"
            && let Some(agreed) = message.pointer("/result/protocolVersion").and_then(Value::as_str)
        {
            agreed.clone_into(&mut session.revision);
        }
        let revision = if method == "server/discover" { NEWEST } else { &session.revision };
        match mcp_schema::check(revision, method, message) {
            Err(why) => self.unfit(method, &why),
            Ok(()) if message.get("result").is_some() => {
                let results = if session.has_stream { &self.results_of_streams } else { &self.results };
                results.fetch_add(1, Ordering::Relaxed);
            }
            Ok(()) => {}
        }
    }

    fn unfit(&self, method: &str, why: &str) {
        self.log.line(&json!({ "level": "ERROR", "message": UNFIT, "method": method, "why": why }).to_string());
    }
}

/// The last line of the log says how many results fitted, so that a reader knows that they were looked at.
impl Drop for McpAnswers {
    fn drop(&mut self) {
        let [http, sse] = [&self.results, &self.results_of_streams].map(|results| results.load(Ordering::Relaxed));
        let results = json!({ "level": "INFO", "message": RESULTS, "mcp_results": { "http": http, "sse": sse } });
        self.log.line(&results.to_string());
    }
}

impl McpExchange {
    /// A piece of the request's body, before the handler gets it.
    pub(crate) fn sent(&self, piece: &[u8]) {
        let mut state = lock(&self.state);
        extend(&mut state.sent, piece);
        if let Ok(message) = serde_json::from_slice::<Value>(&state.sent) {
            self.in_session(&mut state, |session| session.note(&message));
        }
    }

    /// The answer begins. An error of another form could not be judged.
    pub(crate) fn answered(&self, status: StatusCode, media_type: Option<&str>) {
        let is = |name| media_type.is_some_and(|value| value.starts_with(name));
        let form = match () {
            () if is("text/event-stream") => Form::Stream,
            () if is("application/json") => Form::Json,
            () => Form::Other,
        };
        if form == Form::Other && (status.is_client_error() || status.is_server_error()) {
            self.answers.unfit("", &format!("{status} is neither JSON nor a stream"));
        }
        lock(&self.state).answer = form;
    }

    /// A piece of the answer's body.
    pub(crate) fn received(&self, piece: &[u8]) {
        let mut state = lock(&self.state);
        if state.answer == Form::Stream {
            for event in state.events.read(piece) {
                self.event(&mut state, event);
            }
        } else {
            extend(&mut state.received, piece);
        }
    }

    /// The whole answer was passed on.
    pub(crate) fn ended(&self) {
        let mut state = lock(&self.state);
        match (state.answer, serde_json::from_slice::<Value>(&state.received)) {
            (Form::Json, Ok(message)) if message.get("error").is_none_or(|error| error != PAST_THE_GATEWAY) => {
                self.in_session(&mut state, |session| self.answers.judge(&message, session));
            }
            (Form::Json, Err(_)) => self.answers.unfit("", "the body is not JSON"),
            // Empty lines complete an event that has begun.
            (Form::Stream, _) if !state.events.read(b"\n\n").is_empty() => {
                self.answers.unfit("", "the stream ends within an event");
            }
            _ => {}
        }
    }

    fn event(&self, state: &mut ExchangeState, event: EventRead) {
        let Sse { event, data, .. } = match event {
            Ok(event) => event,
            Err(error) => return self.answers.unfit("", &format!("an event cannot be read: {error}")),
        };
        let data = data.unwrap_or_default();
        if event.is_some_and(|name| name == "endpoint") {
            state.session = data.split_once('?').and_then(|(_, query)| session_id(query));
        } else if let Ok(message) = serde_json::from_str::<Value>(&data) {
            self.in_session(state, |session| self.answers.judge(&message, session));
        } else if !data.is_empty() {
            self.answers.unfit("", "the data of an event is not JSON");
        }
    }

    fn in_session(&self, state: &mut ExchangeState, act: impl FnOnce(&mut Session)) {
        let ExchangeState { session, own, .. } = state;
        match session {
            None => act(own),
            Some(id) => {
                let session = || Session { has_stream: true, revision: own.revision.clone(), methods: HashMap::new() };
                act(lock(&self.answers.sessions).entry(id.clone()).or_insert_with(session));
            }
        }
    }
}

impl Events {
    fn new() -> Self {
        let pieces = Arc::new(Mutex::<VecDeque<Bytes>>::default());
        let queue = Arc::clone(&pieces);
        let body = poll_fn(move |_| match lock(&queue).pop_front() {
            Some(piece) => Poll::Ready(Some(Ok::<_, Infallible>(piece))),
            None => Poll::Pending,
        });
        Self { pieces, stream: Box::pin(SseStream::from_bytes_stream(body)) }
    }

    /// The events that this piece completes.
    fn read(&mut self, piece: &[u8]) -> Vec<EventRead> {
        lock(&self.pieces).push_back(Bytes::copy_from_slice(piece));
        std::iter::from_fn(|| self.stream.next().now_or_never().flatten()).collect()
    }
}

impl Session {
    /// Keeps the methods of requests.
    fn note(&mut self, message: &Value) {
        if let Value::Array(batch) = message {
            return batch.iter().for_each(|message| self.note(message));
        }
        if let (Some(id), Some(method)) = (message.get("id"), message.get("method").and_then(Value::as_str)) {
            self.methods.insert(id.to_string(), method.to_owned());
        }
    }
}

fn extend(bytes: &mut Vec<u8>, piece: &[u8]) {
    if bytes.len() + piece.len() <= LONGEST {
        bytes.extend_from_slice(piece);
    }
}

fn known(revision: &str) -> &str {
    if mcp_schema::revisions().any(|known| known == revision) { revision } else { NEWEST }
}

fn session_id(query: &str) -> Option<String> {
    let pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| *name == "sessionId").map(|(_, id)| id.to_owned()).next()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::NamedTempFile;

    use super::*;
    use crate::{body::Framing, head::Head, target::RequestLine};

    struct Rig {
        answers: Arc<McpAnswers>,
        log: NamedTempFile,
    }

    impl Rig {
        fn new() -> Self {
            let log = NamedTempFile::new().unwrap();
            let answers = McpAnswers::new(HandlerLog::open(Some(log.path().to_owned())).unwrap());
            Self { answers, log }
        }

        fn begin(&self, head: &str) -> Option<McpExchange> {
            let head = Head::parse(head.as_bytes()).unwrap();
            let line = RequestLine::parse(&head.start_line).ok().unwrap();
            self.answers.exchange(&Request { line, head, body: Framing::None, close: false })
        }

        fn json(&self, head: &str, sent: &Value, received: &Value) {
            let exchange = self.begin(head).unwrap();
            exchange.sent(sent.to_string().as_bytes());
            exchange.answered(StatusCode::OK, Some("application/json"));
            exchange.received(received.to_string().as_bytes());
            exchange.ended();
        }

        /// How many messages were judged, and how many of them did not fit.
        fn found(&self) -> (usize, usize) {
            (self.answers.judged(), fs::read_to_string(self.log.path()).unwrap().matches(UNFIT).count())
        }
    }

    fn list(id: u32) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list", "params": {} })
    }

    fn listed(id: u32, result: &Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "result": result })
    }

    #[test]
    fn an_answer_is_held_against_the_revision_of_its_request() {
        let rig = Rig::new();
        let plain = listed(1, &json!({ "tools": [] }));
        rig.json("POST /mcp HTTP/1.1\r\nMCP-Protocol-Version: 2025-11-25", &list(1), &plain);
        rig.json("POST /mcp/ HTTP/1.1", &json!([list(1)]), &json!([plain]));
        assert_eq!(rig.found(), (2, 0));
        rig.json("POST /mcp HTTP/1.1\r\nMCP-Protocol-Version: 2026-07-28", &list(1), &plain);
        rig.json("POST /mcp HTTP/1.1", &list(2), &plain);
        assert_eq!(rig.found(), (4, 2), "no ttlMs, and an answer to nothing");
    }

    #[test]
    fn a_stream_is_judged_event_by_event_with_the_requests_of_its_posts() {
        let rig = Rig::new();
        let stream = rig.begin("GET /mcp/sse HTTP/1.1").unwrap();
        stream.answered(StatusCode::OK, Some("text/event-stream"));
        stream.received(b"event: endpoint\ndata: /mcp/message?sessionId=abc\n\n: comment\n\n");
        rig.begin("POST /mcp/message?sessionId=abc HTTP/1.1").unwrap().sent(list(1).to_string().as_bytes());
        let event = |message: &Value| format!("event: message\ndata: {message}\n\n");
        let text = event(&listed(1, &json!({ "tools": [] }))) + &event(&listed(1, &json!({})));
        let (begin, end) = text.split_at(40);
        stream.received(begin.as_bytes());
        assert_eq!(rig.found(), (0, 0));
        stream.received(end.as_bytes());
        assert_eq!(rig.found(), (2, 1));
    }

    #[test]
    fn the_last_line_counts_the_results_that_fit_by_transport() {
        let rig = Rig::new();
        let plain = listed(1, &json!({ "tools": [] }));
        rig.json("POST /mcp HTTP/1.1", &json!([list(1), list(2)]), &json!([plain, listed(2, &json!({}))]));
        rig.json(
            "POST /mcp HTTP/1.1",
            &list(1),
            &json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": 1, "message": "x" } }),
        );
        let stream = rig.begin("GET /mcp/sse HTTP/1.1").unwrap();
        stream.answered(StatusCode::OK, Some("text/event-stream"));
        stream.received(b"event: endpoint\ndata: /mcp/message?sessionId=abc\n\n");
        let posted = rig.begin("POST /mcp/message?sessionId=abc HTTP/1.1").unwrap();
        posted.sent(json!([list(1), list(2)]).to_string().as_bytes());
        for id in [1, 2] {
            stream.received(format!("data: {}\n\n", listed(id, &json!({ "tools": [] }))).as_bytes());
        }
        let Rig { answers, log } = rig;
        drop((answers, stream, posted));
        let log = fs::read_to_string(log.path()).unwrap();
        let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        assert_eq!(last["mcp_results"], json!({ "http": 1, "sse": 2 }));
    }

    #[test]
    fn an_answer_that_is_not_json_is_said() {
        let rig = Rig::new();
        let exchange = rig.begin("POST /mcp HTTP/1.1").unwrap();
        exchange.answered(StatusCode::OK, Some("application/json"));
        exchange.received(b"{");
        exchange.ended();
        let stream = rig.begin("GET /mcp/sse HTTP/1.1").unwrap();
        stream.answered(StatusCode::OK, Some("text/event-stream"));
        stream.received(b"event: message\ndata: {\n\nevent: message\n");
        stream.ended();
        let accepted = rig.begin("POST /mcp HTTP/1.1").unwrap();
        accepted.answered(StatusCode::ACCEPTED, None);
        accepted.ended();
        assert_eq!(rig.found(), (0, 3));
        for (status, media_type) in [(StatusCode::NOT_FOUND, Some("text/plain")), (StatusCode::BAD_GATEWAY, None)] {
            let refused = rig.begin("POST /mcp HTTP/1.1").unwrap();
            refused.answered(status, media_type);
            refused.ended();
        }
        assert_eq!(rig.found(), (0, 5));
        let page = rig.begin("GET /mcp/sse HTTP/1.1").unwrap();
        page.answered(StatusCode::OK, Some("text/event-stream"));
        page.received(b"<html>\n");
        assert_eq!(rig.found(), (0, 6), "no event");
    }

    #[test]
    fn other_endpoints_are_not_looked_at() {
        let rig = Rig::new();
        for head in ["GET /mcp HTTP/1.1", "POST /token HTTP/1.1", "OPTIONS /mcp HTTP/1.1"] {
            assert!(rig.begin(head).is_none(), "{head}");
        }
    }
}
