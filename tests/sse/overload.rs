//! One client does much; what becomes of it, and of the others.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::{
    task::AbortHandle,
    time::{sleep, timeout},
};

use super::*;
use remote_auth_mcp::mcp::sse::{MAX_IN_FLIGHT, TOTAL_BYTES};

const LARGE: usize = 56_250;
/// As many large messages as may wait for the sessions of one client of an owner.
const BURST: u64 = 9;

/// A message of nearly 64 KiB.
fn large_ping(id: u64) -> Vec<u8> {
    let params = json!({ "_meta": { "padding": "x".repeat(LARGE) } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "ping", "params": params }).to_string().into_bytes()
}

/// The same, as a call.
fn large_call(id: u64) -> Vec<u8> {
    let params = json!({ "name": "get_graph_user_details", "_meta": { "padding": "x".repeat(LARGE) } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string().into_bytes()
}

/// Appends faster than pages are read, so that none is ever the end.
fn flood(deployment: &Deployment, of: &Instance) -> AbortHandle {
    let (log, instance) = (deployment.log.clone(), of.instance());
    let appending = tokio::spawn(async move {
        for number in 0_u128.. {
            let event = remote_auth_mcp::ports::event_log::LoggedEvent {
                id: Id::from_bytes(number.to_be_bytes()),
                sealed: "x".into(),
            };
            log.state().logs.entry(instance).or_default().push(event);
            sleep(Duration::from_millis(2)).await;
        }
    });
    appending.abort_handle()
}

#[tokio::test(start_paused = true)]
async fn streams_open_and_take_messages_while_others_post_without_a_pause() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (_stream, _client) = ready(&here).await;
    let flood = flood(&deployment, &here);
    sleep(Duration::from_mins(1)).await;
    let (mut stream, client) = ready(&here).await;
    client.post(&elsewhere, &ping(1)).await.unwrap();
    client.post(&here, &ping(2)).await.unwrap();
    assert_eq!([answered(&mut stream).await, answered(&mut stream).await], [Some(1), Some(2)]);
    flood.abort();
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_read_to_its_end_gets_no_marks() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (_stream, client) = ready(&here).await;
    for id in 0..10 {
        client.post(&elsewhere, &ping(id)).await.unwrap();
        client.post(&here, &ping(id)).await.unwrap();
    }
    assert_eq!(deployment.log.events().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_large_messages_is_answered() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, client) = ready(&here).await;
    for id in 1..=BURST {
        client.post(&elsewhere, &large_ping(id)).await.unwrap();
    }
    // All are taken before one is read.
    sleep(Duration::from_secs(5)).await;
    for id in 1..=BURST {
        assert_eq!(answered(&mut stream).await, Some(id));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_ends_its_own_stream_and_no_other() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let ((mut unread, flood), (mut read, client)) = (ready(&here).await, ready(&here).await);
    let mut taken = 0;
    while !unread.has_stopped() && taken < 200 {
        flood.post(&elsewhere, &large_ping(1)).await.unwrap();
        taken += 1;
    }
    assert!((BURST..70).contains(&taken), "{taken} messages were taken");
    let reached = (Some("mcp/sse"), Some(flood.principal.holder()), Some("memory for requests"));
    assert_eq!(limits_of(&deployment), [reached]);
    client.post(&elsewhere, &ping(2)).await.unwrap();
    assert_eq!(answered(&mut read).await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn the_memory_of_a_burst_that_nobody_reads_is_released_after_half_a_minute() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut unread, client) = ready(&here).await;
    let room = here.available_bytes();
    // Some are answered, which nobody reads; the others wait.
    for id in 1..=15 + BURST {
        client.post(&elsewhere, &large_ping(id)).await.unwrap();
        if id == 15 {
            sleep(POLL * 2).await;
        }
    }
    sleep(Duration::from_secs(25)).await;
    assert!(here.available_bytes() < room && !unread.has_stopped());
    sleep(Duration::from_secs(6)).await;
    assert!(unread.has_stopped());
    let reached = (Some("mcp/sse"), Some(client.principal.holder()), Some("waiting messages of a session"));
    assert_eq!(limits_of(&deployment), [reached]);
    let given_back = async {
        while here.available_bytes() < room {
            sleep(POLL).await;
        }
    };
    timeout(Duration::from_secs(1), given_back).await.unwrap();
}

/// Clients that wait for slow tools and post meanwhile until they are refused; with each stream, how much was taken.
async fn greedy(on: &Instance, clients: Vec<(EventStream, Client)>) -> Vec<(EventStream, usize)> {
    for (_, client) in &clients {
        for id in 1..=MAX_IN_FLIGHT as u64 {
            client.post(on, &tool_call(id)).await.unwrap();
        }
    }
    let posting = clients.into_iter().map(async |(stream, client)| {
        let mut taken = 0;
        while client.post(on, &large_call(100 + taken as u64)).await.is_ok() {
            taken += LARGE;
        }
        (stream, taken)
    });
    join_all(posting).await
}

async fn thirty(on: &Instance) -> Vec<(EventStream, Client)> {
    join_all((0..30).map(|_| ready(on))).await
}

#[tokio::test(start_paused = true)]
async fn waiting_messages_have_a_limit_per_session_and_in_all() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let _slow = deployment.asked.slow.write().await;
    let all = greedy(&sessions, thirty(&sessions).await).await;
    let taken = all.iter().map(|(_, taken)| *taken);
    assert_eq!(taken.clone().max(), Some(4 * LARGE));
    assert!(taken.clone().sum::<usize>() <= TOTAL_BYTES, "{} bytes wait", taken.sum::<usize>());
}

#[tokio::test(start_paused = true)]
async fn a_small_message_counts_for_a_kibibyte() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let (_stream, client) = ready(&sessions).await;
    let _slow = deployment.asked.slow.write().await;
    for id in 1..=MAX_IN_FLIGHT as u64 {
        client.post(&sessions, &tool_call(id)).await.unwrap();
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(sessions.available_bytes(), TOTAL_BYTES);
    for id in 1..=10 {
        client.post(&sessions, &tool_call(100 + id)).await.unwrap();
    }
    assert_eq!(sessions.available_bytes(), TOTAL_BYTES - 10 * 1024);
}

#[tokio::test(start_paused = true)]
async fn when_memory_is_scarce_no_session_keeps_it_for_longer_than_half_a_minute() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let slow = deployment.asked.slow.write().await;
    let _all = greedy(&sessions, thirty(&sessions).await).await;
    assert!(sessions.available_bytes() < 4 * LARGE);
    sleep(Duration::from_secs(31)).await;
    assert!(sessions.available_bytes() >= TOTAL_BYTES / 2 - LARGE);
    drop(slow);
    let (mut stream, client) = ready(&sessions).await;
    client.post(&sessions, &large_ping(1)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_burst_leaves_memory_for_the_sessions_of_other_owners() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let ((mut unread, flood), (mut other, client)) = (ready(&here).await, ready(&here).await);
    while !unread.has_stopped() {
        assert!(here.available_bytes() >= TOTAL_BYTES / 4 * 3);
        flood.post(&elsewhere, &large_ping(1)).await.unwrap();
    }
    client.post(&elsewhere, &large_ping(2)).await.unwrap();
    assert_eq!(answered(&mut other).await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn one_client_leaves_half_of_what_its_owner_may_take_to_the_owners_others() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let _slow = deployment.asked.slow.write().await;
    let mine = principal();
    let of_one = join_all((0..8).map(|_| ready_as(&sessions, mine.clone()))).await;
    let other = vec![ready_as(&sessions, Principal { owner: mine.owner, ..principal() }).await];
    let of_one = greedy(&sessions, of_one).await;
    let taken: usize = of_one.iter().map(|(_, taken)| *taken).sum();
    assert!((TOTAL_BYTES / 10..=TOTAL_BYTES / 8).contains(&taken), "{taken} bytes wait");
    assert!(greedy(&sessions, other).await[0].1 >= LARGE);
}

#[tokio::test(start_paused = true)]
async fn a_message_without_a_place_and_one_without_memory_are_told_apart() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let _slow = deployment.asked.slow.write().await;
    let mine = principal();
    let (streams, clients): (Vec<_>, Vec<_>) =
        join_all((0..3).map(|_| ready_as(&sessions, mine.clone()))).await.into_iter().unzip();
    let mut errors = Vec::new();
    for client in &clients {
        for id in 1..=MAX_IN_FLIGHT as u64 {
            client.post(&sessions, &tool_call(id)).await.unwrap();
        }
        let mut id = 100;
        errors.push(loop {
            id += 1;
            if let Err(error) = client.post(&sessions, &large_call(id)).await {
                break error;
            }
        });
    }
    assert!(matches!(errors[..], [PostError::Busy, PostError::Busy, PostError::Exhausted]), "{errors:?}");
    drop(streams);
}

/// So many sessions of the same owner, with a client each.
async fn of_one_owner(on: &Instance, sessions: usize) -> Vec<(EventStream, Client)> {
    let owner = principal().owner;
    join_all((0..sessions).map(|_| ready_as(on, Principal { owner, ..principal() }))).await
}

#[tokio::test(start_paused = true)]
async fn the_sessions_of_one_owner_have_a_share_of_the_memory_together() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let _slow = deployment.asked.slow.write().await;
    let all = greedy(&sessions, of_one_owner(&sessions, 30).await).await;
    let taken: usize = all.iter().map(|(_, taken)| *taken).sum();
    assert!((TOTAL_BYTES / 5..=TOTAL_BYTES / 4).contains(&taken), "{taken} bytes wait");
}

#[tokio::test(start_paused = true)]
async fn owners_who_take_all_they_may_leave_memory_for_another() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let (mut stream, client) = ready(&sessions).await;
    let _slow = deployment.asked.slow.write().await;
    let bad = join_all((0..5).map(|_| of_one_owner(&sessions, 8))).await;
    let _bad = greedy(&sessions, bad.into_iter().flatten().collect()).await;
    client.post(&sessions, &large_ping(1)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(1));
}

/// A message whose answer is as large as itself.
fn with_a_long_id(message: &[u8], id: &str) -> Vec<u8> {
    let mut message: Value = serde_json::from_slice(message).unwrap();
    message["id"] = id.repeat(LARGE).into();
    message.to_string().into_bytes()
}

fn ping_with_a_long_id() -> Vec<u8> {
    with_a_long_id(&ping(0), "x")
}

/// Waits until the memory for requests and answers is like this.
async fn until(deployment: &Deployment, is_so: impl Fn(usize) -> bool) {
    let waits = async {
        while !is_so(deployment.memory.available()) {
            sleep(POLL).await;
        }
    };
    timeout(HANG_LIMIT, waits).await.expect("memory is taken, or given back");
}

#[tokio::test(start_paused = true)]
async fn answers_that_nobody_reads_take_the_share_of_their_owner_and_no_more() {
    let (whole, share) = (24 * LARGE, 8 * LARGE);
    let deployment = Deployment { memory: Arc::new(SharedBudget::new(whole, share)), ..Deployment::new() };
    let sessions = deployment.alone();
    let mut unread = of_one_owner(&sessions, 3).await;
    // Seven answers fill the share: their ids, and a little more.
    for number in 1..=7 {
        unread[number % 2].1.post(&sessions, &ping_with_a_long_id()).await.unwrap();
        until(&deployment, |left| left < whole - number * LARGE).await;
    }
    assert!(unread.iter_mut().all(|(stream, _)| !stream.has_stopped()));
    unread[2].1.post(&sessions, &ping_with_a_long_id()).await.unwrap();
    let ended = timeout(HANG_LIMIT, unread[2].0.next()).await.unwrap();
    assert!(ended.is_none(), "its answer has no memory, so its stream ends");
    let reached = (Some("mcp/sse"), Some(unread[2].1.principal.holder()), Some("memory for requests"));
    assert_eq!(limits_of(&deployment), [reached]);
    let (mut read, client) = ready(&sessions).await;
    client.post(&sessions, &ping(1)).await.unwrap();
    assert_eq!(answered(&mut read).await, Some(1), "of another owner");
    let Some(StreamEvent::Message(text)) = unread[0].0.next().await else { panic!("no answer") };
    assert_eq!(serde_json::from_slice::<Value>(&text).unwrap()["id"].as_str().map(str::len), Some(LARGE));
    let held = deployment.memory.available();
    drop(text);
    assert!(deployment.memory.available() > held + LARGE, "an answer counts until it is dropped");
    drop(unread);
    until(&deployment, |left| left == whole).await;
}

#[tokio::test(start_paused = true)]
async fn answers_count_though_their_calls_end_when_as_many_wait_as_the_session_lets_wait() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let (mut stream, client) = ready(&sessions).await;
    let slow = deployment.asked.slow.write().await;
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"];
    assert_eq!(ids.len(), MAX_IN_FLIGHT);
    for id in ids {
        client.post(&sessions, &with_a_long_id(&tool_call(0), id)).await.unwrap();
    }
    for answers in 1..=16 {
        client.post(&sessions, &ping_with_a_long_id()).await.unwrap();
        until(&deployment, |left| left < MEMORY - answers * LARGE).await;
    }
    drop(slow);
    until(&deployment, |left| left < MEMORY - 32 * LARGE).await;
    for _ in 0..32 {
        assert!(stream.next().await.is_some());
    }
    assert_eq!(deployment.memory.available(), MEMORY);
}
