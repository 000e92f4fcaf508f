//! What a request of a client whose record is as large as it may be takes while it waits.

use std::{
    future::{Future as _, pending, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
};

use allocation_counter::measure;
use async_trait::async_trait;
use authorization_server::{
    AuthorizationServer, Ports,
    ground::{Advanced, Created, Id, Record, Repository, Sealer, Stored, Unavailable},
};
use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Request};
use http_body_util::Full;
use oauth_protocol::{
    issuer::BaseUrl,
    redirect_uri::PrivateUseSchemes,
    secret::{Handle, Secret},
};
use remote_auth_mcp::config::Limits;
use secrecy::ExposeSecret as _;
use testkit::{REDIRECT_URI, Rig, VERIFIER};
use tokio::runtime::{Builder, Runtime};

use crate::{
    browser::{Browser, authorize, consent_form},
    rig::{Edge, ORIGIN, empty, form, request},
};

/// Makes the requests of one kind.
type NamedRequest<'a> = (&'static str, &'a dyn Fn() -> Request<Full<Bytes>>);

/// Requests that wait at once.
const REQUESTS: usize = 40;

/// Once it is shut, those who come to it wait for ever.
#[derive(Default)]
struct Gate {
    is_shut: AtomicBool,
    waiting: AtomicUsize,
}

impl Gate {
    async fn pass(&self) {
        if self.is_shut.load(Ordering::SeqCst) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            pending::<()>().await;
        }
    }
}

/// A port behind the gate.
struct Behind<P: ?Sized>(Arc<Gate>, Arc<P>);

#[async_trait]
impl<T: Record> Repository<T> for Behind<dyn Repository<T>> {
    async fn get(&self, key: &T::Key) -> Result<Option<Stored<T>>, Unavailable> {
        self.0.pass().await;
        self.1.get(key).await
    }

    async fn create(&self, value: T) -> Result<Created<T>, Unavailable> {
        self.0.pass().await;
        self.1.create(value).await
    }

    async fn advance(&self, from: &str, to: T) -> Result<Advanced<T>, Unavailable> {
        self.0.pass().await;
        self.1.advance(from, to).await
    }

    async fn delete(&self, key: &T::Key) -> Result<(), Unavailable> {
        self.0.pass().await;
        self.1.delete(key).await
    }
}

/// It opens at once: the request is read with it, before the client is.
#[async_trait]
impl Sealer for Behind<dyn Sealer> {
    async fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<String, Unavailable> {
        self.0.pass().await;
        self.1.seal(purpose, plaintext).await
    }

    async fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        self.1.open(purpose, sealed).await
    }
}

/// Clients and blocks are read at once; whatever else the server needs is behind the gate.
fn behind(gate: &Arc<Gate>) -> Edge {
    let mut rig = Rig::new().unwrap();
    let Ports { grants, authorizations, sealer, .. } = rig.ports.clone();
    let ports = Ports {
        grants: Arc::new(Behind(Arc::clone(gate), grants)),
        authorizations: Arc::new(Behind(Arc::clone(gate), authorizations)),
        sealer: Arc::new(Behind(Arc::clone(gate), sealer)),
        ..rig.ports.clone()
    };
    let base = BaseUrl::parse(ORIGIN).unwrap();
    rig.server = Arc::new(AuthorizationServer::new(base, PrivateUseSchemes::default(), testkit::LIMITS, ports));
    Edge::around(rig, Limits::default())
}

/// Registers a client with as many and as long redirect URIs as there may be; its id.
async fn register_large(edge: &Edge) -> String {
    let long: Vec<_> = (0..31).map(|number| format!("https://client.example/{number}/{}", "x".repeat(1_990))).collect();
    let uris: Vec<&str> = long.iter().map(String::as_str).chain([REDIRECT_URI]).collect();
    let client_id = edge.register_for(&uris).await.unwrap();
    let client = edge.clients.peek(&Id::parse(&client_id).unwrap()).unwrap();
    assert!(client.redirect_uris.iter().map(|uri| uri.as_str().len()).sum::<usize>() > 62_000);
    client_id
}

/// The bytes that each of many such requests takes while all of them wait at the gate.
fn bytes_of_each(runtime: &Runtime, edge: &Edge, gate: &Gate, request: impl Fn() -> Request<Full<Bytes>>) -> i64 {
    gate.waiting.store(0, Ordering::SeqCst);
    let mut kept = None;
    let taken = measure(|| {
        let mut answers = Box::pin(join_all((0..REQUESTS).map(|_| edge.head(request()))));
        runtime.block_on(poll_fn(|context| {
            assert!(answers.as_mut().poll(context).is_pending(), "an answer");
            if gate.waiting.load(Ordering::SeqCst) == REQUESTS {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        }));
        kept = Some(answers);
    });
    drop(kept);
    taken.bytes_current / i64::try_from(REQUESTS).unwrap()
}

/// Each counts as a few hundred bytes, so one address may have more than a thousand of them.
#[test]
fn a_request_keeps_no_large_client_while_it_waits() {
    let (runtime, gate) = (Builder::new_current_thread().enable_all().build().unwrap(), Arc::<Gate>::default());
    let edge = behind(&gate);
    let mut browser = Browser::default();
    let (client_id, refresh_token, denied) = runtime.block_on(async {
        let client_id = register_large(&edge).await;
        let refresh_token = edge.sign_in().await.unwrap().tokens.refresh_token.expose_secret().to_owned();
        let asked = browser.ask(&edge, &client_id).await;
        let denied = consent_form(&browser.decide(&edge, &asked, "deny").await);
        (client_id, refresh_token, denied)
    });
    gate.is_shut.store(true, Ordering::SeqCst);
    let code = Handle::new(Id::from_bytes([1; 16]).to_string(), Secret::from_bytes([1; 32])).encode();
    let post = |path: &str, fields: &[(&str, &str)]| form(browser.form(path), fields);
    let client = ("client_id", client_id.as_str());
    let refresh = || post("/token", &[client, ("grant_type", "refresh_token"), ("refresh_token", &refresh_token)]);
    let redeem = || {
        let code = ("code", code.expose_secret());
        post("/token", &[client, ("grant_type", "authorization_code"), code, ("code_verifier", VERIFIER)])
    };
    let revoke = || post("/revoke", &[client, ("token", &refresh_token)]);
    let ask = || empty(request(Method::GET, &authorize(&client_id, &[])));
    let undo = || {
        let form = [("request", denied.request.as_str()), ("csrf", denied.csrf.as_str()), ("decision", "undo")];
        post("/consent", &form)
    };
    let requests: [NamedRequest<'_>; 5] =
        [("refresh", &refresh), ("redeem", &redeem), ("revoke", &revoke), ("ask", &ask), ("undo", &undo)];
    let taken = requests.map(|(name, request)| {
        let [_, bytes] = [(); 2].map(|()| bytes_of_each(&runtime, &edge, &gate, request));
        (name, bytes)
    });
    println!("{taken:?}");
    assert!(taken.iter().all(|(_, bytes)| (1_000..24_000).contains(bytes)), "{taken:?}");
}
