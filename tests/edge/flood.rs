//! Requests that keep memory, from one address and from two.

use std::{
    convert::Infallible,
    num::NonZeroU32,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
};

use allocation_counter::measure;
use authorization_server::{
    ground::{EventName, Subject},
    state::cookies::CookieName,
};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header, request::Builder};
use http_body_util::StreamBody;
use hyper::body::Frame;
use remote_auth_mcp::config;
use secrecy::ExposeSecret as _;
use serde_json::json;
use testkit::parameter;
use warp::reply::Response;

use crate::rig::{Answer, Edge, empty, form, from, json as json_body, request};

const ONE: &str = "20.1.2.3";
const OTHER: &str = "20.1.2.4";
/// The largest head is 48 KiB.
const LARGE: usize = 47_000;

fn large(request: Builder) -> Builder {
    request.header("x-padding", "x".repeat(LARGE))
}

/// A request whose body has one byte and never ends.
fn stalled(request: Builder) -> Request<StreamBody<impl stream::Stream<Item = Result<Frame<Bytes>, Infallible>>>> {
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let byte = Frame::data(Bytes::from_static(b"x"));
    request.body(StreamBody::new(stream::iter([Ok(byte)]).chain(stream::pending()))).unwrap()
}

/// Requests that are under way.
#[derive(Default)]
pub(crate) struct Flood<'a>(Vec<Pin<Box<dyn Future<Output = Response> + 'a>>>);

impl<'a> Flood<'a> {
    /// Sends so many of these, and returns the status of each that is answered at once.
    pub(crate) fn send(&mut self, edge: &'a Edge, requests: usize, of: impl Fn() -> Builder) -> Vec<u16> {
        let answered = (0..requests).filter_map(|_| {
            let mut sent: Pin<Box<dyn Future<Output = Response>>> = Box::pin(edge.head(stalled(of())));
            let answer = sent.as_mut().now_or_never();
            if answer.is_none() {
                self.0.push(sent);
            }
            answer.map(|answer| answer.status().as_u16())
        });
        answered.collect()
    }
}

async fn status(edge: &Edge, request: Builder) -> u16 {
    edge.send(empty(request)).await.status
}

/// The statuses of requests from this address to endpoints that need no access token.
async fn statuses(edge: &Edge, address: &str) -> [u16; 4] {
    let get = |path| from(address, Method::GET, path);
    [
        status(edge, get("/health")).await,
        status(edge, get("/.well-known/oauth-authorization-server")).await,
        status(edge, get("/authorize")).await,
        edge.send(form(from(address, Method::POST, "/token"), &[("a", "b")])).await.status,
    ]
}

#[tokio::test]
async fn large_heads_with_slow_bodies_take_the_share_of_their_address_and_nobody_elses() {
    let edge = Edge::behind_gateway();
    let token = edge.access_token().await;
    let mut flood = Flood::default();
    let answered = flood.send(&edge, 180, || large(from(ONE, Method::POST, "/token")));
    assert!(answered.len() > 100 && answered.iter().all(|status| *status == 503), "{answered:?}");
    assert_eq!(status(&edge, large(from(ONE, Method::GET, "/health"))).await, 503);
    assert_eq!(statuses(&edge, OTHER).await, [200, 200, 400, 400]);
    let call = large(from(ONE, Method::POST, "/mcp")).header(header::AUTHORIZATION, format!("Bearer {token}"));
    assert_ne!(status(&edge, call).await, 503, "a good bearer counts as its owner");
    flood.send(&edge, 180, || large(from(OTHER, Method::POST, "/token")));
    assert_eq!(statuses(&edge, "20.1.2.5").await, [200, 200, 400, 400]);
    drop(flood);
    assert_eq!(status(&edge, large(from(ONE, Method::GET, "/health"))).await, 200);
}

#[tokio::test]
async fn slow_bodies_leave_their_address_room_for_requests_without_one() {
    let edge = Edge::behind_gateway();
    let body = || {
        let request = from(ONE, Method::POST, "/token").header(header::CONTENT_TYPE, "text/plain");
        let part = Frame::data(Bytes::from(vec![b'x'; 60_000]));
        let body = StreamBody::new(stream::iter([Ok::<_, Infallible>(part)]).chain(stream::pending()));
        request.body(body).unwrap()
    };
    let mut under_way: Vec<_> = (0..100).map(|_| Box::pin(edge.head(body()))).collect();
    let answered = under_way.iter_mut().filter_map(FutureExt::now_or_never).map(|answer| answer.status().as_u16());
    assert_eq!(
        answered.filter(|status| *status == 503).count(),
        87,
        "13 of 60,000 bytes are three quarters of an eighth"
    );
    assert_eq!(status(&edge, large(from(ONE, Method::GET, "/health"))).await, 200);
}

#[tokio::test]
async fn requests_that_are_refused_take_no_memory_while_their_bodies_are_thrown_away() {
    let edge = Edge::behind_gateway();
    let mut flood = Flood::default();
    let bearer = |request: Builder| request.header(header::AUTHORIZATION, "Bearer unknown");
    let refused: [&dyn Fn() -> Builder; 8] = [
        &|| from(ONE, Method::POST, "/mcp"),
        &|| bearer(from(ONE, Method::POST, "/mcp/message")),
        &|| from(ONE, Method::PUT, "/token"),
        &|| from(ONE, Method::POST, "/nowhere"),
        &|| from(ONE, Method::POST, "/consent"),
        &|| from(ONE, Method::POST, "/connections").header(header::ORIGIN, "https://attacker.example"),
        &|| from(ONE, Method::POST, "/operator").header("sec-fetch-site", "cross-site"),
        &|| request(Method::POST, "/token"),
    ];
    for of in refused {
        assert_eq!(flood.send(&edge, 4, || large(of())), [0; 0]);
    }
    assert_eq!(status(&edge, large(from(ONE, Method::GET, "/health"))).await, 200);
}

#[tokio::test]
async fn the_bodies_that_are_thrown_away_hold_few_connections_however_many_addresses_send_them() {
    let edge = Edge::behind_gateway();
    let mut flood = Flood::default();
    let mut held = |address: Option<&str>| {
        let post = || match address {
            Some(address) => from(address, Method::POST, "/mcp"),
            None => request(Method::POST, "/mcp"),
        };
        let answered = flood.send(&edge, 100, post);
        let status = if address.is_some() { 401 } else { 403 };
        assert!(answered.iter().all(|answered| *answered == status), "{answered:?}");
        100 - answered.len()
    };
    assert_eq!(
        [held(Some(ONE)), held(Some(ONE)), held(Some(OTHER)), held(None)],
        [32, 0, 28, 24],
        "one is past the gateway"
    );
    assert_eq!((10..60).map(|last| held(Some(&format!("20.1.2.{last}")))).sum::<usize>(), 256 - 32 - 28 - 24);
    let small = form(from(ONE, Method::POST, "/mcp"), &[("a", "b")]);
    assert_eq!(edge.send(small).await.status, 401, "a body that is there at once needs no place");
    drop(flood);
    assert_eq!(
        Flood::default().send(&edge, 40, || from(ONE, Method::POST, "/mcp")).len(),
        8,
        "the places are free again"
    );
}

#[tokio::test]
async fn bodies_that_do_not_arrive_hold_few_connections_however_many_addresses_send_them() {
    let edge = Edge::behind_gateway();
    let mut flood = Flood::default();
    let mut held = |address: &str| {
        let answered = flood.send(&edge, 100, || from(address, Method::POST, "/token"));
        assert!(answered.iter().all(|answered| *answered == 503), "{answered:?}");
        100 - answered.len()
    };
    assert_eq!([held(ONE), held(ONE), held(OTHER)], [64, 0, 53]);
    let event = edge.audit.take().pop().unwrap();
    assert_eq!((event.name, event.reason), (EventName::LimitReached, Some("bodies that are waited for")));
    assert_eq!((10..80).map(|last| held(&format!("20.1.2.{last}"))).sum::<usize>(), 384 - 64 - 53);
    assert_eq!(statuses(&edge, ONE).await, [200, 200, 400, 400], "a body that is there at once needs no place");
    let refused = || from(OTHER, Method::POST, "/mcp");
    assert_eq!(flood.send(&edge, 1, refused), [0; 0], "bodies that are thrown away have places of their own");
}

#[tokio::test]
async fn the_page_of_a_refusal_is_made_once_the_body_is_thrown_away() {
    let limits = config::Limits { page_requests_per_minute: NonZeroU32::MIN, ..config::Limits::default() };
    let edge = Edge::behind_gateway_with(limits);
    let post = |address| from(address, Method::POST, "/consent");
    for status in [403, 429] {
        assert_eq!(edge.send(form(post(ONE), &[("a", "b")])).await.status, status);
    }
    let held = |of: &dyn Fn() -> Builder| {
        let mut flood = Flood::default();
        let held = measure(|| assert_eq!(flood.send(&edge, 1, of), [0; 0]));
        held.bytes_current
    };
    let short = held(&|| from(ONE, Method::PUT, "/consent"));
    let pages = [("of a limit", held(&|| post(ONE))), ("of a foreign form", held(&|| post(OTHER)))];
    edge.gateway.as_ref().unwrap().down.store(true, Ordering::SeqCst);
    for (refusal, held) in pages.into_iter().chain([("of an outage", held(&|| post(ONE)))]) {
        assert!(held < short + 2_000, "the page {refusal}: {held} bytes, and {short} for one without a page");
    }
}

/// Whether the bytes of a header are still there.
struct Tracked {
    _kept: Arc<()>,
}

impl AsRef<[u8]> for Tracked {
    fn as_ref(&self) -> &[u8] {
        b"a value"
    }
}

#[tokio::test]
async fn the_head_of_a_refused_request_is_gone_before_its_body() {
    let edge = Edge::behind_gateway();
    let refused = [
        from(ONE, Method::POST, "/mcp"),
        from(ONE, Method::PUT, "/token"),
        from(ONE, Method::POST, "/nowhere"),
        from(ONE, Method::POST, "/operator"),
        request(Method::POST, "/token"),
    ];
    for request in refused {
        let kept = Arc::new(());
        let value = HeaderValue::from_maybe_shared(Bytes::from_owner(Tracked { _kept: Arc::clone(&kept) })).unwrap();
        let mut flood = Flood::default();
        let request = stalled(request.header("x-tracked", value));
        let sent: Pin<Box<dyn Future<Output = Response>>> = Box::pin(edge.head(request));
        flood.0.push(sent);
        assert!(flood.0[0].as_mut().now_or_never().is_none());
        assert_eq!(Arc::strong_count(&kept), 1);
    }
}

#[tokio::test]
async fn an_address_that_clicks_without_end_waits_and_another_goes_on() {
    let edge = Edge::behind_gateway();
    let click = async |address, path| edge.send(form(from(address, Method::POST, path), &[("decision", "deny")])).await;
    let pages = ["/consent", "/connections", "/operator"];
    for _ in 0..200 {
        for path in pages {
            assert_eq!(click(ONE, path).await.status, 403, "{path}");
        }
    }
    for path in pages {
        let refused = click(ONE, path).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "1"), "{path}");
        assert!(refused.body.contains("Too many requests"), "{path}");
        assert_eq!(click(OTHER, path).await.status, 403, "{path}");
    }
}

/// The `state` of a sign-in that nobody has begun.
fn made_up() -> String {
    let (id, secret) = ("A".repeat(22), "B".repeat(42) + "A");
    format!("/oauth-callback?code=x&state={id}.{secret}")
}

#[tokio::test]
async fn callbacks_that_nobody_began_are_read_at_a_limited_rate_and_hold_up_no_sign_in() {
    let edge = Edge::behind_gateway();
    let junk = async |cookie: &str| {
        let request = from(ONE, Method::GET, &made_up()).header(header::COOKIE, cookie);
        edge.send(empty(request)).await.status
    };
    for cookie in ["", "__Host-MCP_ENTRA_STATE-AAAAAAAA=made-up"] {
        let before = edge.store.operations();
        for _ in 0..300 {
            assert_eq!(junk(cookie).await, 403);
        }
        assert_eq!(edge.store.operations(), before + 300);
        assert_eq!((junk(cookie).await, edge.store.operations()), (429, before + 300));
        if cookie.is_empty() {
            let begun = from(ONE, Method::GET, &made_up()).header(header::COOKIE, "__Host-MCP_ENTRA_STATE-AAAAAAAA=x");
            assert_eq!(edge.send(empty(begun)).await.status, 403, "those with a cookie have reads of their own");
            edge.clock.advance(time::Duration::MINUTE);
        }
    }
    assert_eq!(edge.send(empty(from(OTHER, Method::GET, &made_up()))).await.status, 403);
}

/// Entra's answer to a sign-in that begins now, from this address.
async fn come_back(edge: &Edge, client_id: &str, address: &str) -> Answer {
    let allowed = edge.allow(&edge.open_page(client_id).await.unwrap()).await.unwrap();
    let state = parameter(&allowed.sign_in_url, "state").unwrap();
    let query = oauth_protocol::form::encode([("code", "upstream-code"), ("state", state.as_str())]);
    let cookie = format!("{}={}", CookieName::EntraState(allowed.id), allowed.cookie.expose_secret());
    let request = from(address, Method::GET, &format!("/oauth-callback?{query}"));
    edge.send(empty(request.header(header::COOKIE, cookie))).await
}

#[tokio::test]
async fn a_sign_in_that_others_hold_up_is_not_held_against_its_address() {
    let limits = config::Limits { callbacks_per_minute: NonZeroU32::MIN, ..config::Limits::default() };
    let edge = Edge::behind_gateway_with(limits);
    let client_id = edge.register().await.unwrap();
    for last in 10..20 {
        assert!(come_back(&edge, &client_id, &format!("20.1.2.{last}")).await.status < 400, "{last}");
    }
    for (address, limit, words) in [
        (ONE, "callbacks of all addresses", "This server has too much to do"),
        ("20.1.2.10", "callbacks-per-minute", "Too many requests came from your network"),
    ] {
        let refused = come_back(&edge, &client_id, address).await;
        let event = edge.audit.take().pop().unwrap();
        assert_eq!((refused.status, event.name, event.reason), (429, EventName::LimitReached, Some(limit)));
        assert!(refused.body.contains(words), "{}", refused.body);
    }
}

#[tokio::test]
async fn an_answer_that_is_larger_than_the_memory_left_is_refused_unless_it_tells_of_a_change() {
    let edge = Edge::behind_gateway();
    let mut flood = Flood::default();
    take_all(&mut flood, &edge, || from(ONE, Method::POST, "/token"));
    flood.0.pop();
    edge.audit.take();
    let metadata = edge.send(empty(from(ONE, Method::GET, "/.well-known/oauth-authorization-server"))).await;
    assert_eq!((metadata.status, metadata.header("retry-after")), (503, "5"));
    assert_eq!(
        (metadata.error().as_str(), metadata.header("access-control-allow-origin")),
        ("temporarily_unavailable", "*")
    );
    for path in ["/connections", "/operator", "/authorize", "/consent"] {
        let page = edge.send(empty(from(ONE, Method::GET, path))).await;
        assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{path}");
        assert!(page.body.contains("This server has too much to do"), "{path}: {}", page.body);
        let event = edge.audit.take().pop().unwrap();
        assert_eq!((event.name, event.reason), (EventName::LimitReached, Some("memory for requests")), "{path}");
    }
    assert_eq!(status(&edge, from(ONE, Method::GET, "/oauth-callback")).await, 403, "it is sent all the same");
}

/// The access tokens of so many owners.
async fn tokens_of_owners(edge: &Edge, owners: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for owner in 0..owners {
        edge.upstream.set_subject(Subject { tid: "tenant".into(), oid: format!("owner {owner}") });
        tokens.push(format!("Bearer {}", edge.access_token().await));
    }
    tokens
}

/// Requests with large heads until there is no room for another, and then with smaller ones, in which order they fill it.
fn take_all<'a>(flood: &mut Flood<'a>, edge: &'a Edge, request: impl Fn() -> Builder) {
    for (requests, padding) in [(190, LARGE), (60, 1_500), (30, 0)] {
        let refused = flood.send(edge, requests, || request().header("x-padding", "x".repeat(padding)));
        assert!(!refused.is_empty() && refused.iter().all(|status| *status == 503), "{refused:?}");
    }
}

#[tokio::test]
async fn however_many_owners_take_all_they_may_another_owners_call_goes_on() {
    let edge = Edge::behind_gateway();
    let mut tokens = tokens_of_owners(&edge, 13).await;
    let other = tokens.pop().unwrap();
    let mut flood = Flood::default();
    for (number, token) in tokens.iter().enumerate() {
        take_all(&mut flood, &edge, || from(ONE, Method::POST, "/mcp").header(header::AUTHORIZATION, token));
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        let call = json_body(from(ONE, Method::POST, "/mcp").header(header::AUTHORIZATION, &other), &message);
        assert_eq!(edge.send(call).await.status, 200, "after {number}");
    }
}

#[tokio::test]
async fn however_many_addresses_take_all_they_may_another_one_goes_on() {
    let edge = Edge::behind_gateway();
    let mut flood = Flood::default();
    for last in 10..30 {
        take_all(&mut flood, &edge, || from(&format!("20.1.2.{last}"), Method::POST, "/token"));
        assert_eq!(statuses(&edge, OTHER).await, [200, 200, 400, 400], "{last}");
    }
}

/// What a request with these headers takes, and what it counts for, while its body does not arrive.
fn taken(edge: &Edge, token: &str, headers: &HeaderMap) -> (i64, i64) {
    let left = || i64::try_from(edge.app.memory.known_callers.available()).unwrap();
    let (before, mut flood) = (left(), Flood::default());
    let post = || {
        let mut request = request(Method::POST, "/mcp").header(header::AUTHORIZATION, format!("Bearer {token}"));
        request.headers_mut().unwrap().extend(headers.clone());
        request
    };
    let bytes = measure(|| assert_eq!(flood.send(edge, 1, post), [0; 0])).bytes_current;
    (bytes, before - left())
}

#[tokio::test]
async fn a_head_takes_no_more_than_it_counts_for() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    // The first request also makes what all share.
    taken(&edge, &token, &HeaderMap::new());
    let plain = taken(&edge, &token, &HeaderMap::new());
    for (names, times) in
        [(1, 1), (5, 1), (11, 1), (23, 1), (47, 1), (95, 1), (1, 2), (1, 6), (1, 34), (1, 66), (30, 3)]
    {
        let mut headers = HeaderMap::new();
        for name in 0..names {
            let name: HeaderName = format!("a{name}").parse().unwrap();
            for _ in 0..times {
                headers.append(&name, HeaderValue::from_static(""));
            }
        }
        let (bytes, counted) = taken(&edge, &token, &headers);
        println!("{names} names {times} times: {} bytes of {}", bytes - plain.0, counted - plain.1);
        assert!(bytes - plain.0 <= counted - plain.1, "{names} names {times} times");
    }
}
