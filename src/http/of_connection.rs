//! Tells a connection when a head is complete, and when its request is answered.

use std::{convert::Infallible, sync::Arc};

use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, header};
use hyper::service::Service;

use super::{connection::Progress, reply::Response};

/// The service of one connection.
pub(super) struct OfConnection<S> {
    pub(super) inner: S,
    pub(super) progress: Progress,
}

impl<S, B> Service<Request<B>> for OfConnection<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn call(&self, mut request: Request<B>) -> Self::Future {
        let of_large = self.progress.complete();
        let is_large = of_large.is_some();
        if let Some(permit) = of_large {
            request.extensions_mut().insert(Arc::new(permit));
        }
        let (answer, progress) = (self.inner.call(request), self.progress.clone());
        Box::pin(async move {
            let mut response = answer.await?;
            if is_large {
                // hyper would keep a buffer of that size for the connection.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            progress.answered();
            Ok(response)
        })
    }
}
