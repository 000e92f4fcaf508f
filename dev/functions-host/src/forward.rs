//! One exchange: a request to a handler, and its answer back.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use tokio::{io::AsyncWriteExt as _, net::tcp::OwnedWriteHalf, time::sleep};

use crate::connection::{Connection, NoHead};
use crate::{
    activity::Activity, answer, answer::Answer, download, gateway, mcp_answers::McpExchange, request::Request,
    upload::Upload, upstream::Upstream,
};

/// The state of the client's connection after the exchange.
pub(crate) enum End {
    KeepAlive,
    Close,
    Reset,
    Gone,
}

/// The two programs between which an exchange takes place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hop {
    /// From the host to a handler.
    Host,
    /// From the gateway to the host.
    Gateway,
}

pub(crate) struct Exchange<'a> {
    pub(crate) request: &'a Request,
    /// The request's head as the handler gets it.
    pub(crate) head: String,
    pub(crate) upstream: &'a Upstream,
    pub(crate) activity: Activity,
    pub(crate) longest_body: u64,
    pub(crate) hop: Hop,
    /// Judges the answer, if the exchange is one of MCP.
    pub(crate) mcp: Option<McpExchange>,
}

struct Started {
    handler: Connection,
    answer: Answer,
    /// The answer's head as the client gets it.
    head: String,
}

enum Failure {
    ClientGone,
    Unreachable,
    Unanswered,
    Broken,
    /// No byte moved for too long.
    Idle,
    /// The answer cannot be passed on.
    Unfit,
}

impl Exchange<'_> {
    pub(crate) async fn run(&self, client: &mut Connection) -> End {
        if self.request.head.lists("Expect", "100-continue") && !client.reader.has_bytes() {
            // If it fails, the client is gone, which the upload notices.
            let _ = client.writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
        }
        let upload = Upload::new(&mut client.reader, self.request.body, self.longest_body);
        let mut upload = upload.observed_by(self.mcp.as_ref());
        let started = tokio::select! {
            started = self.start(&mut upload) => started,
            () = self.activity.ran_out() => Err(Failure::Idle),
        };
        match started {
            Ok(started) => self.pass(started, &mut upload, &mut client.writer).await,
            Err(Failure::ClientGone) => End::Gone,
            // Not the gateway, but the load balancer in front of it cuts.
            Err(Failure::Idle) if self.hop == Hop::Gateway => End::Reset,
            Err(_) => {
                let failed = self.hop.failed(self.request);
                answer(&mut client.writer, failed, &mut upload, self.request).await
            }
        }
    }

    /// The host tries ten times, whatever the failure, unless the body is spent.
    async fn start(&self, upload: &mut Upload<'_>) -> Result<Started, Failure> {
        const PAUSES: [u64; 9] = [50, 100, 200, 250, 250, 250, 250, 250, 250];
        if self.hop == Hop::Gateway {
            return self.attempt(upload).await;
        }
        for pause in PAUSES {
            match self.start_round(upload).await {
                Err(Failure::Unreachable) => {}
                Err(Failure::Unanswered | Failure::Broken) if !self.request.has_body() => {}
                outcome => return outcome,
            }
            sleep(Duration::from_millis(pause)).await;
        }
        self.start_round(upload).await
    }

    /// The HTTP client below it tries four times when the connection closes without a byte.
    async fn start_round(&self, upload: &mut Upload<'_>) -> Result<Started, Failure> {
        for _ in 1..4 {
            match self.attempt(upload).await {
                Err(Failure::Unanswered) if !self.request.has_body() => {}
                outcome => return outcome,
            }
        }
        self.attempt(upload).await
    }

    async fn attempt(&self, upload: &mut Upload<'_>) -> Result<Started, Failure> {
        let mut handler = self.upstream.connect().await.map_err(|_| Failure::Unreachable)?;
        handler.writer.write_all(self.head.as_bytes()).await.map_err(|_| Failure::Unanswered)?;
        let answer = tokio::select! {
            answer = Answer::read(&mut handler.reader, &self.request.line.method) => answer,
            () = upload.run(&mut handler.writer, &self.activity) => return Err(Failure::ClientGone),
        };
        let answer = answer.map_err(|reason| match reason {
            NoHead::Closed => Failure::Unanswered,
            NoHead::Broken | NoHead::TooLong(()) => Failure::Broken,
        })?;
        let head = answer.for_client(self.request.close).ok_or(Failure::Unfit)?;
        Ok(Started { handler, answer, head })
    }

    async fn pass(&self, started: Started, upload: &mut Upload<'_>, client: &mut OwnedWriteHalf) -> End {
        let Started { mut handler, answer, head } = started;
        self.activity.touch();
        if let Some(mcp) = &self.mcp {
            mcp.answered(answer.status, answer.media_type());
        }
        let download = async {
            client.write_all(head.as_bytes()).await?;
            download::run(&answer, &mut handler.reader, client, &self.activity, self.mcp.as_ref()).await
        };
        let end = tokio::select! {
            passed = download => passed.err().map(|_| End::Reset),
            () = upload.run(&mut handler.writer, &self.activity) => Some(End::Gone),
            () = self.activity.ran_out() => Some(End::Reset),
        };
        if end.is_none() && upload.is_complete() && !answer.close {
            self.upstream.keep(handler);
        }
        match end {
            Some(end) => end,
            None => keep_alive(upload, self.request).await,
        }
    }
}

impl Hop {
    fn failed(self, request: &Request) -> Bytes {
        match self {
            Self::Host => answer::empty(StatusCode::INTERNAL_SERVER_ERROR, request.close),
            Self::Gateway => gateway::unavailable(request),
        }
    }
}

/// Sends an answer of the host or the gateway itself.
pub(crate) async fn answer(
    client: &mut OwnedWriteHalf,
    answer: Bytes,
    upload: &mut Upload<'_>,
    request: &Request,
) -> End {
    match client.write_all(&answer).await {
        Ok(()) => keep_alive(upload, request).await,
        Err(_) => End::Gone,
    }
}

async fn keep_alive(upload: &mut Upload<'_>, request: &Request) -> End {
    if !request.close && upload.discard().await { End::KeepAlive } else { End::Close }
}
