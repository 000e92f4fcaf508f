//! Blocks and ended grants at every endpoint, and how long a process goes on with what it has read.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a failed test")]

use std::sync::Arc;

use authorization_server::{
    endpoints::{
        authorize::AuthorizeError, callback::CallbackError, operator_decision::OperatorDecisionError,
        request_refusal::AtServer, token_error::TokenError,
    },
    ground::{AuditEvent, EventName, Id, Subject},
    resource::authenticate::{Credential, Principal, ReadRoles},
    state::{
        blocks::{BlockTarget, ENDED_AHEAD, MAX_BLOCKS},
        client::ClientId,
        grant::Status,
        operator_record::OperatorDecision::{self, Block, EndApplication, EndUser, Unblock},
        preauthorized::ApplicationId,
    },
};
use oauth_protocol::{client_id_url::ClientIdUrl, scope::Scope};
use secrecy::ExposeSecret as _;
use serde_json::json;
use testkit::{Browser, CLIENT_URL, Rig, SignedIn, answered, parameter, request};
use time::Duration;

fn operator() -> Subject {
    Subject { tid: "tenant".into(), oid: "operator".into() }
}

pub(crate) async fn decide(rig: &Rig, decision: OperatorDecision) {
    rig.server.decide_as_operator(Id::random(rig.ports.entropy.as_ref()), &operator(), decision).await.unwrap();
}

fn registration(client_id: &str) -> BlockTarget {
    BlockTarget::Registration(Id::parse(client_id).unwrap())
}

fn redirect_host() -> BlockTarget {
    BlockTarget::RedirectHost("client.example".into())
}

async fn is_blocked_at_authorize(rig: &Rig, client_id: &str) -> bool {
    match Browser::default().visit(rig, &request(client_id, &[])).await {
        Ok(_) => false,
        Err(AuthorizeError::AtServer(AtServer::Blocked)) => true,
        Err(other) => panic!("{other}"),
    }
}

async fn is_refused_everything(rig: &Rig, SignedIn { client_id, tokens }: &SignedIn) -> bool {
    let refreshed = rig.refresh(client_id, &tokens.refresh_token).await;
    let stands = rig.server.still_stands(&principal(rig)).await.unwrap();
    is_blocked_at_authorize(rig, client_id).await
        && matches!(refreshed, Err(TokenError::ClientBlocked))
        && !rig.accepts(&tokens.access_token).await.unwrap()
        && !stands
}

/// Of an open stream.
fn principal(rig: &Rig) -> Principal {
    let grant = rig.only_grant().unwrap();
    let (expires_at, scope) = (rig.server.now() + Duration::HOUR, Scope::parse("user.read").unwrap());
    let credential = Credential::Grant { id: grant.key.grant, generation: grant.family.generation };
    Principal {
        owner: grant.key.owner,
        client: grant.client,
        credential,
        scope,
        expires_at,
        roles: ReadRoles::default(),
    }
}

async fn with_a_document() -> (Rig, SignedIn) {
    let rig = Rig::new().unwrap();
    rig.documents.publish_client("Client");
    let code = rig.code(CLIENT_URL).await.unwrap();
    let tokens = rig.redeem(CLIENT_URL, &code).await.unwrap();
    (rig, SignedIn { client_id: CLIENT_URL.to_owned(), tokens })
}

#[tokio::test]
async fn a_registration_that_is_blocked_is_refused_at_every_endpoint_until_the_block_is_lifted() {
    let rig = Rig::new().unwrap();
    let signed_in = rig.sign_in().await.unwrap();
    for target in [registration(&signed_in.client_id), redirect_host()] {
        assert!(rig.accepts(&signed_in.tokens.access_token).await.unwrap());
        decide(&rig, Block(target.clone())).await;
        assert!(is_refused_everything(&rig, &signed_in).await, "{target:?}");
        decide(&rig, Unblock(target)).await;
    }
    assert!(rig.refresh(&signed_in.client_id, &signed_in.tokens.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_document_is_blocked_by_its_url_its_host_or_a_redirect_host() {
    let url = ClientIdUrl::parse(CLIENT_URL).unwrap();
    for target in [BlockTarget::Document(url), BlockTarget::DocumentHost("client.example".into()), redirect_host()] {
        let (rig, signed_in) = with_a_document().await;
        decide(&rig, Block(target.clone())).await;
        assert!(is_refused_everything(&rig, &signed_in).await, "{target:?}");
    }
}

/// The client is sent elsewhere from now on.
fn publish_another_redirect_host(rig: &Rig) {
    let redirect_uris = ["https://elsewhere.example/callback"];
    let document = json!({ "client_id": CLIENT_URL, "client_name": "Client", "redirect_uris": redirect_uris });
    rig.documents.publish(CLIENT_URL, &document.to_string());
}

#[tokio::test]
async fn a_redirect_host_stays_blocked_though_the_document_names_another_one() {
    let (rig, mut signed_in) = with_a_document().await;
    rig.clock.advance(Duration::minutes(30));
    signed_in.tokens = rig.refresh(CLIENT_URL, &signed_in.tokens.refresh_token).await.unwrap();
    decide(&rig, Block(redirect_host())).await;
    publish_another_redirect_host(&rig);
    rig.clock.advance(Duration::minutes(30));
    for _ in 0..2 {
        assert!(is_refused_everything(&rig, &signed_in).await);
        rig.clock.advance(Duration::minutes(6));
    }
    assert_eq!(rig.documents.asked(), 1, "a blocked document is not fetched again");
    decide(&rig, Unblock(redirect_host())).await;
    assert!(rig.accepts(&signed_in.tokens.access_token).await.unwrap());
    let visited = Browser::default().visit(&rig, &request(CLIENT_URL, &[])).await;
    assert!(matches!(visited, Err(AuthorizeError::AtServer(AtServer::RedirectMismatch))), "the new document");
}

/// The client is sent elsewhere, and an authorization request has fetched its document since.
async fn move_elsewhere(rig: &Rig) {
    publish_another_redirect_host(rig);
    rig.clock.advance(Duration::minutes(30));
    let visited = Browser::default().visit(rig, &request(CLIENT_URL, &[])).await;
    assert!(matches!(visited, Err(AuthorizeError::AtServer(AtServer::RedirectMismatch))));
    let redirect_uris = rig.clients.all().into_iter().flat_map(|client| client.redirect_uris);
    let hosts: Vec<_> = redirect_uris.map(|uri| uri.host().to_owned()).collect();
    assert_eq!(hosts, ["elsewhere.example"]);
}

#[tokio::test]
async fn grants_that_were_ended_stay_ended_though_the_document_changes() {
    let url = ClientIdUrl::parse(CLIENT_URL).unwrap();
    for target in [BlockTarget::Document(url), BlockTarget::DocumentHost("client.example".into()), redirect_host()] {
        let (rig, SignedIn { tokens, .. }) = with_a_document().await;
        rig.clock.advance(Duration::minutes(30));
        let tokens = rig.refresh(CLIENT_URL, &tokens.refresh_token).await.unwrap();
        decide(&rig, EndApplication(target.clone())).await;
        move_elsewhere(&rig).await;
        assert!(!rig.accepts(&tokens.access_token).await.unwrap(), "{target:?}");
        assert!(!rig.server.still_stands(&principal(&rig)).await.unwrap(), "{target:?}");
        let other = rig.second_process();
        assert!(other.authenticate(tokens.access_token.expose_secret()).await.unwrap().is_none(), "{target:?}");
        let refused = rig.refresh(CLIENT_URL, &tokens.refresh_token).await;
        assert!(matches!(refused, Err(TokenError::InvalidGrant(_))), "{target:?}");
        rig.documents.publish_client("Client");
        rig.clock.advance(Duration::HOUR);
        let code = rig.code(CLIENT_URL).await.unwrap();
        let tokens = rig.redeem(CLIENT_URL, &code).await.unwrap();
        assert!(rig.accepts(&tokens.access_token).await.unwrap(), "a new sign-in: {target:?}");
    }
}

#[tokio::test]
async fn a_redirect_host_means_the_grants_from_when_the_document_named_it() {
    for decision in [Block as fn(_) -> _, EndApplication] {
        let (rig, SignedIn { tokens, .. }) = with_a_document().await;
        rig.clock.advance(Duration::minutes(30));
        move_elsewhere(&rig).await;
        // Every sign-in from before the change has ended.
        rig.clock.advance(Duration::minutes(40));
        let tokens = rig.refresh(CLIENT_URL, &tokens.refresh_token).await.unwrap();
        assert!(rig.accepts(&tokens.access_token).await.unwrap());
        decide(&rig, decision(redirect_host())).await;
        assert!(!rig.accepts(&tokens.access_token).await.unwrap());
        let refused = rig.refresh(CLIENT_URL, &tokens.refresh_token).await;
        assert!(matches!(refused, Err(TokenError::ClientBlocked | TokenError::InvalidGrant(_))));
        let elsewhere = [("redirect_uri", Some("https://elsewhere.example/callback"))];
        assert!(Browser::default().visit(&rig, &request(CLIENT_URL, &elsewhere)).await.is_ok(), "the new document");
    }
}

#[tokio::test]
async fn a_process_that_has_not_read_of_a_block_yet_replaces_no_blocked_client() {
    let (mut rig, SignedIn { tokens, .. }) = with_a_document().await;
    rig.clock.advance(Duration::minutes(30));
    let tokens = rig.refresh(CLIENT_URL, &tokens.refresh_token).await.unwrap();
    let other = Arc::new(rig.second_process());
    let operators = std::mem::replace(&mut rig.server, other);
    rig.clock.advance(Duration::minutes(30) - Duration::seconds(10));
    assert!(rig.accepts(&tokens.access_token).await.unwrap(), "it has read the blocks");
    let form = Id::random(rig.ports.entropy.as_ref());
    operators.decide_as_operator(form, &operator(), Block(redirect_host())).await.unwrap();
    publish_another_redirect_host(&rig);
    rig.clock.advance(Duration::seconds(10));
    assert!(is_blocked_at_authorize(&rig, CLIENT_URL).await);
    assert_eq!(rig.documents.asked(), 2, "it did not know");
    assert_eq!(rig.clients.all()[0].redirect_uris[0].host(), "client.example");
}

/// Its hosts cannot be told any more.
#[tokio::test]
async fn a_client_whose_record_is_gone_is_refused_while_a_block_names_a_host() {
    let rig = Rig::new().unwrap();
    let SignedIn { client_id, tokens } = rig.sign_in().await.unwrap();
    rig.ports.clients.delete(&Id::parse(&client_id).unwrap()).await.unwrap();
    let other_host = || BlockTarget::RedirectHost("other.example".into());
    decide(&rig, Block(registration("AQEBAQEBAQEBAQEBAQEBAQ"))).await;
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
    decide(&rig, Block(other_host())).await;
    assert!(!rig.accepts(&tokens.access_token).await.unwrap());
    assert!(matches!(rig.refresh(&client_id, &tokens.refresh_token).await, Err(TokenError::UnknownClient)));
    decide(&rig, Unblock(other_host())).await;
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
}

#[tokio::test]
async fn a_document_that_is_blocked_is_not_fetched() {
    let rig = Rig::new().unwrap();
    rig.documents.publish_client("Client");
    decide(&rig, Block(BlockTarget::DocumentHost("client.example".into()))).await;
    assert!(is_blocked_at_authorize(&rig, CLIENT_URL).await);
    assert_eq!(rig.documents.asked(), 0);
}

#[tokio::test]
async fn another_client_is_not_concerned() {
    let rig = Rig::new().unwrap();
    let signed_in = rig.sign_in().await.unwrap();
    let other = rig.register_for(&["https://other.example/cb"]).await.unwrap();
    decide(&rig, Block(registration(&other))).await;
    decide(&rig, EndApplication(registration(&other))).await;
    decide(&rig, Block(BlockTarget::DocumentHost("client.example".into()))).await;
    let application = ApplicationId::parse("0f8fad5b-d9cb-469f-a165-70867728950e").unwrap();
    decide(&rig, Block(BlockTarget::EntraApplication(application))).await;
    assert!(rig.accepts(&signed_in.tokens.access_token).await.unwrap());
    assert!(rig.refresh(&signed_in.client_id, &signed_in.tokens.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_callback_of_a_client_that_was_blocked_meanwhile_spends_nothing() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let page = rig.open_page(&client_id).await.unwrap();
    let allowed = rig.allow(&page).await.unwrap();
    decide(&rig, Block(registration(&client_id))).await;
    assert!(matches!(rig.come_back(&allowed).await, Err(CallbackError::ClientBlocked)));
    assert_eq!(rig.upstream.asked(), []);
    decide(&rig, Unblock(registration(&client_id))).await;
    assert!(rig.come_back(&allowed).await.is_ok());
}

/// The client then registers again.
#[tokio::test]
async fn a_client_whose_record_is_gone_is_unknown_at_the_token_endpoint_and_not_blocked_at_the_callback() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let allowed = rig.allow(&rig.open_page(&client_id).await.unwrap()).await.unwrap();
    decide(&rig, Block(BlockTarget::RedirectHost("other.example".into()))).await;
    rig.ports.clients.delete(&Id::parse(&client_id).unwrap()).await.unwrap();
    let answer = answered(rig.come_back(&allowed).await.unwrap()).unwrap();
    let code = parameter(&answer.location, "code").unwrap().into();
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::UnknownClient)));
}

#[tokio::test]
async fn a_code_of_a_client_that_was_blocked_meanwhile_is_not_redeemed() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let code = rig.code(&client_id).await.unwrap();
    decide(&rig, Block(registration(&client_id))).await;
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::ClientBlocked)));
    assert_eq!((rig.grants.all().len(), rig.upstream_tokens.all().len()), (0, 0));
}

/// The process that redeems has read the blocks a moment before.
#[tokio::test]
async fn a_redemption_reads_the_blocks_again_after_the_grant_is_written() {
    for (decision, blocked) in [(Block as fn(_) -> _, true), (EndApplication, false)] {
        let rig = Rig::new().unwrap();
        let client_id = rig.register().await.unwrap();
        let code = rig.code(&client_id).await.unwrap();
        let other = rig.second_process();
        other
            .decide_as_operator(Id::random(rig.ports.entropy.as_ref()), &operator(), decision(registration(&client_id)))
            .await
            .unwrap();
        let refused = rig.redeem(&client_id, &code).await.unwrap_err();
        assert_eq!(matches!(refused, TokenError::ClientBlocked), blocked, "{refused}");
        assert_eq!(rig.only_grant().unwrap().status, Status::Revoked);
        assert_eq!(rig.upstream_tokens.all().len(), 0);
    }
}

#[tokio::test]
async fn a_redemption_that_cannot_read_the_blocks_gives_nothing_and_may_be_repeated() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let code = rig.code(&client_id).await.unwrap();
    rig.block_store.set_down(true);
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::Unavailable(_))));
    rig.block_store.set_down(false);
    assert!(rig.redeem(&client_id, &code).await.is_ok());
}

#[tokio::test]
async fn grants_of_an_application_end_and_a_new_sign_in_works() {
    for target in [registration as fn(&str) -> _, |_: &str| redirect_host()] {
        let rig = Rig::new().unwrap();
        let SignedIn { client_id, tokens } = rig.sign_in().await.unwrap();
        assert!(rig.accepts(&tokens.access_token).await.unwrap());
        decide(&rig, EndApplication(target(&client_id))).await;
        assert!(!rig.accepts(&tokens.access_token).await.unwrap());
        assert!(!rig.server.still_stands(&principal(&rig)).await.unwrap());
        let owner = rig.only_grant().unwrap().key.owner;
        assert!(rig.server.applications(owner).await.unwrap().iter().all(|shown| shown.connections[0].devices == 0));
        let refused = rig.refresh(&client_id, &tokens.refresh_token).await;
        assert!(matches!(refused, Err(TokenError::InvalidGrant(_))));
        assert_eq!(rig.only_grant().unwrap().status, Status::Revoked);
        assert!(rig.upstream_tokens.all().is_empty(), "Entra's tokens are deleted");
        rig.clock.advance(ENDED_AHEAD + Duration::SECOND);
        let code = rig.code(&client_id).await.unwrap();
        let tokens = rig.redeem(&client_id, &code).await.unwrap();
        assert!(rig.accepts(&tokens.access_token).await.unwrap());
    }
}

#[tokio::test]
async fn every_grant_of_a_user_ends_and_no_other_users() {
    let rig = Rig::new().unwrap();
    let mine = rig.sign_in().await.unwrap();
    rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: "other".into() });
    let theirs = rig.sign_in().await.unwrap();
    let code = rig.code(&theirs.client_id).await.unwrap();
    let owner = Subject { tid: "tenant".into(), oid: "other".into() }.owner_key();
    decide(&rig, EndUser(owner)).await;
    assert!(rig.accepts(&mine.tokens.access_token).await.unwrap());
    assert!(!rig.accepts(&theirs.tokens.access_token).await.unwrap());
    assert!(matches!(rig.redeem(&theirs.client_id, &code).await, Err(TokenError::InvalidGrant(_))), "under way");
    assert!(rig.owners.peek(&owner).unwrap().approvals.is_empty());
}

#[tokio::test]
async fn another_process_obeys_within_20_seconds() {
    let rig = Rig::new().unwrap();
    let SignedIn { client_id, tokens } = rig.sign_in().await.unwrap();
    let other = rig.second_process();
    let accepts = async || other.authenticate(tokens.access_token.expose_secret()).await.unwrap().is_some();
    assert!(accepts().await);
    decide(&rig, Block(registration(&client_id))).await;
    rig.clock.advance(Duration::seconds(19));
    assert!(accepts().await, "the copy");
    rig.clock.advance(Duration::SECOND);
    assert!(!accepts().await);
}

#[tokio::test]
async fn a_copy_serves_for_a_minute_while_the_store_is_down_and_then_nothing_is_accepted() {
    let rig = Rig::new().unwrap();
    let SignedIn { client_id, tokens } = rig.sign_in().await.unwrap();
    let code = rig.code(&client_id).await.unwrap();
    let page = rig.open_page(&client_id).await.unwrap();
    let allowed = rig.allow(&page).await.unwrap();
    rig.block_store.set_down(true);
    rig.clock.advance(Duration::seconds(59));
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
    rig.clock.advance(Duration::SECOND);
    let refreshed = rig.refresh(&client_id, &tokens.refresh_token).await;
    assert!(matches!(refreshed, Err(TokenError::Unavailable(_))));
    assert!(matches!(
        rig.redeem(&client_id, &code).await,
        Err(TokenError::Unavailable(_) | TokenError::InvalidGrant(_))
    ));
    assert!(rig.accepts(&tokens.access_token).await.is_err());
    assert!(rig.server.still_stands(&principal(&rig)).await.is_err());
    assert!(matches!(rig.come_back(&allowed).await, Err(CallbackError::Unavailable(_))));
    let asked = Browser::default().visit(&rig, &request(&client_id, &[])).await;
    assert!(matches!(asked, Err(AuthorizeError::Unavailable(_))));
    rig.block_store.set_down(false);
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
}

#[tokio::test]
async fn blocks_are_read_once_for_many_requests() {
    let rig = Rig::new().unwrap();
    let SignedIn { tokens, .. } = rig.sign_in().await.unwrap();
    let before = rig.block_store.operations();
    for _ in 0..50 {
        assert!(rig.accepts(&tokens.access_token).await.unwrap());
    }
    assert_eq!(rig.block_store.operations(), before);
}

#[tokio::test]
async fn a_block_of_a_host_costs_one_read_of_each_client() {
    let rig = Rig::new().unwrap();
    let SignedIn { tokens, .. } = rig.sign_in().await.unwrap();
    rig.accepts(&tokens.access_token).await.unwrap();
    decide(&rig, Block(BlockTarget::RedirectHost("other.example".into()))).await;
    let before = rig.store.operations();
    for _ in 0..50 {
        assert!(rig.accepts(&tokens.access_token).await.unwrap());
    }
    assert_eq!(rig.store.operations(), before + 1);
}

#[tokio::test]
async fn each_decision_is_a_record_and_one_event() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let (target, user) = (registration(&client_id), Id::from_bytes([7; 16]));
    rig.audit.take();
    for decision in [Block(target.clone()), Unblock(target.clone()), EndApplication(target), EndUser(user)] {
        decide(&rig, decision.clone()).await;
        let events: Vec<AuditEvent> = rig.audit.take();
        let [event] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((event.name, event.operator), (EventName::OperatorDecided, Some(operator().owner_key())));
        let client = ClientId::parse(&client_id).map(|client_id| client_id.key());
        let expected = if decision == EndUser(user) { (None, Some(user)) } else { (client, None) };
        assert_eq!((event.client, event.owner), expected, "{decision:?}");
        let records = rig.operator_records.all();
        let record = records.iter().find(|record| record.decision == decision).unwrap();
        assert_eq!((record.actor.as_str(), record.at), ("operator", rig.server.now()));
    }
}

#[tokio::test]
async fn nothing_takes_effect_without_its_record() {
    let rig = Rig::new().unwrap();
    let SignedIn { client_id, tokens } = rig.sign_in().await.unwrap();
    rig.store.set_down(true);
    let refused = rig
        .server
        .decide_as_operator(Id::random(rig.ports.entropy.as_ref()), &operator(), Block(registration(&client_id)))
        .await;
    assert!(matches!(refused, Err(OperatorDecisionError::Unavailable(_))));
    rig.store.set_down(false);
    assert!(rig.accepts(&tokens.access_token).await.unwrap() && rig.blocks.all().is_empty());
}

#[tokio::test]
async fn too_many_blocks_are_refused() {
    let rig = Rig::new().unwrap();
    let host = |number| BlockTarget::RedirectHost(format!("h{number}.example"));
    for number in 0..MAX_BLOCKS {
        decide(&rig, Block(host(number))).await;
    }
    let refused = rig
        .server
        .decide_as_operator(Id::random(rig.ports.entropy.as_ref()), &operator(), Block(host(MAX_BLOCKS)))
        .await;
    assert!(matches!(refused, Err(OperatorDecisionError::TooMany)));
}

#[tokio::test]
async fn two_operators_at_once_lose_nothing() {
    let rig = Rig::new().unwrap();
    decide(&rig, Block(BlockTarget::RedirectHost("first.example".into()))).await;
    rig.blocks
        .interleave(1, |blocks| blocks.clone().with_block(redirect_host(), time::OffsetDateTime::UNIX_EPOCH).unwrap());
    decide(&rig, Block(BlockTarget::DocumentHost("third.example".into()))).await;
    assert_eq!(rig.blocks.peek(&()).unwrap().blocked().len(), 3);
}
