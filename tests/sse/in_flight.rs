//! Requests that take long.

use std::time::Duration;

use tokio::time::sleep;

use super::*;
use remote_auth_mcp::mcp::sse::MAX_IN_FLIGHT;

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
        client.principal.grant.grant = principal().grant.grant;
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

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_releases_its_permit_although_it_is_not_answered() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let (mut stream, client) = ready(&sessions).await;
    let slow = deployment.asked.slow.write().await;
    for id in 1..=MAX_IN_FLIGHT as u64 {
        client.post(&sessions, &tool_call(id)).await.unwrap();
    }
    for id in 1..=MAX_IN_FLIGHT as u64 {
        client.post(&sessions, &cancelled(id)).await.unwrap();
    }
    client.post(&sessions, &ping(99)).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    drop(slow);
    assert_eq!(answered(&mut stream).await, Some(99));
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
    let refused: Value = serde_json::from_str(&refused).unwrap();
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
