//! The form of a request's target (RFC 9112 §3.2). Only the origin form goes on; any other is an empty path, which is no
//! endpoint's. The head goes past warp, which panics where a target has no path, and would keep a head until the answer.

use std::{convert::Infallible, error::Error, sync::Arc};

use http::{HeaderValue, Request, Uri, header};
use hyper::{body::Body, service::Service};
use hyper_util::service::TowerToHyperService;

use super::{app::App, head::CarriedHead, reply::Response, routes::routes};

/// Passes requests on, with the path that their target is.
struct OriginForm<S>(S);

/// Answers every request.
#[must_use]
pub fn service<B>(
    app: Arc<App>,
) -> impl Service<Request<B>, Response = Response, Error = Infallible, Future: Send + 'static>
where
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>> + Send + Sync + 'static,
{
    OriginForm(TowerToHyperService::new(warp::service(routes(app))))
}

impl<S, B> Service<Request<B>> for OriginForm<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = S::Future;

    fn call(&self, request: Request<B>) -> Self::Future {
        let target = origin_form(&request);
        let (parts, body) = request.into_parts();
        let mut request = Request::new(body);
        request.extensions_mut().insert(CarriedHead::new(target.as_ref(), parts));
        self.0.call(request)
    }
}

/// The target without scheme and authority, which must be those of `Host` (RFC 9112 §3.2.2). `None` for `CONNECT` and `*`.
fn origin_form<B>(request: &Request<B>) -> Option<Uri> {
    let target = request.uri().path_and_query().filter(|target| target.as_str().starts_with('/'))?;
    let mut hosts = request.headers().get_all(header::HOST).iter().map(HeaderValue::as_bytes);
    let is_ours = match request.uri().authority() {
        Some(authority) => hosts.next().is_some_and(|host| host.eq_ignore_ascii_case(authority.as_str().as_bytes())),
        None => true,
    };
    is_ours.then(|| target.clone().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(method: &str, target: &str, host: &str) -> Option<String> {
        let request = Request::builder().method(method).uri(target).header("host", host).body(()).unwrap();
        origin_form(&request).map(|target| target.to_string())
    }

    #[test]
    fn a_path_is_passed_on() {
        assert_eq!(target("GET", "/a%20b?c=d", "x").as_deref(), Some("/a%20b?c=d"));
    }

    #[test]
    fn a_whole_uri_of_this_host_is_its_path() {
        assert_eq!(target("GET", "http://X:1/a?b", "x:1").as_deref(), Some("/a?b"));
        assert_eq!(target("GET", "http://x", "x").as_deref(), Some("/"));
    }

    #[test]
    fn a_whole_uri_of_another_host_an_authority_and_an_asterisk_are_refused() {
        for (method, other) in
            [("GET", "http://y/"), ("GET", "http://a@x/"), ("CONNECT", "x:1"), ("CONNECT", "x"), ("OPTIONS", "*")]
        {
            assert_eq!(target(method, other, "x"), None, "{method} {other}");
        }
    }
}
