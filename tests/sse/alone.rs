//! One instance: many streams, and one that nobody reads.

use super::*;
use remote_auth_mcp::mcp::sse::OpenStreamError;

#[tokio::test]
async fn a_thousand_idle_streams_are_held_and_go_when_they_are_dropped() {
    let sessions = Deployment::new().alone();
    let mut streams = Vec::new();
    for _ in 0..1_000 {
        let mut stream = sessions.open(&principal()).await.unwrap();
        session_id(&mut stream).await;
        streams.push(stream);
    }
    assert_eq!(sessions.open_streams(), 1_000);
    drop(streams);
    assert_eq!(sessions.open_streams(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_soon_has_its_messages_refused() {
    let sessions = Deployment::new().alone();
    let (_unread, client) = ready(&sessions).await;
    let mut posted = Ok(());
    for _ in 0..300 {
        posted = client.post(&sessions, &ping(1)).await;
        if posted.is_err() {
            break;
        }
    }
    assert!(matches!(posted, Err(PostError::Busy | PostError::UnknownSession)), "{posted:?}");
}

#[tokio::test]
async fn stopping_the_server_ends_every_stream() {
    let sessions = Deployment::new().alone();
    let mut stream = sessions.open(&principal()).await.unwrap();
    stream.next().await;
    sessions.stop.cancel();
    assert!(stream.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_instance_alone_touches_no_store() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    deployment.log.state().down = true;
    let (mut stream, client) = ready(&sessions).await;
    client.post(&sessions, &ping(1)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(1));
    assert_eq!(deployment.log.state().reads, 0);
}

#[tokio::test]
async fn a_session_id_of_an_instance_that_is_no_more_is_unknown() {
    let deployment = Deployment::new();
    let (before, after) = (deployment.alone(), deployment.alone());
    let (_stream, client) = ready(&before).await;
    assert!(matches!(client.post(&after, &ping(1)).await, Err(PostError::UnknownSession)));
}

#[tokio::test(start_paused = true)]
async fn the_two_thousand_and_first_stream_waits_until_another_has_ended() {
    let sessions = Deployment::new().alone();
    let mut streams = Vec::new();
    for _ in 0..2_000 {
        streams.push(sessions.open(&principal()).await.unwrap());
    }
    assert!(matches!(sessions.open(&principal()).await, Err(OpenStreamError::TooMany)));
    assert_eq!(sessions.open_streams(), 2_000);
    streams.pop();
    assert!(sessions.open(&principal()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn one_owner_has_thirty_two_streams_with_whatever_clients_and_another_owner_has_more() {
    let sessions = Deployment::new().alone();
    let of_one_owner = principal();
    let mut streams = Vec::new();
    for _ in 0..32 {
        let client = Principal { client: principal().client, ..of_one_owner.clone() };
        streams.push(sessions.open(&client).await.unwrap());
    }
    assert!(matches!(sessions.open(&of_one_owner).await, Err(OpenStreamError::TooManyOfOwner)));
    assert!(sessions.open(&principal()).await.is_ok());
    drop(streams);
    assert!(sessions.open(&of_one_owner).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_could_not_be_opened_counts_for_nobody() {
    let deployment = Deployment::new();
    let sessions = deployment.alone();
    let owner = principal();
    deployment.keyring.set_down(true);
    for _ in 0..40 {
        assert!(matches!(sessions.open(&owner).await, Err(OpenStreamError::Unavailable(_))));
    }
    deployment.keyring.set_down(false);
    assert_eq!(sessions.open_streams(), 0);
    assert!(sessions.open(&owner).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_session_that_does_not_begin_with_initialize_ends() {
    let sessions = Deployment::new().alone();
    let response = br#"{"jsonrpc":"2.0","id":1,"result":{}}"#.to_vec();
    for first in [initialized(), response] {
        let principal = principal();
        let mut stream = sessions.open(&principal).await.unwrap();
        let client = Client { session: session_id(&mut stream).await, principal };
        client.post(&sessions, &first).await.unwrap();
        assert_eq!(answered(&mut stream).await, None);
        assert!(stream.has_stopped());
        assert!(matches!(client.post(&sessions, &ping(2)).await, Err(PostError::UnknownSession)));
    }
}

/// MCP 2024-11-05, "Lifecycle": a client may ping before it initializes.
#[tokio::test(start_paused = true)]
async fn a_ping_may_come_before_initialize() {
    let sessions = Deployment::new().alone();
    let principal = principal();
    let mut stream = sessions.open(&principal).await.unwrap();
    let client = Client { session: session_id(&mut stream).await, principal };
    client.post(&sessions, &ping(1)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(1));
    client.post(&sessions, &initialize()).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(0));
}

#[tokio::test(start_paused = true)]
async fn two_sessions_of_one_client_do_not_get_each_others_answers() {
    let sessions = Deployment::new().alone();
    let ((mut first, one), (mut second, other)) = (ready(&sessions).await, ready(&sessions).await);
    one.post(&sessions, &ping(1)).await.unwrap();
    other.post(&sessions, &ping(2)).await.unwrap();
    assert_eq!((answered(&mut first).await, answered(&mut second).await), (Some(1), Some(2)));
}
