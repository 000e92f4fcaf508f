//! Tells a connection when a head is complete, and when its request has ended.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Buf as _;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Request, header};
use hyper::{
    body::{Body, Frame, SizeHint},
    service::Service,
};

use super::{
    partial_head::{InRequest, PartialHead, READ_BYTES},
    reply::Response,
};

/// The service of one connection.
pub(super) struct ConnectionService<S> {
    pub(super) inner: S,
    pub(super) head: PartialHead,
}

/// A body that keeps its request under way: bytes of it that are thrown away after the answer was made are no head.
pub(super) struct RequestBody<B: Body> {
    body: B,
    has_ended: bool,
    in_request: InRequest,
}

impl<B: Body> Drop for RequestBody<B> {
    fn drop(&mut self) {
        if !self.has_ended && !self.body.is_end_stream() {
            self.in_request.cut_off();
        }
    }
}

impl<B: Body + Unpin> Body for RequestBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.has_ended = frame.is_none();
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.in_request.take(data.remaining());
                }
                if let Some(trailers) = frame.trailers_ref() {
                    self.in_request.take_trailers(text(trailers));
                }
            }
            Some(Err(_)) => {}
            None => self.in_request.ended(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<S, B> Service<Request<B>> for ConnectionService<S>
where
    B: Body,
    S: Service<Request<RequestBody<B>>, Response = Response, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let of_large = self.head.complete(length(&request), request.body().size_hint().exact().is_none());
        let is_large = of_large.is_some();
        let (head, in_request) = (self.head.clone(), self.head.in_request());
        let body = |body| RequestBody { body, has_ended: false, in_request: self.head.in_request() };
        let mut request = request.map(body);
        if let Some(permit) = of_large {
            request.extensions_mut().insert(Arc::new(permit));
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            let has_large_head = text(response.headers()) > READ_BYTES;
            // hyper would keep a buffer of that size for the connection. And it closes a connection whose body was not read to its
            // end, which a proxy must know before it sends another request.
            if has_large_head || is_large || head.is_cut_off() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            drop(in_request);
            Ok(response)
        })
    }
}

/// The least bytes that a head of this request takes.
fn length<B>(request: &Request<B>) -> usize {
    let uri = request.uri();
    let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len());
    request.method().as_str().len() + authority + target + "  HTTP/1.1\n\n".len() + text(request.headers())
}

/// The same of headers.
fn text(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ":\n".len()).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bytes::Bytes;
    use http::StatusCode;
    use http_body_util::{BodyExt as _, Full};
    use hyper::{body::Incoming, server::conn::http1, service::service_fn};
    use hyper_util::rt::TokioIo;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        time::{Duration, sleep, timeout},
    };

    use super::*;
    use crate::{
        budget::Budget,
        http::{connection::LimitedConnection, pages::redirect, reply::empty},
    };

    #[tokio::test]
    async fn a_body_that_is_read_after_the_answer_is_no_head() {
        let (budget, (ours, mut theirs)) = (Budget::new(100), duplex(64 * 1024));
        let head = PartialHead::new(&budget);
        let mut connection = LimitedConnection::new(ours, head.clone());
        let unread = Arc::new(Mutex::new(None));
        let keeping = Arc::clone(&unread);
        let inner = service_fn(move |request| {
            *keeping.lock().unwrap() = Some(request);
            async { Ok(empty(StatusCode::SERVICE_UNAVAILABLE)) }
        });
        let service = ConnectionService { inner, head };
        let (mut large, mut buffer) = (vec![0; 20_000], vec![0; 20_000]);
        let request = Request::new(Full::new(Bytes::from(large.clone())));
        assert_eq!(service.call(request).await.unwrap().status(), 503);
        theirs.write_all(&large).await.unwrap();
        connection.read_exact(&mut buffer).await.unwrap();
        let unread = unread.lock().unwrap().take().unwrap();
        assert_eq!(unread.into_body().collect().await.unwrap().to_bytes().len(), 20_000);
        large.truncate(READ_BYTES + 100);
        theirs.write_all(&large).await.unwrap();
        connection.read_exact(&mut buffer[..large.len()]).await.unwrap();
        assert_eq!(budget.available(), 0, "the next head counts again");
    }

    #[tokio::test]
    async fn an_answer_with_a_large_head_is_the_last_of_its_connection() {
        for (length, closes) in [(6_000, false), (READ_BYTES, true)] {
            let inner = service_fn(move |_| async move { Ok(redirect(&"x".repeat(length))) });
            let service = ConnectionService { inner, head: PartialHead::new(&Budget::new(0)) };
            let answer = service.call(Request::new(Full::new(Bytes::new()))).await.unwrap();
            assert_eq!(answer.headers().contains_key(header::CONNECTION), closes, "{length}");
        }
    }

    /// The other end of a connection that hyper serves, until the body of each request was read.
    fn served(heads: &Budget) -> DuplexStream {
        let (ours, theirs) = duplex(256 * 1024);
        let head = PartialHead::new(heads);
        let inner = service_fn(async |request: Request<RequestBody<Incoming>>| {
            let read = request.into_body().collect().await;
            Ok(empty(if read.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST }))
        });
        let stream = TokioIo::new(LimitedConnection::new(ours, head.clone()));
        tokio::spawn(http1::Builder::new().serve_connection(stream, ConnectionService { inner, head }));
        theirs
    }

    /// The head of the next answer.
    async fn answer(theirs: &mut DuplexStream) -> String {
        let mut answer = String::new();
        while !answer.ends_with("\r\n\r\n") {
            let byte = timeout(Duration::from_hours(1), theirs.read_u8()).await.expect("an answer").unwrap();
            answer.push(char::from(byte));
        }
        answer
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_with_a_request_and_is_not_of_it_counts_as_a_head() {
        const HEADS: usize = 100 * 1024;
        let request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        let with_more = format!("{request}GET / HTTP/1.1\r\nx: {}", "y".repeat(READ_BYTES - 40 - request.len()));
        let chunked = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
        let chunks = format!("{chunked}{}0\r\n\r\n", "1\r\nx\r\n".repeat(100));
        let after_chunks = format!("{chunks}GET / HTTP/1.1\r\nx: {}", "y".repeat(READ_BYTES - 40 - chunks.len()));
        for (sent, more) in [(&with_more, request.len()), (&after_chunks, chunks.len())] {
            let heads = Budget::new(HEADS);
            let mut theirs = served(&heads);
            theirs.write_all(sent.as_bytes()).await.unwrap();
            answer(&mut theirs).await;
            theirs.write_all(&[b'y'; READ_BYTES]).await.unwrap();
            sleep(Duration::from_secs(1)).await;
            let uncounted = sent.len() + READ_BYTES - more - (HEADS - heads.available());
            assert!(uncounted <= READ_BYTES + 20, "{uncounted} bytes");
            let ended = timeout(Duration::from_secs(11), theirs.read_to_end(&mut Vec::new())).await;
            assert!(ended.is_ok(), "a head that has begun has ten seconds");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_chunked_body_with_long_trailers_is_not_read_on() {
        let mut theirs = served(&Budget::new(0));
        let head = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
        theirs.write_all(format!("{head}0\r\nx: {}", "y".repeat(16_300)).as_bytes()).await.unwrap();
        assert!(answer(&mut theirs).await.starts_with("HTTP/1.1 400 "));
        theirs.read_to_end(&mut Vec::new()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_whose_requests_come_one_by_one_stays_open() {
        let mut theirs = served(&Budget::new(0));
        let of_length = |length| format!("content-length: {length}\r\n\r\n{}", "x".repeat(length));
        let chunked = |chunks: String| format!("transfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
        let parts = format!("1fff\r\n{}\r\n", "x".repeat(0x1fff)).repeat(8);
        let extension = format!("1;x={}\r\nx\r\n", "y".repeat(900));
        let trailers = format!("transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx: {}\r\n\r\n", "y".repeat(3_000));
        let requests = [
            format!("{}\r\n", "x: y\r\n".repeat(90)),
            of_length(0),
            of_length(8 * 1024),
            of_length(8 * 1024),
            of_length(60_000),
            chunked(String::new()),
            chunked("1\r\nx\r\n".repeat(5_000)),
            chunked(parts),
            chunked(extension),
            trailers,
        ];
        for request in requests.iter().chain(&requests) {
            theirs.write_all(format!("POST / HTTP/1.1\r\nhost: a.example\r\n{request}").as_bytes()).await.unwrap();
            let answer = answer(&mut theirs).await;
            assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("connection: close"), "{answer}");
            sleep(Duration::from_mins(1)).await;
        }
    }
}
