//! One instance: many streams, and one that nobody reads.

use super::*;

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
    assert_eq!(stream.next().await, None);
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
