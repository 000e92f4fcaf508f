//! A message for an HTTP+SSE stream, or each of a batch, is accepted if and only if rmcp reads it, on the instance that holds
//! the stream and on another one. Whatever was posted, and whatever lies sealed in the log of the instance, the next ping is
//! answered, or the stream ends.
//!
//! The input: a message a line. A line that begins with `!` is sealed into the log as it is.
#![no_main]

#[allow(dead_code, reason = "the tests of the transport need more of it")]
#[path = "../../../tests/sse/memory_log.rs"]
mod memory_log;

use std::sync::Arc;

use authorization_server::ground::Sealer;
use futures_util::StreamExt as _;
use fuzz::{kept, mcp, principal, run, sealer};
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;
use memory_log::MemoryLog;
use remote_auth_mcp::{
    mcp::{
        Mcp, UncheckedMessage,
        sse::{EventStream, PostError, StreamEvent},
    },
    platform::SystemEntropy,
    ports::event_log::{EventLog as _, LoggedEvent},
};
use rmcp::model::ClientJsonRpcMessage;
use serde_json::{Value, json, value::RawValue};
use tokio_util::sync::CancellationToken;

const MAX_LINES: usize = 8;

struct World {
    log: MemoryLog,
    sealer: Arc<dyn Sealer>,
    here: Mcp,
    other: Mcp,
}

impl World {
    fn new(stop: &CancellationToken) -> Self {
        let (log, sealer) = (MemoryLog::default(), sealer());
        let process = || mcp(Arc::clone(&sealer), Some(Arc::new(log.clone())), stop);
        Self { here: process(), other: process(), log, sealer }
    }

    async fn post(&self, at: &Mcp, session: &str, message: &[u8]) -> Result<(), PostError> {
        at.sse.post(session, principal(), &HeaderMap::new(), UncheckedMessage::read(kept(message))).await
    }

    /// An event that was sealed for this instance, with any content.
    async fn seal_into_log(&self, plaintext: &[u8]) {
        let instance = self.here.sse.instance();
        let id = authorization_server::ground::Id::random(&SystemEntropy);
        let sealed = self.sealer.seal(&format!("event:{instance}"), plaintext).await.expect("it seals");
        self.log.append(instance, &LoggedEvent { id, sealed }).await.expect("it appends");
    }
}

/// Whether a message was let in as rmcp would.
fn check(message: &[u8], posted: &Result<(), PostError>) {
    let is_read = |message: &[u8]| serde_json::from_slice::<ClientJsonRpcMessage>(message).is_ok();
    let read = match serde_json::from_slice::<Vec<&RawValue>>(message) {
        Ok(batch) => batch.iter().all(|message| is_read(message.get().as_bytes())),
        Err(_) => is_read(message),
    };
    match posted {
        Ok(()) => assert!(read, "accepted"),
        Err(PostError::NotJson | PostError::Malformed) => assert!(!read, "refused"),
        Err(
            PostError::NoBatch(_)
            | PostError::TooLarge
            | PostError::UnknownSession
            | PostError::Busy
            | PostError::Exhausted
            | PostError::InsufficientScope(_)
            | PostError::InsufficientClaims(_),
        ) => {}
        Err(error @ PostError::Unavailable(_)) => panic!("{error}"),
    }
}

/// Reads until the last ping is answered or the stream ends.
async fn drain(stream: &mut EventStream, last: &str) {
    while let Some(event) = stream.next().await {
        let StreamEvent::Message(text) = event else { panic!("a second endpoint") };
        let message: Value = serde_json::from_slice(&text).expect("an event is JSON");
        assert_eq!(message["jsonrpc"], "2.0");
        if message["id"] == last {
            return;
        }
    }
}

async fn posts(lines: &[&[u8]]) {
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    let world = World::new(&stop);
    let mut stream = world.here.sse.open(&principal()).await.expect("a stream");
    let Some(StreamEvent::Endpoint(endpoint)) = stream.next().await else { panic!("no endpoint") };
    let session = endpoint.rsplit_once('=').expect("a session id").1.to_owned();
    let info = json!({ "name": "fuzz", "version": "1" });
    let parameters = json!({ "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": info });
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": parameters });
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    for message in [initialize, initialized] {
        world.post(&world.here, &session, message.to_string().as_bytes()).await.expect("a good message");
    }
    for (number, line) in lines.iter().enumerate() {
        if let Some(plaintext) = line.strip_prefix(b"!") {
            world.seal_into_log(plaintext).await;
            continue;
        }
        let at = if number % 2 == 0 { &world.here } else { &world.other };
        check(line, &world.post(at, &session, line).await);
    }
    // Random, so that no line can cancel it.
    let last = authorization_server::ground::Id::random(&SystemEntropy).to_string();
    let ping = json!({ "jsonrpc": "2.0", "id": last, "method": "ping" });
    check(ping.to_string().as_bytes(), &world.post(&world.here, &session, ping.to_string().as_bytes()).await);
    drain(&mut stream, &last).await;
}

fuzz_target!(|data: &[u8]| {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').take(MAX_LINES).collect();
    run(posts(&lines));
});
