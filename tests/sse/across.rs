//! A POST on one instance, its stream on another.

use std::time::Duration;

use tokio::time::{advance, sleep, timeout};

use super::*;
use authorization_server::{
    ground::Sealer as _,
    state::{entra_token::EntraToken, preauthorized::ApplicationId, roles::Roles},
};
use remote_auth_mcp::{
    mcp::sse::{Posted, SessionId},
    ports::event_log::LoggedEvent,
};
use secrecy::ExposeSecret as _;

/// Whether nothing comes on the stream for five seconds.
async fn is_silent(stream: &mut EventStream) -> bool {
    timeout(Duration::from_secs(5), stream.next()).await.is_err()
}

fn unknown(posted: &Result<(), PostError>) -> bool {
    matches!(posted, Err(PostError::UnknownSession))
}

#[tokio::test(start_paused = true)]
async fn a_tool_acts_as_the_principal_of_the_post() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, mut client) = ready(&here).await;
    let Credential::Grant { id, .. } = principal().credential else { panic!("a grant") };
    client.principal.credential = Credential::Grant { id, generation: 7 };
    client.principal.expires_at += time::Duration::HOUR;
    client.post(&elsewhere, &tool_call(7)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(7));
    let asked = deployment.asked.by.lock().unwrap().pop().unwrap();
    assert_eq!(asked.holder(), client.principal.holder());
    assert!(matches!(asked.credential, Credential::Grant { generation: 7, .. }), "a superseded token is known by it");
    assert_eq!((asked.scope, asked.expires_at), (client.principal.scope, client.principal.expires_at));
}

#[tokio::test(start_paused = true)]
async fn a_token_of_entra_travels_sealed_and_acts_elsewhere_as_it_does_here() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, mut client) = ready(&here).await;
    let token = EntraToken {
        text: "the token of Entra".into(),
        application: ApplicationId::parse("5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5").unwrap(),
        issued_at: OffsetDateTime::UNIX_EPOCH + time::Duration::MINUTE,
        takes_claims_challenges: false,
        roles: Roles::until(["Admin"], OffsetDateTime::UNIX_EPOCH + time::Duration::HOUR),
    };
    client.principal.credential = Credential::Entra(token.clone());
    client.post(&elsewhere, &tool_call(7)).await.unwrap();
    assert!(!format!("{:?}", deployment.log.events()).contains("the token of Entra"));
    assert_eq!(answered(&mut stream).await, Some(7));
    let asked = deployment.asked.by.lock().unwrap().pop().unwrap();
    let acted = asked.entra_token().unwrap();
    assert_eq!((acted.text.expose_secret(), acted.issued_at), (token.text.expose_secret(), token.issued_at));
    assert_eq!((&acted.application, &acted.roles), (&token.application, &token.roles));
    assert_eq!(asked.holder(), client.principal.holder());
}

#[tokio::test(start_paused = true)]
async fn an_event_of_an_earlier_release_acts_by_its_grant() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, client) = ready(&here).await;
    let sealer = deployment.sealer.as_ref();
    let session = SessionId::open(sealer, &client.session).await.unwrap().unwrap().session;
    let (event, holder) = (Id::random(&SystemEntropy as &dyn Entropy), client.principal.holder());
    let header = serde_json::json!({
        "event": event, "session": session, "grant": { "owner": holder.owner, "grant": holder.grant.unwrap() },
        "client": holder.client, "scope": "user.read", "expires_at": 0, "is_request": true,
    });
    let text = String::from_utf8(tool_call(7)).unwrap();
    let purpose = format!("event:{}", here.instance());
    let sealed = sealer.seal(&purpose, format!("{header}\n{text}").as_bytes()).await.unwrap();
    deployment.log.append(here.instance(), &LoggedEvent { id: event, sealed }).await.unwrap();
    client.post(&elsewhere, &ping(2)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(7));
    assert_eq!(deployment.asked.by.lock().unwrap().pop().unwrap().holder(), holder);
}

#[tokio::test(start_paused = true)]
async fn only_the_streams_owner_and_client_can_post_from_anywhere() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, client) = ready(&here).await;
    let (mut other_owner, mut other_client) = (client.clone(), client.clone());
    other_owner.principal.owner = principal().owner;
    other_client.principal.client = principal().client;
    for stranger in [other_owner, other_client] {
        assert!(unknown(&stranger.post(&here, &ping(1)).await));
        assert!(unknown(&stranger.post(&elsewhere, &ping(1)).await));
    }
    assert!(is_silent(&mut stream).await);
    assert_eq!(deployment.log.events(), []);
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_no_session_id_is_unknown_everywhere() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (_stream, client) = ready(&here).await;
    let (instance, sealed) = client.session.split_once('.').unwrap();
    let foreign = SessionId::new(elsewhere.instance(), here.instance(), &client.principal);
    let of_no_stream = foreign.seal(deployment.sealer.as_ref()).await.unwrap();
    for session in [
        String::new(),
        instance.to_owned(),
        sealed.to_owned(),
        format!("{instance}."),
        format!("{}.{sealed}", elsewhere.instance()),
        format!("{}x", client.session),
        of_no_stream,
    ] {
        let other = Client { session, ..client.clone() };
        assert!(unknown(&other.post(&here, &ping(1)).await), "{}", other.session);
        assert!(unknown(&other.post(&elsewhere, &ping(1)).await), "{}", other.session);
    }
    assert_eq!(deployment.log.events(), []);
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_no_message_is_refused_where_it_is_posted() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (_stream, client) = ready(&here).await;
    for at in [&here, &elsewhere] {
        assert!(matches!(client.post(at, br#"{"not":"a message"}"#).await, Err(PostError::Malformed)));
    }
}

#[tokio::test(start_paused = true)]
async fn thirty_seconds_after_an_instance_died_its_sessions_are_unknown() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (_stream, client) = ready(&here).await;
    sleep(Duration::from_mins(2)).await;
    client.post(&elsewhere, &ping(1)).await.unwrap();
    here.stop.cancel();
    sleep(Duration::from_secs(31)).await;
    assert!(unknown(&client.post(&elsewhere, &ping(1)).await));
}

#[tokio::test(start_paused = true)]
async fn a_message_for_a_stream_that_is_gone_is_dropped() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let ((gone, client), (mut stays, other)) = (ready(&here).await, ready(&here).await);
    drop(gone);
    client.post(&elsewhere, &ping(1)).await.unwrap();
    other.post(&elsewhere, &ping(2)).await.unwrap();
    assert_eq!(answered(&mut stays).await, Some(2));
    assert!(unknown(&client.post(&here, &ping(1)).await));
}

#[tokio::test(start_paused = true)]
async fn an_event_opens_only_for_the_instance_and_the_id_that_it_was_sealed_for() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (mut stream, client) = ready(&here).await;
    let sealer = deployment.sealer.as_ref();
    let session = SessionId::open(sealer, &client.session).await.unwrap().unwrap().session;
    let id = || Id::random(&SystemEntropy as &dyn Entropy);
    let posted = Posted::new(session, client.principal.clone(), ping(1), true, unlimited());
    let for_another = posted.seal(sealer, elsewhere.instance(), id()).await.unwrap();
    let mut renamed = posted.seal(sealer, here.instance(), id()).await.unwrap();
    renamed.id = id();
    let mut a_session_id = renamed.clone();
    a_session_id.sealed = client.session.split_once('.').unwrap().1.to_owned();
    for event in [for_another, renamed, a_session_id] {
        deployment.log.append(here.instance(), &event).await.unwrap();
    }
    client.post(&elsewhere, &ping(2)).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(2));
    assert!(is_silent(&mut stream).await);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_another_owner_is_dropped_even_if_this_deployment_sealed_it() {
    let deployment = Deployment::new();
    let here = deployment.instance();
    let (mut stream, client) = ready(&here).await;
    let session = SessionId::open(deployment.sealer.as_ref(), &client.session).await.unwrap().unwrap().session;
    let posted = Posted::new(session, principal(), ping(1), true, unlimited());
    let event = posted.seal(deployment.sealer.as_ref(), here.instance(), session).await.unwrap();
    deployment.log.append(here.instance(), &event).await.unwrap();
    assert!(is_silent(&mut stream).await);
}

#[tokio::test(start_paused = true)]
async fn the_log_is_read_often_and_after_thirty_idle_seconds_once_a_second() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    let (_stream, client) = ready(&here).await;
    let ten_seconds = Duration::from_secs(10);
    assert!((90..=100).contains(&deployment.log.reads_in(ten_seconds).await));
    sleep(Duration::from_secs(21)).await;
    assert!((9..=10).contains(&deployment.log.reads_in(ten_seconds).await));
    client.post(&elsewhere, &ping(1)).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert!((90..=100).contains(&deployment.log.reads_in(ten_seconds).await));
}

#[tokio::test(start_paused = true)]
async fn the_log_is_read_only_while_streams_are_open() {
    let deployment = Deployment::new();
    let (here, elsewhere) = (deployment.instance(), deployment.instance());
    assert_eq!(deployment.log.reads_in(Duration::from_mins(1)).await, 0);
    for _ in 0..2 {
        let (mut stream, client) = ready(&here).await;
        client.post(&elsewhere, &ping(1)).await.unwrap();
        assert_eq!(answered(&mut stream).await, Some(1));
        drop(stream);
        advance(POLL).await;
        assert_eq!(deployment.log.reads_in(Duration::from_hours(1)).await, 0);
        assert!(unknown(&client.post(&elsewhere, &ping(1)).await));
    }
}
