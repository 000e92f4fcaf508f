//! Requests that take long.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::sleep;

use super::{streamable::challengeable, *};
use remote_auth_mcp::mcp::sse::{MAX_IN_FLIGHT, TOTAL_BYTES};

fn cancelled(id: u64) -> Vec<u8> {
    let params = json!({ "requestId": id });
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }).to_string().into_bytes()
}

#[tokio::test(start_paused = true)]
async fn sixteen_requests_are_served_at_a_time_and_the_others_wait() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, mut client) = ready(&here).await;
    let slow = deployment.asked.slow.write().await;
    for id in 1..=40 {
        // Calls under one grant would wait for one token.
        client.principal.credential = principal().credential;
        client.post(if id % 2 == 0 { &here } else { &elsewhere }, &tool_call(id)).await.unwrap();
    }
    sleep(Duration::from_secs(5)).await;
    assert_eq!(deployment.asked.by.lock().unwrap().len(), MAX_IN_FLIGHT);
    drop(slow);
    let mut ids = Vec::new();
    for _ in 1..=40 {
        ids.extend(answered(&mut stream).await);
    }
    ids.sort_unstable();
    assert_eq!(ids, (1..=40).collect::<Vec<_>>());
}

/// Posts a call of each id, each under a grant of its own: calls under one grant would wait for one token.
async fn call_all(sessions: &Instance, client: &mut Client, ids: impl IntoIterator<Item = u64>) {
    for id in ids {
        client.principal.credential = principal().credential;
        client.post(sessions, &tool_call(id)).await.unwrap();
    }
}

const AT_A_TIME: u64 = MAX_IN_FLIGHT as u64;

#[tokio::test(start_paused = true)]
async fn cancelled_calls_end_at_once_and_leave_their_places_to_others() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let (mut stream, mut client) = ready(&sessions).await;
    let slow = deployment.asked.slow.write().await;
    call_all(&sessions, &mut client, 1..=AT_A_TIME).await;
    sleep(Duration::from_secs(1)).await;
    for id in 1..=AT_A_TIME {
        client.post(&sessions, &cancelled(id)).await.unwrap();
    }
    call_all(&sessions, &mut client, 101..=100 + AT_A_TIME).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(deployment.asked.by.lock().unwrap().len(), 2 * MAX_IN_FLIGHT);
    assert_eq!(deployment.asked.waiting(), MAX_IN_FLIGHT, "of the calls that were not cancelled");
    drop(slow);
    let mut ids = Vec::new();
    for _ in 1..=AT_A_TIME {
        ids.extend(answered(&mut stream).await);
    }
    ids.sort_unstable();
    assert_eq!(ids, (101..=100 + AT_A_TIME).collect::<Vec<_>>(), "no cancelled call is answered");
}

#[tokio::test(start_paused = true)]
async fn pings_and_notifications_overtake_the_calls_that_wait() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, mut client) = ready(&here).await;
    let slow = deployment.asked.slow.write().await;
    // As many wait as have a place to wait.
    call_all(&here, &mut client, 1..=2 * AT_A_TIME).await;
    for (at, id) in [(&here, 1_001), (&elsewhere, 1_002)] {
        client.post(at, &ping(id)).await.unwrap();
        assert_eq!(answered(&mut stream).await, Some(id));
    }
    // Those that wait first: a call that ends makes room for one of them.
    for id in (1..=2 * AT_A_TIME).rev() {
        client.post(if id % 2 == 0 { &here } else { &elsewhere }, &cancelled(id)).await.unwrap();
    }
    client.post(&here, &ping(1_003)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(1_003));
    drop(slow);
    call_all(&here, &mut client, [1_004]).await;
    assert_eq!(answered(&mut stream).await, Some(1_004), "no cancelled call is answered");
    let asked = deployment.asked.by.lock().unwrap().len();
    assert_eq!(asked, MAX_IN_FLIGHT + 1, "a call that was cancelled while it waited never begins");
}

/// A call waits for a place, and a cancellation does not.
#[tokio::test(start_paused = true)]
async fn a_call_whose_cancellation_overtakes_it_never_begins() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let (mut stream, mut client) = ready(&sessions).await;
    let slow = deployment.asked.slow.write().await;
    call_all(&sessions, &mut client, 1..=2 * AT_A_TIME).await;
    for late in [tool_call(7_001), batch([tool_call(7_001), ping(7_002)])] {
        let own = client.clone();
        let mut posted = Box::pin(own.post(&sessions, &late));
        assert!(posted.as_mut().now_or_never().is_none(), "it has no place");
        client.post(&sessions, &cancelled(7_001)).await.unwrap();
        client.post(&sessions, &cancelled(2 * AT_A_TIME)).await.unwrap();
        posted.await.unwrap();
        call_all(&sessions, &mut client, [2 * AT_A_TIME]).await;
    }
    assert_eq!(answered(&mut stream).await, Some(7_002), "the rest of the batch");
    for id in 1..=2 * AT_A_TIME {
        client.post(&sessions, &cancelled(id)).await.unwrap();
    }
    drop(slow);
    call_all(&sessions, &mut client, [7_003]).await;
    assert_eq!(answered(&mut stream).await, Some(7_003), "no cancelled call is answered");
    client.post(&sessions, &tool_call(7_001)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(7_001), "its id is free");
}

#[tokio::test]
async fn a_cancellation_reaches_a_call_that_is_being_checked() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let (mut stream, client) = ready_as(&sessions, challengeable()).await;
    let slow = deployment.asked.slow.write().await;
    let (own, here) = (client.clone(), Arc::clone(&sessions));
    let checked = tokio::spawn(async move { own.post(&here, &tool_call(7)).await.is_ok() });
    deployment.asked.until_waiting(1).await;
    client.post(&sessions, &cancelled(7)).await.unwrap();
    client.post(&sessions, &ping(8)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(8), "the cancellation was received");
    drop(slow);
    assert!(checked.await.unwrap());
    client.post(&sessions, &tool_call(9)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(9), "the cancelled call is not answered");
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_id_is_in_use_is_refused_and_the_one_before_is_answered() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let (mut stream, client) = ready(&sessions).await;
    let slow = deployment.asked.slow.write().await;
    client.post(&sessions, &tool_call(7)).await.unwrap();
    for repeated in [tool_call(7), ping(7)] {
        client.post(&sessions, &repeated).await.unwrap();
        let Some(StreamEvent::Message(refused)) = stream.next().await else { panic!("no answer") };
        let refused: Value = serde_json::from_slice(&refused).unwrap();
        assert_eq!((&refused["id"], &refused["error"]["code"]), (&7.into(), &(-32600).into()), "{refused}");
        assert_eq!(mcp_schema::check("2024-11-05", "tools/call", &refused), Ok(()));
    }
    drop(slow);
    let Some(StreamEvent::Message(answer)) = stream.next().await else { panic!("no answer") };
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert!(answer["id"] == 7 && answer["result"].is_object(), "{answer}");
    client.post(&sessions, &tool_call(7)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(7), "the id is free again");
}

#[tokio::test(start_paused = true)]
async fn one_id_a_thousand_times_gets_a_thousand_answers() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let (mut stream, client) = ready(&sessions).await;
    let posting = async {
        for _ in 0..1_000 {
            client.post(&sessions, &tool_call(7)).await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..1_000 {
            assert_eq!(answered(&mut stream).await, Some(7));
        }
    };
    tokio::join!(posting, reading);
}

fn batch(messages: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let messages: Vec<Value> = messages.into_iter().map(|message| serde_json::from_slice(&message).unwrap()).collect();
    json!(messages).to_string().into_bytes()
}

/// Twenty calls are more than are served at a time, and more than may wait.
#[tokio::test(start_paused = true)]
async fn the_calls_of_a_batch_wait_as_one_message_and_leave_nothing_behind() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, client) = ready(&here).await;
    for at in [&here, &elsewhere] {
        let slow = deployment.asked.slow.write().await;
        client.post(at, &batch((1..=20).map(tool_call))).await.unwrap();
        client.post(at, &batch([cancelled(20), cancelled(19), ping(1), ping(21)])).await.unwrap();
        assert_eq!(answered(&mut stream).await, Some(1), "the id is in use");
        assert_eq!(answered(&mut stream).await, Some(21), "a ping overtakes the calls that wait");
        assert!(here.available_bytes() < TOTAL_BYTES, "some calls wait");
        drop(slow);
        let mut ids = Vec::new();
        for _ in 1..=18 {
            ids.extend(answered(&mut stream).await);
        }
        ids.sort_unstable();
        assert_eq!(ids, (1..=18).collect::<Vec<_>>(), "no cancelled call is answered");
        assert_eq!(here.available_bytes(), TOTAL_BYTES);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_that_cancels_nothing_is_ignored() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let (mut stream, client) = ready(&sessions).await;
    let malformed = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": [] } });
    for message in [cancelled(7), cancelled(0), malformed.to_string().into_bytes()] {
        client.post(&sessions, &message).await.unwrap();
    }
    client.post(&sessions, &tool_call(7)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(7));
}

#[tokio::test(start_paused = true)]
async fn a_tool_call_beyond_the_limit_of_its_owner_is_a_tool_error_and_another_owner_goes_on() {
    let mut deployment = Deployment::new();
    deployment.limits =
        Limits { tool_calls_at_once: OwnerLimit::new(NonZeroU32::new(4).unwrap()), ..Limits::default() };
    let sessions = deployment.alone();
    let (mut stream, client) = ready(&sessions).await;
    let (_another_stream, another) = ready(&sessions).await;
    let slow = deployment.asked.slow.write().await;
    for id in 1..=3 {
        client.post(&sessions, &tool_call(id)).await.unwrap();
    }
    let Some(StreamEvent::Message(refused)) = stream.next().await else { panic!("no answer") };
    let refused: Value = serde_json::from_slice(&refused).unwrap();
    assert_eq!(refused["id"], 3, "{refused}");
    assert!(driver::mcp::tool_error(&refused).unwrap().contains("Too many of your tool calls"));
    another.post(&sessions, &tool_call(1)).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(deployment.asked.by.lock().unwrap().len(), 2, "one exchange for each grant");
    drop(slow);
    assert!(answered(&mut stream).await.is_some() && answered(&mut stream).await.is_some());
    client.post(&sessions, &tool_call(4)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(4));
}
