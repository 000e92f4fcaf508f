//! The authorization request: what is checked, who hears of a refusal, and that nothing is written.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::endpoints::{
    authorize::AuthorizeError, consent::ConsentError, pages::ConsentPage, request_refusal::AtServer,
};
use testkit::{Browser, REDIRECT_URI, Rig, STATE, VERIFIER, asked, back_to_client, parameter, request};

async fn ask(rig: &Rig, query: &str) -> Result<ConsentPage, AuthorizeError> {
    Ok(asked(Browser::default().visit(rig, query).await?).unwrap())
}

fn at_server(asked: &Result<ConsentPage, AuthorizeError>) -> AtServer {
    match asked {
        Err(AuthorizeError::AtServer(refusal)) => Some(*refusal),
        _ => None,
    }
    .unwrap()
}

/// Code on the wire and state of a refusal that the client hears of.
fn to_client(asked: Result<ConsentPage, AuthorizeError>) -> (&'static str, Option<String>) {
    match asked {
        Err(AuthorizeError::ToClient { reason, next }) => {
            let url = back_to_client(&next).unwrap();
            assert!(url.starts_with(REDIRECT_URI), "{url}");
            Some((reason.code().as_str(), parameter(url, "state")))
        }
        _ => None,
    }
    .unwrap()
}

#[tokio::test]
async fn an_honest_request_gets_a_page_and_writes_nothing() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let writes = rig.store.writes();
    let page = ask(&rig, &request(&client_id, &[])).await.unwrap();
    assert_eq!(page.client.id.to_string(), client_id);
    assert_eq!(page.form.pending.request.redirect_uri(), REDIRECT_URI);
    assert_eq!(page.form.pending.request.state(), Some(STATE));
    assert_eq!(rig.store.writes(), writes);
}

#[tokio::test]
async fn the_form_carries_the_same_request_that_the_page_shows() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let opened = rig.server.consent_transaction(page.form.sealed.as_str()).await.unwrap();
    assert_eq!(opened.id, page.form.pending.id);
    assert_eq!(opened.request.challenge().as_str(), page.form.pending.request.challenge().as_str());
    assert_eq!(opened.request.scope(), page.form.pending.request.scope());
}

#[tokio::test]
async fn two_pages_are_two_transactions_with_secrets_of_their_own() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let (one, two) = (rig.open_page(&client_id).await.unwrap(), rig.open_page(&client_id).await.unwrap());
    assert_ne!(one.form.pending.id, two.form.pending.id);
    assert!(!two.form.pending.binding.verifies(&one.form.secrets.binding));
    assert!(!two.form.pending.csrf.verifies(&one.form.secrets.csrf));
    assert!(!one.form.pending.csrf.verifies(&one.form.secrets.binding));
}

#[tokio::test]
async fn state_scope_and_resource_may_be_absent() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let query = request(&client_id, &[("state", None), ("scope", None), ("resource", None)]);
    let asked = ask(&rig, &query).await.unwrap().form.pending.request;
    assert_eq!(asked.state(), None);
    assert_eq!(asked.scope().to_string(), "user.read");
}

#[tokio::test]
async fn unknown_scopes_are_dropped_and_offline_access_with_them() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let query = request(&client_id, &[("scope", Some("offline_access mail.send user.read"))]);
    assert_eq!(ask(&rig, &query).await.unwrap().form.pending.request.scope().to_string(), "user.read");
}

#[tokio::test]
async fn every_name_of_this_server_is_its_resource() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    for path in ["", "/", "/mcp", "/mcp/sse"] {
        let resource = format!("https://mcp.example.com{path}");
        assert!(ask(&rig, &request(&client_id, &[("resource", Some(&resource))])).await.is_ok(), "{resource}");
    }
}

#[tokio::test]
async fn a_malformed_client_id_is_refused_without_reading_the_store() {
    let rig = Rig::new().unwrap();
    let long = "a".repeat(64 * 1024);
    for client_id in ["../../../../../../../..", "\"", "a\r\nb", "\0", long.as_str(), "http://client.example/meta"] {
        assert_eq!(at_server(&ask(&rig, &request(client_id, &[])).await), AtServer::UnknownClient);
    }
    assert_eq!(rig.store.operations(), 0);
}

#[tokio::test]
async fn a_client_that_is_not_registered_is_refused_at_the_server() {
    let rig = Rig::new().unwrap();
    assert_eq!(at_server(&ask(&rig, &request("AAAAAAAAAAAAAAAAAAAAAA", &[])).await), AtServer::UnknownClient);
}

#[tokio::test]
async fn client_id_and_redirect_uri_must_be_there_exactly_once() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    for name in ["client_id", "redirect_uri"] {
        let missing = request(&client_id, &[(name, None)]);
        let repeated = format!("{}&{name}=again", request(&client_id, &[]));
        assert_eq!(at_server(&ask(&rig, &missing).await), AtServer::BadParameter(name));
        assert_eq!(at_server(&ask(&rig, &repeated).await), AtServer::BadParameter(name));
    }
}

#[tokio::test]
async fn an_unregistered_redirect_uri_is_refused_at_the_server_whatever_else_is_wrong() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    for uri in [
        "https://client.example/callback/",
        "https://client.example/callback?x=1",
        "https://client.example/Callback",
        "https://client.example.evil.example/callback",
        "https://evil.example/callback",
    ] {
        let query = request(&client_id, &[("redirect_uri", Some(uri)), ("response_type", None)]);
        assert_eq!(at_server(&ask(&rig, &query).await), AtServer::RedirectMismatch, "{uri}");
    }
}

#[tokio::test]
async fn another_clients_redirect_uri_is_refused_at_the_server() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    rig.register_for(&["https://other.example/cb"]).await.unwrap();
    let query = request(&client_id, &[("redirect_uri", Some("https://other.example/cb"))]);
    assert_eq!(at_server(&ask(&rig, &query).await), AtServer::RedirectMismatch);
}

#[tokio::test]
async fn every_other_fault_is_told_to_the_client_with_its_state() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let faults = [
        (("response_type", None), "invalid_request"),
        (("response_type", Some("token")), "unsupported_response_type"),
        (("code_challenge", None), "invalid_request"),
        (("code_challenge", Some("short")), "invalid_request"),
        (("code_challenge", Some(VERIFIER.split_at(42).0)), "invalid_request"),
        (("code_challenge_method", None), "invalid_request"),
        (("code_challenge_method", Some("plain")), "invalid_request"),
        (("scope", Some("user.read a\"b")), "invalid_scope"),
        (("resource", Some("https://other.example/mcp")), "invalid_target"),
        (("resource", Some("https://mcp.example.com/mcp/message")), "invalid_target"),
    ];
    for (change, code) in faults {
        let refusal = to_client(ask(&rig, &request(&client_id, &[change])).await);
        assert_eq!(refusal, (code, Some(STATE.to_owned())), "{change:?}");
    }
}

#[tokio::test]
async fn a_client_that_asks_for_scopes_of_others_is_asked_for_the_first_of_the_table() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    for scope in ["openid email offline_access", "mail.send", "User.Read", "user.read mail.send", " "] {
        let page = ask(&rig, &request(&client_id, &[("scope", Some(scope))])).await.unwrap();
        assert_eq!(page.form.pending.request.scope().to_string(), "user.read", "{scope}");
    }
}

#[tokio::test]
async fn a_repeated_state_is_not_echoed() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let query = format!("{}&state=again", request(&client_id, &[]));
    assert_eq!(to_client(ask(&rig, &query).await), ("invalid_request", None));
}

#[tokio::test]
async fn a_store_or_keyring_that_is_down_gives_no_page() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    for dependency in [&rig.store, &rig.keyring] {
        dependency.set_down(true);
        let asked = ask(&rig, &request(&client_id, &[])).await;
        assert!(matches!(asked, Err(AuthorizeError::Unavailable(_))));
        dependency.set_down(false);
    }
}

#[tokio::test]
async fn a_page_can_be_decided_for_ten_minutes() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    rig.clock.advance(time::Duration::minutes(10) - time::Duration::SECOND);
    assert!(rig.server.consent_transaction(page.form.sealed.as_str()).await.is_ok());
    rig.clock.advance(time::Duration::SECOND);
    assert!(matches!(rig.server.consent_transaction(page.form.sealed.as_str()).await, Err(ConsentError::Expired)));
}
