//! Clients that publish their metadata instead of registering.
#![cfg(test)]

use std::{num::NonZeroU32, sync::Arc, time::Duration as StdDuration};

use authorization_server::{
    AuthorizationServer, StoredLimits,
    client_documents::{FetchError, FetchedFor},
    endpoints::{
        authorize::AuthorizeError, consent::Decision, request_refusal::AtServer, revoke::RevokeError,
        token_error::TokenError, visitor::Visitor,
    },
    ground::{DocumentHosts, EventName, Network, TooMany},
    state::{client::ClientId, cookies::Cookies},
};
use oauth_protocol::{client_id_url::ClientIdUrl, initiator::Initiator, redirect_uri::PrivateUseSchemes};
use serde_json::json;
use testkit::{Browser, CLIENT_URL, Fault, LIMITS, REDIRECT_URI, Rig, SignedIn, addressed, asked, request};
use time::Duration;

fn rig() -> Rig {
    let rig = Rig::new().unwrap();
    rig.documents.publish_client("Client");
    rig
}

async fn sign_in(rig: &Rig) -> SignedIn {
    let code = rig.code(CLIENT_URL).await.unwrap();
    let tokens = rig.redeem(CLIENT_URL, &code).await.unwrap();
    SignedIn { client_id: CLIENT_URL.to_owned(), tokens }
}

async fn refused(rig: &Rig, client_id: &str) -> AuthorizeError {
    match Browser::default().visit(rig, &request(client_id, &[])).await {
        Ok(_) => panic!("not refused"),
        Err(error) => error,
    }
}

async fn refused_at_server(rig: &Rig, client_id: &str) -> AtServer {
    match refused(rig, client_id).await {
        AuthorizeError::AtServer(refusal) => refusal,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_client_that_never_registered_signs_in_refreshes_and_revokes() {
    let rig = rig();
    let SignedIn { client_id, tokens } = sign_in(&rig).await;
    assert!(rig.accepts(&tokens.access_token).await.unwrap());
    let refreshed = rig.refresh(&client_id, &tokens.refresh_token).await.unwrap();
    rig.revoke(&client_id, &refreshed.refresh_token).await.unwrap();
    assert!(rig.refresh(&client_id, &refreshed.refresh_token).await.is_err());
    assert_eq!(rig.documents.asked(), 1);
}

/// A request to ourselves could name the next document, and so on.
#[tokio::test]
async fn nothing_is_fetched_from_this_server_itself() {
    let rig = rig();
    let own = "https://mcp.example.com/client.json";
    let document = json!({ "client_id": own, "client_name": "Own", "redirect_uris": [REDIRECT_URI] });
    rig.documents.publish(own, &document.to_string());
    assert!(matches!(refused_at_server(&rig, own).await, AtServer::DocumentHost));
    assert_eq!(rig.documents.asked(), 0);
    let keys = "https://mcp.example.com/authorize?client_id=https://client.example/another.json";
    let document = json!({
        "client_id": CLIENT_URL,
        "client_name": "Client",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": keys,
    });
    rig.documents.publish(CLIENT_URL, &document.to_string());
    rig.open_page(CLIENT_URL).await.unwrap();
    assert_eq!(rig.documents.asked(), 1, "the document, and not the keys");
}

#[tokio::test]
async fn a_document_is_fetched_again_when_it_is_stale_and_by_an_authorization_request_only() {
    let rig = rig();
    for _ in 0..3 {
        rig.open_page(CLIENT_URL).await.unwrap();
    }
    assert_eq!(rig.documents.asked(), 1);
    rig.clock.advance(Duration::HOUR);
    rig.open_page(CLIENT_URL).await.unwrap();
    assert_eq!(rig.documents.asked(), 2);
}

#[tokio::test]
async fn a_client_is_reported_when_its_document_is_stored_and_not_when_it_is_fetched_again() {
    let mut rig = rig();
    for process in ["this", "another"] {
        rig.open_page(CLIENT_URL).await.unwrap();
        rig.clock.advance(Duration::HOUR);
        rig.open_page(CLIENT_URL).await.unwrap();
        let [event] = &rig.audit.events()[..] else { panic!("{process}: {:?}", rig.audit.names()) };
        let id = ClientId::parse(CLIENT_URL).unwrap().key();
        assert_eq!((event.name, event.client), (EventName::ClientRegistered, Some(id)));
        assert_eq!(event.reason, Some("metadata document"));
        rig.server = Arc::new(rig.second_process());
    }
}

#[tokio::test]
async fn another_process_uses_what_one_has_fetched() {
    let mut rig = rig();
    rig.open_page(CLIENT_URL).await.unwrap();
    rig.server = std::sync::Arc::new(rig.second_process());
    sign_in(&rig).await;
    assert_eq!(rig.documents.asked(), 1);
}

#[tokio::test]
async fn a_host_that_is_down_signs_nobody_out() {
    let rig = rig();
    let SignedIn { client_id, tokens } = sign_in(&rig).await;
    rig.documents.withdraw_all();
    rig.clock.advance(Duration::days(30));
    let refreshed = rig.refresh(&client_id, &tokens.refresh_token).await.unwrap();
    assert_eq!(refused_at_server(&rig, &client_id).await, AtServer::DocumentNotFetched, "a stale document is not used");
    rig.revoke(&client_id, &refreshed.refresh_token).await.unwrap();
    assert!(rig.refresh(&client_id, &refreshed.refresh_token).await.is_err());
}

#[tokio::test]
async fn an_error_is_not_remembered() {
    let rig = rig();
    rig.documents.withdraw_all();
    assert_eq!(refused_at_server(&rig, CLIENT_URL).await, AtServer::DocumentNotFetched);
    rig.documents.publish(CLIENT_URL, "{}");
    assert_eq!(
        refused_at_server(&rig, CLIENT_URL).await,
        AtServer::Document("client_id is not the URL of the document")
    );
    assert!(rig.clients.all().is_empty(), "nothing is stored of it");
    rig.documents.publish_client("Client");
    rig.open_page(CLIENT_URL).await.unwrap();
}

#[tokio::test]
async fn a_url_at_which_there_can_be_no_document_is_never_fetched() {
    let rig = rig();
    for client_id in ["https://127.0.0.1/a", "https://client.example", "https://client.example/a?b", "https://[::1]/a"]
    {
        let refusal = refused_at_server(&rig, client_id).await;
        assert!(matches!(refusal, AtServer::ClientIdUrl(_)), "{client_id}: {refusal}");
    }
    for client_id in ["http://client.example/client.json", "HTTPS://client.example/client.json", "file:///a"] {
        assert_eq!(refused_at_server(&rig, client_id).await, AtServer::UnknownClient, "{client_id}");
    }
    assert_eq!(rig.documents.asked(), 0);
}

#[tokio::test]
async fn too_many_documents_are_said_to_be_too_many() {
    let rig = rig();
    rig.documents.refuse(FetchError::TooMany(TooMany { wait: StdDuration::from_secs(7) }));
    let error = refused(&rig, CLIENT_URL).await;
    assert!(matches!(error, AuthorizeError::TooManyDocuments(TooMany { wait }) if wait.as_secs() == 7), "{error}");
}

#[tokio::test]
async fn the_key_of_a_documents_record_is_no_client_id() {
    let rig = rig();
    let SignedIn { tokens, .. } = sign_in(&rig).await;
    let key = ClientId::parse(CLIENT_URL).unwrap().key().to_string();
    assert_eq!(refused_at_server(&rig, &key).await, AtServer::UnknownClient);
    assert!(matches!(rig.refresh(&key, &tokens.refresh_token).await, Err(TokenError::UnknownClient)));
    assert!(matches!(rig.revoke(&key, &tokens.refresh_token).await, Err(RevokeError::UnknownClient)));
}

#[tokio::test]
async fn a_client_that_was_never_authorized_is_unknown_elsewhere() {
    let rig = rig();
    let SignedIn { tokens, .. } = rig.sign_in().await.unwrap();
    assert!(matches!(rig.refresh(CLIENT_URL, &tokens.refresh_token).await, Err(TokenError::UnknownClient)));
    assert_eq!(rig.documents.asked(), 0, "only an authorization request fetches");
    rig.open_page(CLIENT_URL).await.unwrap();
    assert!(matches!(rig.refresh(CLIENT_URL, &tokens.refresh_token).await, Err(TokenError::InvalidGrant(_))));
}

#[tokio::test]
async fn only_a_redirect_uri_of_the_document_is_used() {
    let rig = rig();
    let other = request(CLIENT_URL, &[("redirect_uri", Some("https://evil.example/callback"))]);
    let visited = Browser::default().visit(&rig, &other).await;
    assert!(matches!(visited, Err(AuthorizeError::AtServer(AtServer::RedirectMismatch))));
}

async fn is_asked_in_full(rig: &Rig, browser: &Browser) -> bool {
    let page = asked(browser.follow(rig, &request(CLIENT_URL, &[]), false).await.unwrap()).unwrap();
    page.allowed_at.is_none() && page.allowed_before.is_empty()
}

#[tokio::test]
async fn a_document_that_changed_is_asked_about_again() {
    let (rig, mut browser) = (rig(), Browser::default());
    browser.code(&rig, CLIENT_URL).await.unwrap();
    rig.clock.advance(Duration::HOUR);
    assert!(!is_asked_in_full(&rig, &browser).await, "the same document, fetched again");
    rig.documents.publish_client("Another name");
    assert!(!is_asked_in_full(&rig, &browser).await, "still fresh");
    rig.clock.advance(Duration::HOUR);
    assert!(is_asked_in_full(&rig, &browser).await);
    rig.documents.publish_client("Client");
    rig.clock.advance(Duration::HOUR);
    assert!(!is_asked_in_full(&rig, &browser).await, "the document is again what was approved");
}

#[tokio::test]
async fn a_host_that_is_refused_has_no_client_anywhere() {
    let mut rig = rig();
    let SignedIn { client_id, tokens } = sign_in(&rig).await;
    let server =
        AuthorizationServer::new(rig.server.base().clone(), PrivateUseSchemes::default(), LIMITS, rig.ports.clone());
    let hosts = DocumentHosts::parse("* !client.example").unwrap();
    rig.server = std::sync::Arc::new(server.with_document_hosts(hosts));
    assert!(!rig.server.document_hosts().allow("client.example"), "the metadata do not promise it");
    assert_eq!(refused_at_server(&rig, &client_id).await, AtServer::DocumentHost);
    assert!(matches!(rig.refresh(&client_id, &tokens.refresh_token).await, Err(TokenError::UnknownClient)));
    assert_eq!(rig.documents.asked(), 1, "it is not asked again");
    rig.documents.publish("https://a.client.example/c.json", "{}");
    assert!(matches!(refused_at_server(&rig, "https://a.client.example/c.json").await, AtServer::Document(_)));
}

#[tokio::test]
async fn a_document_may_name_a_private_use_scheme_that_is_allowed_here() {
    let mut rig = Rig::new().unwrap();
    let redirect_uri = "com.example.editor:/callback";
    let document = json!({ "client_id": CLIENT_URL, "client_name": "Editor", "redirect_uris": [redirect_uri] });
    rig.documents.publish(CLIENT_URL, &document.to_string());
    assert!(matches!(refused_at_server(&rig, CLIENT_URL).await, AtServer::Document(_)));
    let schemes = PrivateUseSchemes::known_and("com.example.editor").unwrap();
    rig.server = Arc::new(AuthorizationServer::new(rig.server.base().clone(), schemes, LIMITS, rig.ports.clone()));
    let request = request(CLIENT_URL, &[("redirect_uri", Some(redirect_uri))]);
    let page = asked(Browser::default().visit(&rig, &request).await.unwrap()).unwrap();
    assert_eq!(page.form.pending.request.redirect_uri(), redirect_uri);
}

#[tokio::test]
async fn a_denial_of_a_document_is_remembered_like_any_other() {
    let (rig, mut browser) = (rig(), Browser::default());
    let page = asked(browser.visit(&rig, &request(CLIENT_URL, &[])).await.unwrap()).unwrap();
    assert_eq!(page.form.pending.request.redirect_uri(), REDIRECT_URI);
    browser.decide(&rig, &page.form, Decision::Deny).await.unwrap();
    assert!(testkit::denied(browser.visit(&rig, &request(CLIENT_URL, &[])).await.unwrap()).is_some());
}

#[tokio::test]
async fn connections_name_the_host_that_publishes_an_application() {
    let (rig, mut browser) = (rig(), Browser::default());
    browser.code(&rig, CLIENT_URL).await.unwrap();
    let owner = rig.owners.all()[0].key;
    let applications = rig.server.applications(owner).await.unwrap();
    assert_eq!(applications[0].published_at.as_deref(), Some("client.example"));
    assert_eq!(applications[0].connections[0].name.as_deref(), Some("Client"));
}

/// Anybody can publish as many documents as they like, and have them fetched.
#[tokio::test]
async fn documents_that_were_never_used_take_the_places_of_registrations() {
    let mut rig = Rig::new().unwrap();
    let limits = StoredLimits { waiting_registrations: NonZeroU32::new(2).unwrap(), ..LIMITS };
    let server =
        AuthorizationServer::new(rig.server.base().clone(), PrivateUseSchemes::default(), limits, rig.ports.clone());
    rig.server = Arc::new(server);
    let url = |name: u8| format!("https://client.example/{name}.json");
    let visit = async |name: u8, from: u8| {
        let url = url(name);
        let document = json!({ "client_id": url, "client_name": "C", "redirect_uris": [REDIRECT_URI] });
        rig.documents.publish(&url, &document.to_string());
        let (cookies, initiator) = (Cookies::default(), Initiator::Person);
        let visitor = Visitor { cookies: &cookies, initiator, from: Network::of([20, 1, 2, from].into()) };
        rig.server.authorize(&addressed(&request(&url, &[])).unwrap(), &visitor).await
    };
    for _ in 0..3 {
        assert!(visit(1, 7).await.is_ok() && visit(2, 7).await.is_ok(), "each has one place");
    }
    assert!(matches!(visit(3, 7).await, Err(AuthorizeError::TooManyWait(_))));
    let stored = || rig.clients.all().iter().filter(|client| rig.server.now() < client.expires_at).count();
    assert_eq!(stored(), 1, "the oldest of this network is gone, and the new one is not stored");
    assert!(visit(4, 8).await.is_ok() && visit(5, 9).await.is_ok());
    assert_eq!(stored(), 2);
    rig.audit.take();
    assert!(visit(1, 7).await.is_ok(), "one that was dropped comes back");
    assert_eq!(rig.audit.names(), [EventName::RegistrationDropped, EventName::ClientRegistered]);
}

#[tokio::test]
async fn a_document_that_is_not_stored_takes_no_place() {
    let mut rig = Rig::new().unwrap();
    let limits = StoredLimits { waiting_registrations: NonZeroU32::new(2).unwrap(), ..LIMITS };
    let server =
        AuthorizationServer::new(rig.server.base().clone(), PrivateUseSchemes::default(), limits, rig.ports.clone());
    rig.server = Arc::new(server);
    rig.documents.publish_client("Client");
    let first = rig.register().await.unwrap();
    // It is looked for twice; then it would be stored.
    rig.store.fail_after(2, Fault::Before);
    assert!(matches!(refused(&rig, CLIENT_URL).await, AuthorizeError::Unavailable(_)));
    rig.register().await.unwrap();
    assert!(rig.open_page(&first).await.is_ok(), "nobody had to make room");
}

#[tokio::test]
async fn a_document_that_was_used_takes_no_place() {
    let mut rig = Rig::new().unwrap();
    let limits = StoredLimits { waiting_registrations: NonZeroU32::MIN, ..LIMITS };
    let server =
        AuthorizationServer::new(rig.server.base().clone(), PrivateUseSchemes::default(), limits, rig.ports.clone());
    rig.server = Arc::new(server);
    rig.documents.publish_client("Client");
    let SignedIn { client_id, tokens } = sign_in(&rig).await;
    for _ in 0..3 {
        rig.register().await.unwrap();
        assert!(rig.register().await.is_err(), "the one place is taken");
    }
    assert!(rig.refresh(&client_id, &tokens.refresh_token).await.is_ok());
}

/// The documents that callers name must not use up the requests for this one.
#[tokio::test]
async fn the_document_and_the_keys_of_a_client_that_was_used_are_fetched_for_its_users() {
    let rig = rig();
    rig.open_page(CLIENT_URL).await.unwrap();
    rig.clock.advance(Duration::HOUR);
    rig.open_page(CLIENT_URL).await.unwrap();
    let (client, from) = (ClientIdUrl::parse(CLIENT_URL).unwrap(), Network::UNKNOWN);
    let is_for = |fetched: &[FetchedFor], expected| fetched.iter().all(|fetched_for| *fetched_for == expected);
    let fetched = rig.documents.fetched_for();
    assert!(fetched.len() == 2 && is_for(&fetched, FetchedFor::Caller(from)), "nobody has used it: {fetched:?}");
    sign_in(&rig).await;
    let document = json!({
        "client_id": CLIENT_URL,
        "client_name": "Client",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://client.example/keys.json",
    });
    rig.documents.publish(CLIENT_URL, &document.to_string());
    rig.clock.advance(Duration::HOUR);
    rig.open_page(CLIENT_URL).await.unwrap();
    let fetched = rig.documents.fetched_for().split_off(2);
    assert!(fetched.len() == 2 && is_for(&fetched, FetchedFor::Users { client, from }), "and its keys: {fetched:?}");
}
