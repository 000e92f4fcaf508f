//! How often hosts are asked.

use std::sync::Arc;

use authorization_server::{
    client_documents::{ClientDocuments as _, FetchError},
    ground::Network,
};
use axum::{http::StatusCode, response::Response};
use document_host::json;
use futures_util::future::join_all;
use time::Duration;
use tokio::sync::Notify;

use crate::rig::{Rig, url};

const URL: &str = "https://client.example/client.json";
const PATH: &str = "/client.json";

/// The first request is answered when all callers wait for it.
#[tokio::test]
async fn callers_at_once_share_one_request_and_a_later_one_asks_again() {
    let rig = Rig::start().await;
    let (asked, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, waits) = (Arc::clone(&asked), Arc::clone(&go_on));
    rig.host.answer(PATH, move || {
        told.notify_one();
        let waits = Arc::clone(&waits);
        let body = futures_util::stream::once(async move {
            waits.notified().await;
            Ok::<_, std::io::Error>("{}")
        });
        json(Response::builder()).body(axum::body::Body::from_stream(body)).unwrap()
    });
    let callers = (0..10).map(|_| {
        let fetcher = Arc::clone(&rig.fetcher);
        async move { fetcher.fetch(&url(URL), Network::UNKNOWN).await.is_ok() }
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

#[tokio::test]
async fn an_error_is_not_remembered() {
    let rig = Rig::start().await;
    rig.host.answer(PATH, || json(Response::builder()).status(StatusCode::NOT_FOUND).body("{}".into()).unwrap());
    assert_eq!(rig.refused(URL).await, "the status is 404");
    rig.host.publish(PATH, "{}");
    assert!(rig.fetch(URL).await.is_ok());
}

async fn fetched(rig: &Rig, from: &str, host: &str, most: usize) -> usize {
    for count in 0..most {
        if let Err(error) = rig.fetch_for(from, &format!("https://{host}/{count}.json")).await {
            let FetchError::TooMany(too_many) = error else { continue };
            assert!(too_many.wait > std::time::Duration::ZERO);
            return count;
        }
    }
    most
}

/// Whether the host has an answer does not matter, so it has none.
#[tokio::test]
async fn a_host_and_all_hosts_have_budgets_that_come_back() {
    let rig = Rig::start().await;
    assert_eq!(fetched(&rig, "20.1.2.3", "client.example", 100).await, 30);
    rig.clock.advance(Duration::seconds(2));
    assert_eq!(fetched(&rig, "20.1.2.4", "client.example", 100).await, 1);
    let mut of_others = Vec::new();
    for host in 0..10 {
        of_others.push(fetched(&rig, &format!("20.1.3.{host}"), &format!("h{host}.client.example"), 100).await);
    }
    assert_eq!(of_others.iter().sum::<usize>(), 300 + 10 - 31, "{of_others:?}");
    assert_eq!(of_others.first(), Some(&30), "one host leaves the others theirs");
}

#[tokio::test]
async fn an_address_leaves_what_there_is_for_all_to_the_others() {
    let rig = Rig::start().await;
    let mut of_one = 0;
    for host in 0..10 {
        of_one += fetched(&rig, "20.1.2.3", &format!("h{host}.client.example"), 20).await;
    }
    assert_eq!(of_one, 60);
    assert_eq!(fetched(&rig, "20.1.2.4", "other.client.example", 20).await, 20);
    rig.clock.advance(Duration::SECOND);
    assert_eq!(fetched(&rig, "20.1.2.3", "more.client.example", 20).await, 1, "it comes back");
}
