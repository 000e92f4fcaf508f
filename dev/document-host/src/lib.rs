//! A host on loopback that publishes the documents of clients over TLS, for any name that a test gives it. It refuses a request
//! that a server should not make for a document: one with a cookie, credentials or a referrer, one that does not ask for JSON,
//! and one that takes compressed answers.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, StatusCode, Uri, header, response::Builder},
    response::{IntoResponse as _, Response},
};
use stand_in::{Certificate, Servers, Site, lock};

/// Why the host cannot start.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;

/// Headers that belong to no request for a document.
const FOREIGN_HEADERS: [header::HeaderName; 4] =
    [header::COOKIE, header::AUTHORIZATION, header::REFERER, header::ORIGIN];

/// Makes the answer of a path.
type Answer = Arc<dyn Fn() -> Response + Send + Sync>;

#[derive(Default)]
struct State {
    answers: HashMap<String, Answer>,
    asked: Vec<String>,
}

/// The host. Dropping it ends it.
pub struct DocumentHost {
    port: u16,
    certificate: Certificate,
    state: Arc<Mutex<State>>,
    _servers: Servers,
}

impl DocumentHost {
    /// Starts it on a free port, with a certificate for these names.
    pub async fn start(names: &[&str]) -> Result<Self, StartError> {
        let certificate = Certificate::issue(names)?;
        let (port, listeners) = stand_in::listen(0).await?;
        let state = Arc::<Mutex<State>>::default();
        let asked = Arc::clone(&state);
        let answer = move |method: Method, uri: Uri, headers: HeaderMap| {
            let asked = Arc::clone(&asked);
            async move { answer(&asked, &method, &uri, &headers) }
        };
        let mut servers = Servers::default();
        servers.serve(listeners, &Site::new(Router::new().fallback(answer)).with_tls(certificate.acceptor()?));
        Ok(Self { port, certificate, state, _servers: servers })
    }

    /// The address at which it listens, whatever its names.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The certificate of its authority, in PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.certificate.authority()
    }

    /// Publishes a JSON document at a path.
    pub fn publish(&self, path: &str, document: &str) {
        let document = document.to_owned();
        self.answer(path, move || json(Response::builder()).body(document.clone().into()).unwrap_or_default());
    }

    /// Answers requests to a path like this.
    pub fn answer(&self, path: &str, answer: impl Fn() -> Response + Send + Sync + 'static) {
        lock(&self.state).answers.insert(path.to_owned(), Arc::new(answer));
    }

    /// Sends requests for a path elsewhere.
    pub fn redirect(&self, path: &str, location: &str) {
        let location = location.to_owned();
        self.answer(path, move || {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location.clone())]).into_response()
        });
    }

    /// Publishes nothing at a path any more.
    pub fn withdraw(&self, path: &str) {
        lock(&self.state).answers.remove(path);
    }

    /// The host and path of every request so far, and of refused ones the reason.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        lock(&self.state).asked.clone()
    }
}

/// The head of a JSON document.
#[must_use]
pub fn json(response: Builder) -> Builder {
    response.header(header::CONTENT_TYPE, "application/json")
}

fn answer(state: &Mutex<State>, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response<Body> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut state = lock(state);
    if let Some(reason) = refusal(method, headers) {
        state.asked.push(format!("refused: {reason}"));
        return (StatusCode::BAD_REQUEST, reason).into_response();
    }
    state.asked.push(format!("{host}{}", uri.path()));
    let found = state.answers.get(uri.path()).filter(|_| uri.query().is_none()).cloned();
    drop(state);
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |answer| answer())
}

fn refusal(method: &Method, headers: &HeaderMap) -> Option<String> {
    if method != Method::GET {
        return Some(format!("the method is {method}"));
    }
    if let Some(name) = FOREIGN_HEADERS.iter().find(|name| headers.contains_key(*name)) {
        return Some(format!("the header {name} is sent"));
    }
    let is = |name, value: &str| headers.get(name).is_some_and(|found| found == value);
    if !is(header::ACCEPT, "application/json") {
        return Some("JSON is not asked for".to_owned());
    }
    (!is(header::ACCEPT_ENCODING, "identity")).then(|| "a compressed answer would be taken".to_owned())
}
