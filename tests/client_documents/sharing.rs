//! How often hosts are asked.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use authorization_server::{
    client_documents::{ClientDocuments as _, FetchError, FetchedDocument, FetchedFor},
    ground::Network,
};
use axum::{http::StatusCode, response::Response};
use document_host::json;
use futures_util::{FutureExt as _, future::join_all};
use oauth_protocol::client_id_url::ClientIdUrl;
use time::Duration;
use tokio::sync::Notify;

use crate::rig::{Rig, url};

const URL: &str = "https://client.example/client.json";
const PATH: &str = "/client.json";

/// An answer that ends when it is told to.
fn held(go_on: &Arc<Notify>) -> Response {
    let go_on = Arc::clone(go_on);
    let body = futures_util::stream::once(async move {
        go_on.notified().await;
        Ok::<_, std::io::Error>("{}")
    });
    json(Response::builder()).body(axum::body::Body::from_stream(body)).unwrap()
}

/// The first request is answered when all callers wait for it.
#[tokio::test]
async fn callers_at_once_share_one_request_and_a_later_one_asks_again() {
    let rig = Rig::start().await;
    let (asked, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, waits) = (Arc::clone(&asked), Arc::clone(&go_on));
    rig.host.answer(PATH, move || {
        told.notify_one();
        held(&waits)
    });
    let callers = (0..10).map(|_| {
        let fetcher = Arc::clone(&rig.fetcher);
        async move { fetcher.fetch(&url(URL), FetchedFor::Caller(Network::UNKNOWN)).await.is_ok() }
    });
    let shared = tokio::spawn(join_all(callers));
    asked.notified().await;
    go_on.notify_one();
    assert_eq!(shared.await.unwrap(), [true; 10]);
    assert_eq!(rig.host.asked().len(), 1);
    rig.host.publish(PATH, "{}");
    rig.fetch(URL).await.unwrap();
    assert_eq!(rig.host.asked().len(), 2);
}

/// A request of others would bring their own errors, and wait for their own places.
#[tokio::test]
async fn a_client_that_was_used_shares_no_request_with_strangers_or_other_clients() {
    let rig = Rig::start().await;
    let (from, other) = (Network::UNKNOWN, ClientIdUrl::parse("https://other.example/client.json").unwrap());
    for fetched_for in [FetchedFor::Caller(from), FetchedFor::Users { client: other, from }] {
        let (asked, go_on, is_first) = (Arc::new(Notify::new()), Arc::new(Notify::new()), AtomicBool::new(true));
        let (told, waits) = (Arc::clone(&asked), Arc::clone(&go_on));
        rig.host.answer(PATH, move || {
            told.notify_one();
            let is_first = is_first.swap(false, Ordering::Relaxed);
            if is_first { held(&waits) } else { json(Response::builder()).body("{}".into()).unwrap() }
        });
        let fetcher = Arc::clone(&rig.fetcher);
        let first = tokio::spawn(async move { fetcher.fetch(&url(URL), fetched_for).await.is_ok() });
        asked.notified().await;
        assert!(rig.fetch_for_users(URL).await.is_ok(), "while the first is held");
        go_on.notify_one();
        assert!(first.await.unwrap());
    }
    assert_eq!(rig.host.asked().len(), 4);
}

#[tokio::test]
async fn an_error_is_not_remembered() {
    let rig = Rig::start().await;
    rig.host.answer(PATH, || json(Response::builder()).status(StatusCode::NOT_FOUND).body("{}".into()).unwrap());
    assert_eq!(rig.refused(URL).await, "the status is 404");
    rig.host.publish(PATH, "{}");
    assert!(rig.fetch(URL).await.is_ok());
}

/// How many requests are sent, of `most` for this address to this host, before there are too many. Whether the host has an
/// answer does not matter, so it has none.
async fn fetched(rig: &Rig, from: &str, host: &str, most: usize) -> usize {
    for count in 0..most {
        if is_too_many(&rig.fetch_for(from, &format!("https://{host}/{count}.json")).await) {
            return count;
        }
    }
    most
}

fn is_too_many(fetched: &Result<FetchedDocument, FetchError>) -> bool {
    let Err(FetchError::TooMany(too_many)) = fetched else { return false };
    assert!(too_many.wait > std::time::Duration::ZERO);
    true
}

#[tokio::test]
async fn a_host_and_all_hosts_have_budgets_that_come_back() {
    let rig = Rig::start().await;
    let at_host = async |last: u8| fetched(&rig, &format!("20.1.2.{last}"), "client.example", 100).await;
    assert_eq!([at_host(1).await, at_host(2).await, at_host(3).await, at_host(4).await], [10, 10, 10, 0]);
    rig.clock.advance(Duration::seconds(2));
    assert_eq!(at_host(5).await, 1);
    let mut of_others = Vec::new();
    for host in 0..10 {
        for last in 1..=3 {
            let (from, host) = (format!("20.1.{}.{last}", 3 + host), format!("h{host}.client.example"));
            of_others.push(fetched(&rig, &from, &host, 100).await);
        }
    }
    assert_eq!(of_others.iter().sum::<usize>(), 300 + 10 - 31, "{of_others:?}");
    assert_eq!(of_others[..3], [10; 3], "one host leaves the others theirs");
}

#[tokio::test]
async fn an_address_leaves_what_there_is_for_a_host_and_for_all_to_the_others() {
    let rig = Rig::start().await;
    let mut of_one = 0;
    for host in 0..10 {
        of_one += fetched(&rig, "20.1.2.3", &format!("h{host}.client.example"), 20).await;
    }
    assert_eq!(of_one, 60);
    for host in ["h0.client.example", "other.client.example"] {
        assert_eq!(fetched(&rig, "20.1.2.4", host, 20).await, 10, "{host}");
    }
    rig.clock.advance(Duration::SECOND);
    assert_eq!(fetched(&rig, "20.1.2.3", "more.client.example", 20).await, 1, "it comes back");
}

#[tokio::test]
async fn without_a_gateway_no_address_has_a_share_since_all_callers_have_one() {
    const UNKNOWN: &str = "::";
    let rig = Rig::start().await;
    for host in ["client.example", "a.client.example", "b.client.example"] {
        assert_eq!(fetched(&rig, UNKNOWN, host, 100).await, 30, "as many as a host is asked: {host}");
    }
    for client in 0..20 {
        let client = format!("https://h{client}.client.example/client.json");
        for _ in 0..4 {
            assert!(!is_too_many(&rig.fetch_for_users_of(&client, UNKNOWN, &client).await), "{client}");
        }
    }
}

/// Anybody who has signed in to a client of their own can have it name any URL.
#[tokio::test]
async fn names_of_a_used_client_take_nothing_from_another() {
    let rig = Rig::start().await;
    rig.host.publish(PATH, "{}");
    let mut of_others = 0;
    for client in 0..10 {
        let (client, from) = (format!("https://other.example/{client}.json"), format!("20.1.3.{client}"));
        for _ in 0..10 {
            of_others += usize::from(!is_too_many(&rig.fetch_for_users_of(&client, &from, URL).await));
        }
    }
    assert_eq!(of_others, 30, "six for each client, until their host has asked for all it may");
    for _ in 0..6 {
        assert!(rig.fetch_for_users(URL).await.is_ok());
    }
}

#[tokio::test]
async fn an_address_leaves_what_there_is_for_clients_that_were_used_to_the_others() {
    let rig = Rig::start().await;
    let mut of_one = 0;
    for client in 0..12 {
        let client = format!("https://h{client}.client.example/client.json");
        for _ in 0..6 {
            of_one += usize::from(!is_too_many(&rig.fetch_for_users_of(&client, "20.1.2.9", &client).await));
        }
    }
    assert_eq!(of_one, 60);
    assert!(!is_too_many(&rig.fetch_for_users(URL).await));
}

/// The names of these hosts are never resolved.
#[tokio::test]
async fn an_address_that_names_clients_with_slow_hosts_holds_up_itself_alone() {
    let rig = Rig::start().await;
    rig.host.publish(PATH, "{}");
    let mut slow: Vec<Pin<Box<dyn Future<Output = bool>>>> = Vec::new();
    for number in 0..5 {
        let client = format!("https://slow{number}.client.example/client.json");
        let rig = &rig;
        let mut sent: Pin<Box<dyn Future<Output = bool>>> =
            Box::pin(async move { is_too_many(&rig.fetch_for_users_of(&client, "20.1.2.9", &client).await) });
        assert_eq!(sent.as_mut().now_or_never(), (number == 4).then_some(true), "{number}");
        slow.push(sent);
    }
    assert!(rig.fetch_for_users(URL).await.is_ok());
}

/// Anybody can name any number of URLs at the host of a client.
#[tokio::test]
async fn names_of_strangers_take_nothing_from_a_client_that_was_used() {
    let rig = Rig::start().await;
    rig.host.publish(PATH, "{}");
    for last in 1..=5 {
        for host in ["client.example", "a.client.example", "b.client.example", "c.client.example", "d.client.example"] {
            fetched(&rig, &format!("20.1.2.{last}"), host, 12).await;
        }
    }
    assert!(is_too_many(&rig.fetch_for("20.1.2.9", URL).await));
    for _ in 0..6 {
        rig.fetch_for_users(URL).await.unwrap();
    }
    assert!(is_too_many(&rig.fetch_for_users(URL).await), "a URL has a limit of its own");
    for other in 0..4 {
        for _ in 0..6 {
            assert!(!is_too_many(&rig.fetch_for_users(&format!("https://client.example/{other}.json")).await));
        }
    }
    assert!(is_too_many(&rig.fetch_for_users("https://client.example/4.json").await), "and so has a host");
    rig.clock.advance(Duration::seconds(10));
    assert!(!is_too_many(&rig.fetch_for_users(URL).await), "it comes back");
}

/// The names of these hosts are never resolved.
#[tokio::test]
async fn slow_hosts_hold_up_the_address_that_names_them_and_no_client_that_was_used() {
    let rig = Arc::new(Rig::start().await);
    rig.host.publish(PATH, "{}");
    let mut slow: Vec<Pin<Box<dyn Future<Output = bool>>>> = Vec::new();
    let mut addresses = 0;
    for last in 1..=30 {
        let before = slow.len();
        for number in 0..4 {
            let (from, url) = (format!("20.1.2.{last}"), format!("https://slow{last}-{number}.client.example/x"));
            let rig = Arc::clone(&rig);
            let mut sent: Pin<Box<dyn Future<Output = bool>>> =
                Box::pin(async move { is_too_many(&rig.fetch_for(&from, &url).await) });
            match sent.as_mut().now_or_never() {
                None => slow.push(sent),
                Some(refused) => assert!(refused, "{last} {number}"),
            }
        }
        if last == 1 {
            assert!(is_too_many(&rig.fetch_for("20.1.2.1", URL).await), "four at a time");
            assert!(rig.fetch_for("20.1.2.99", URL).await.is_ok());
        }
        addresses += usize::from(slow.len() > before);
    }
    assert_eq!((slow.len(), addresses), (32, 21), "each address gets one while one is left");
    assert!(is_too_many(&rig.fetch_for("20.1.2.99", URL).await), "as many as there are places");
    assert!(rig.fetch_for_users(URL).await.is_ok());
}
