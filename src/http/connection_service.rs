//! Tells a connection when a head is complete, and when its request has ended.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, header};
use hyper::{
    body::{Body, Frame, SizeHint},
    service::Service,
};

use super::{
    connection::{InRequest, PartialHead},
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
        let of_large = self.head.complete();
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
            // hyper would keep a buffer of that size for the connection. And it closes a connection whose body was not read to its
            // end, which a proxy must know before it sends another request.
            if is_large || head.is_cut_off() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            drop(in_request);
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bytes::Bytes;
    use http::StatusCode;
    use http_body_util::Full;
    use hyper::service::service_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;
    use crate::{
        budget::Budget,
        http::{connection::LimitedConnection, reply::empty},
    };

    #[tokio::test]
    async fn a_body_that_is_read_after_the_answer_is_no_head() {
        let (budget, (ours, mut theirs)) = (Budget::new(100), duplex(64 * 1024));
        let head = PartialHead::new(&budget);
        let mut connection = LimitedConnection::new(ours, head.clone());
        let unread = Arc::new(Mutex::new(Vec::new()));
        let keeping = Arc::clone(&unread);
        let inner = service_fn(move |request| {
            keeping.lock().unwrap().push(request);
            async { Ok(empty(StatusCode::SERVICE_UNAVAILABLE)) }
        });
        let service = ConnectionService { inner, head };
        assert_eq!(service.call(Request::new(Full::new(Bytes::new()))).await.unwrap().status(), 503);
        let (mut large, mut buffer) = (vec![0; 20_000], vec![0; 20_000]);
        theirs.write_all(&large).await.unwrap();
        connection.read_exact(&mut buffer).await.unwrap();
        unread.lock().unwrap().clear();
        large.truncate(8 * 1024 + 100);
        theirs.write_all(&large).await.unwrap();
        connection.read_exact(&mut buffer[..large.len()]).await.unwrap();
        assert_eq!(budget.available(), 0, "the next head counts again");
    }
}
