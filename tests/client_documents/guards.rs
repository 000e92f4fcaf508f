//! Attacks on a server that fetches what strangers name.

use std::{net::SocketAddr, time::Duration};

use axum::{body::Body, http::StatusCode, response::Response};
use document_host::json;
use futures_util::{StreamExt as _, stream};
use tokio::{io::AsyncReadExt as _, net::TcpListener, time::pause};

use crate::rig::Rig;

const URL: &str = "https://client.example/client.json";
const PATH: &str = "/client.json";

#[tokio::test]
async fn a_document_is_fetched_with_its_freshness() {
    let rig = Rig::start().await;
    rig.host
        .answer(PATH, || json(Response::builder()).header("cache-control", "max-age=600").body("{}".into()).unwrap());
    let document = rig.fetch(URL).await.unwrap();
    assert_eq!((document.body.as_slice(), document.fresh_for.whole_seconds()), (b"{}".as_slice(), 600));
    assert_eq!(rig.host.asked(), ["client.example/client.json"]);
}

#[tokio::test]
async fn a_host_with_an_address_that_is_not_public_is_never_connected_to() {
    let rig = Rig::of_public_addresses().await;
    rig.host.publish(PATH, "{}");
    let public: SocketAddr = "20.1.2.3:443".parse().unwrap();
    for addresses in [vec![rig.host.address()], vec![public, rig.host.address()], vec![rig.host.address(), public]] {
        *rig.names.addresses.lock().unwrap() = addresses;
        assert!(rig.refused(URL).await.contains("not public"));
    }
    assert!(rig.host.asked().is_empty());
}

/// DNS rebinding: the second answer would be another one. There is no second question.
#[tokio::test]
async fn a_name_is_resolved_once_for_each_request_and_for_each_request_anew() {
    let rig = Rig::start().await;
    rig.host.publish(PATH, "{}");
    for requests in 1..=3 {
        rig.fetch(URL).await.unwrap();
        assert_eq!(rig.names.asked.lock().unwrap().len(), requests);
    }
    rig.names.addresses.lock().unwrap().clear();
    assert!(rig.refused(URL).await.contains("no address"));
}

#[tokio::test]
async fn a_host_proves_its_name() {
    let rig = Rig::start().await;
    rig.host.publish(PATH, "{}");
    assert!(rig.refused("https://other.example/client.json").await.contains("certificate"));
    assert!(rig.fetch("https://a.client.example/client.json").await.is_ok());
    assert_eq!(rig.host.asked(), ["a.client.example/client.json"]);
}

#[tokio::test]
async fn only_200_is_an_answer_and_no_redirect_is_followed() {
    let rig = Rig::start().await;
    rig.host.publish("/elsewhere", "{}");
    for status in [201, 203, 204, 206, 301, 302, 303, 307, 308, 400, 401, 404, 500, 503] {
        rig.host.answer(PATH, move || {
            let head = json(Response::builder()).status(StatusCode::from_u16(status).unwrap());
            head.header("location", "https://client.example/elsewhere").body("{}".into()).unwrap()
        });
        assert_eq!(rig.refused(URL).await, format!("the status is {status}"));
        // An address may ask a host only so often.
        rig.clock.advance(time::Duration::MINUTE);
    }
    assert!(!rig.host.asked().iter().any(|asked| asked.ends_with("/elsewhere")));
}

#[tokio::test]
async fn only_json_that_is_not_compressed_is_read() {
    let rig = Rig::start().await;
    rig.host.answer(PATH, || Response::builder().header("content-type", "text/html").body("{}".into()).unwrap());
    assert_eq!(rig.refused(URL).await, "the answer is not JSON");
    rig.host.answer(PATH, || Response::new("{}".into()));
    assert_eq!(rig.refused(URL).await, "the answer is not JSON");
    for encoding in ["gzip", "br", "zstd", "identity, gzip"] {
        let compressed =
            move || json(Response::builder()).header("content-encoding", encoding).body("{}".into()).unwrap();
        rig.host.answer(PATH, compressed);
        assert_eq!(rig.refused(URL).await, "the answer is compressed", "{encoding}");
    }
}

#[tokio::test]
async fn five_kilobytes_are_read_and_no_byte_more() {
    let rig = Rig::start().await;
    let document = |length: usize| format!("\"{}\"", "a".repeat(length - 2));
    rig.host.publish(PATH, &document(5 * 1024));
    assert_eq!(rig.fetch(URL).await.unwrap().body.len(), 5 * 1024);
    rig.host.publish(PATH, &document(5 * 1024 + 1));
    assert_eq!(rig.refused(URL).await, "the answer has more than 5120 bytes");
    // Without a length, and without an end.
    rig.host.answer(PATH, || {
        let endless = stream::repeat_with(|| Ok::<_, std::io::Error>("a".repeat(1000)));
        json(Response::builder()).body(Body::from_stream(endless)).unwrap()
    });
    assert_eq!(rig.refused(URL).await, "the answer has more than 5120 bytes");
}

const TOO_LONG: &str = "it took longer than five seconds";

#[tokio::test]
async fn a_host_that_never_finishes_is_left_after_five_seconds() {
    let rig = Rig::start().await;
    rig.host.answer(PATH, || {
        pause();
        json(Response::builder()).body(Body::from_stream(stream::pending::<Result<&str, std::io::Error>>())).unwrap()
    });
    let before = tokio::time::Instant::now();
    assert_eq!(rig.refused(URL).await, TOO_LONG);
    assert!(before.elapsed() < Duration::from_mins(1), "on the paused clock");
    assert_eq!(rig.host.asked().len(), 1);
}

/// No pause between two bytes is long. Without a limit for the whole it would take an hour.
#[tokio::test]
async fn a_host_that_sends_a_byte_a_second_is_left_after_five_seconds() {
    let rig = Rig::start().await;
    rig.host.answer(PATH, || {
        pause();
        let bytes = stream::iter(0..3600).then(|_| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok::<_, std::io::Error>(" ")
        });
        json(Response::builder()).body(Body::from_stream(bytes)).unwrap()
    });
    let before = tokio::time::Instant::now();
    assert_eq!(rig.refused(URL).await, TOO_LONG);
    assert!(before.elapsed() < Duration::from_mins(1), "on the paused clock");
}

/// The connection is open, and the host never says a word of TLS.
#[tokio::test]
async fn a_tls_handshake_that_never_ends_is_left_after_five_seconds() {
    let rig = Rig::start().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    *rig.names.addresses.lock().unwrap() = vec![silent.local_addr().unwrap()];
    let host = async {
        let (mut connection, _) = silent.accept().await.unwrap();
        let mut hello = [0];
        assert_eq!(connection.read(&mut hello).await.unwrap(), 1, "the client has begun the handshake");
        pause();
        connection.read_to_end(&mut Vec::new()).await.unwrap();
    };
    let before = tokio::time::Instant::now();
    let (refused, ()) = tokio::join!(rig.refused(URL), host);
    assert_eq!(refused, TOO_LONG);
    assert!(before.elapsed() < Duration::from_mins(1), "on the paused clock");
}
