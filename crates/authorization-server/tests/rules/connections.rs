//! `/connections`: signing in by a state of its own kind, and what the owner sees there.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::collections::BTreeSet;

use authorization_server::{
    endpoints::{
        answer::{Answer, Next, Redirect},
        blocked_sign_in::SignInBlock,
        callback::CallbackError,
        connections::{ConnectionsError, OwnerAction, OwnerSubmission},
        consent::Decision,
        own_page_sign_in::SignInRefusal,
        pages::{Application, Connection, Page},
        visitor::Visitor,
    },
    ground::{Clock as _, Ended, Id, Network, Subject, Unavailable, lifetimes::APPROVAL_LIFETIME},
    state::{
        client::Client,
        cookies::{CookieChange, CookieName, Cookies},
        grant::Status,
        owner::Owner,
        owner_session::OwnerSession,
        scopes::USER_READ,
    },
    upstream::UpstreamRefusal,
};
use oauth_protocol::{initiator::Initiator, pkce::CodeVerifier, resource::ResourceAddress, secret::Secret};
use secrecy::ExposeSecret as _;
use testkit::{Allowed, Asked, Browser, Rig, allowed, answered, asked, cookie, parameter, request};
use time::Duration;

fn subject(oid: &str) -> Subject {
    Subject { tid: "tenant".into(), oid: oid.into() }
}

const CODE: &[(&str, &str)] = &[("code", "upstream-code")];

/// A form of the page, as a browser sends it for this initiator.
async fn click_from(
    rig: &Rig,
    cookies: &Cookies,
    submission: &OwnerSubmission<'_>,
    initiator: Initiator,
) -> Result<Answer, ConnectionsError> {
    rig.server.act_on_connections(submission, Visitor { cookies, initiator, from: Network::UNKNOWN }.own_form()?).await
}

/// A click on the page, with these cookies.
pub(crate) async fn click(
    rig: &Rig,
    cookies: &Cookies,
    action: OwnerAction,
    csrf: &str,
) -> Result<Answer, ConnectionsError> {
    let submission = OwnerSubmission { action: Some(action), csrf };
    click_from(rig, cookies, &submission, Initiator::OwnForm).await
}

async fn begun(rig: &Rig) -> Allowed {
    allowed(click(rig, &Cookies::default(), OwnerAction::SignIn, "").await.unwrap()).unwrap()
}

/// Entra's answer to a sign-in arrives in a browser with this cookie.
async fn answer(
    rig: &Rig,
    allowed: &Allowed,
    pairs: &[(&str, &str)],
    cookie: Option<&str>,
) -> Result<Answer, CallbackError> {
    let cookie = cookie.map(|cookie| (CookieName::EntraState(allowed.id), cookie));
    let cookies = Browser::default().cookies(cookie.as_slice());
    rig.callback(&allowed.response(pairs).unwrap(), &cookies).await
}

/// The session cookie, once Entra has answered with a code.
async fn complete(rig: &Rig, allowed: &Allowed, value: Option<&str>) -> Result<String, SignInRefusal> {
    match answer(rig, allowed, CODE, value).await {
        Ok(answer) => Ok(cookie(&answer.cookies, CookieName::Owner).unwrap().expose_secret().to_owned()),
        Err(error) => Err(refusal(error).unwrap()),
    }
}

fn refusal(error: CallbackError) -> Option<SignInRefusal> {
    match error {
        CallbackError::OwnPage(error) => Some(error.refusal),
        _ => None,
    }
}

/// The cookies of a browser with this session cookie.
pub(crate) fn session_cookie(value: &str) -> Cookies {
    Browser::default().cookies(&[(CookieName::Owner, value)])
}

async fn session(rig: &Rig, value: &str) -> Option<OwnerSession> {
    rig.server.owner_session(&session_cookie(value)).await.unwrap()
}

/// The cookie of the owner who signs in now, and the session in it.
pub(crate) async fn signed_in(rig: &Rig) -> (String, OwnerSession) {
    let allowed = begun(rig).await;
    let value = complete(rig, &allowed, Some(allowed.cookie.expose_secret())).await.unwrap();
    let session = session(rig, &value).await.unwrap();
    (value, session)
}

#[tokio::test]
async fn the_owner_is_signed_in_for_ten_minutes_and_only_the_spent_state_is_stored() {
    let rig = Rig::new().unwrap();
    rig.upstream.set_subject(subject("owner"));
    let (cookie, owner) = signed_in(&rig).await;
    assert_eq!((owner.owner, owner.name.as_str()), (subject("owner").owner_key(), "owner"));
    assert_eq!((rig.store.writes(), rig.authorizations.all().len()), (1, 1));
    rig.clock.advance(Duration::minutes(10) - Duration::SECOND);
    assert!(session(&rig, &cookie).await.is_some());
    rig.clock.advance(Duration::SECOND);
    assert!(session(&rig, &cookie).await.is_none());
}

#[tokio::test]
async fn entra_is_asked_for_an_account_and_no_graph_permission() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    assert_eq!(parameter(&allowed.sign_in_url, "prompt").as_deref(), Some("select_account"));
    assert_eq!(parameter(&allowed.sign_in_url, "scope").as_deref(), Some(""));
    complete(&rig, &allowed, Some(allowed.cookie.expose_secret())).await.unwrap();
    let Asked::Redeem { verifier, nonce, .. } = rig.upstream.asked().remove(0) else { panic!("no redemption") };
    let challenge = CodeVerifier::parse(&verifier).unwrap().challenge();
    assert_eq!(parameter(&allowed.sign_in_url, "code_challenge").as_deref(), Some(challenge.as_str()));
    assert_eq!(parameter(&allowed.sign_in_url, "nonce"), Some(nonce));
}

#[tokio::test]
async fn a_completed_sign_in_leads_to_the_page_and_deletes_its_cookie_and_so_does_a_refused_one() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    let name = CookieName::EntraState(allowed.id).to_string();
    let deletes = |change: &CookieChange| matches!(change, CookieChange::Delete(deleted) if *deleted == name);
    let own = Some(allowed.cookie.expose_secret());
    let completed = answer(&rig, &allowed, CODE, own).await.unwrap();
    assert!(matches!(&completed.next, Next::Redirect(Redirect::Own(url)) if url.ends_with("/connections")));
    assert!(completed.cookies.iter().any(deletes));
    let allowed = begun(&rig).await;
    let name = CookieName::EntraState(allowed.id).to_string();
    let deletes = |change: &CookieChange| matches!(change, CookieChange::Delete(deleted) if *deleted == name);
    let own = Some(allowed.cookie.expose_secret());
    let Err(CallbackError::OwnPage(refused)) = answer(&rig, &allowed, &[("error", "x")], own).await else {
        panic!("completed")
    };
    assert!(refused.cookies.iter().any(deletes));
}

#[tokio::test]
async fn a_callback_in_another_browser_signs_nobody_in() {
    let rig = Rig::new().unwrap();
    let (allowed, other) = (begun(&rig).await, begun(&rig).await);
    let foreign = Secret::from_bytes([7; 32]).encode();
    for cookie in [Some(""), Some(foreign.expose_secret()), Some(other.cookie.expose_secret())] {
        assert!(matches!(complete(&rig, &allowed, cookie).await, Err(SignInRefusal::UnknownState)), "{cookie:?}");
    }
    assert!(matches!(complete(&rig, &allowed, None).await, Err(SignInRefusal::CookieMissing)));
    assert!(rig.upstream.asked().is_empty());
}

#[tokio::test]
async fn a_sign_in_of_ten_minutes_ago_is_too_old() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    rig.clock.advance(Duration::minutes(10));
    for cookie in [Some(allowed.cookie.expose_secret()), None] {
        let late = complete(&rig, &allowed, cookie).await;
        assert!(matches!(late, Err(SignInRefusal::UnknownState)), "{cookie:?}");
    }
    assert!(rig.upstream.asked().is_empty());
}

#[tokio::test]
async fn a_callback_of_one_kind_never_serves_the_other() {
    let rig = Rig::new().unwrap();
    let consent = rig.allow(&rig.open_page(&rig.register().await.unwrap()).await.unwrap()).await.unwrap();
    let owner = begun(&rig).await;
    let completed = answer(&rig, &owner, CODE, Some(owner.cookie.expose_secret())).await.unwrap();
    assert!(answered(completed).is_none(), "no client is answered");
    let completed = rig.come_back(&consent).await.unwrap();
    assert!(cookie(&completed.cookies, CookieName::Owner).is_none(), "no owner is signed in");
    // The cookie of one kind does not complete the other.
    let (consent, owner) =
        (rig.allow(&rig.open_page(&rig.register().await.unwrap()).await.unwrap()).await, begun(&rig).await);
    let consent = consent.unwrap();
    let crossed = complete(&rig, &owner, Some(consent.cookie.expose_secret())).await;
    assert!(matches!(crossed, Err(SignInRefusal::UnknownState)));
    let crossed = rig.call_back(&consent, CODE, Some(owner.cookie.expose_secret())).await;
    assert!(matches!(crossed, Err(CallbackError::OtherBrowser)));
}

#[tokio::test]
async fn a_user_whom_entra_does_not_sign_in_sees_nothing() {
    let rig = Rig::new().unwrap();
    for pairs in [&[("error", "access_denied"), ("code", "x")][..], &[]] {
        let allowed = begun(&rig).await;
        let cookie = Some(allowed.cookie.expose_secret());
        let Err(CallbackError::OwnPage(refused)) = answer(&rig, &allowed, pairs, cookie).await else {
            panic!("signed in")
        };
        assert!(matches!(refused.refusal, SignInRefusal::NotSignedIn(_)));
    }
    let allowed = begun(&rig).await;
    let pairs = [("error", "access_denied"), ("error_description", "AADSTS50105: no")];
    let Err(CallbackError::OwnPage(refused)) =
        answer(&rig, &allowed, &pairs, Some(allowed.cookie.expose_secret())).await
    else {
        panic!("signed in")
    };
    assert!(matches!(refused.refusal, SignInRefusal::Blocked(SignInBlock::Assignment)));
    let completed = async || {
        let allowed = begun(&rig).await;
        complete(&rig, &allowed, Some(allowed.cookie.expose_secret())).await
    };
    rig.upstream.refuse_redeem(UpstreamRefusal::InvalidGrant { reason: "no".into() });
    assert!(matches!(completed().await, Err(SignInRefusal::NotSignedIn(_))));
    rig.upstream.refuse_redeem(Unavailable::upstream("no").into());
    assert!(matches!(completed().await, Err(SignInRefusal::Unavailable(_))));
}

#[tokio::test]
async fn a_state_is_spent_by_its_first_callback_and_entra_is_asked_once() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    let cookie = Some(allowed.cookie.expose_secret());
    rig.upstream.refuse_redeem(UpstreamRefusal::InvalidGrant { reason: "junk".into() });
    for _ in 0..200 {
        let _ = answer(&rig, &allowed, &[("code", "junk")], cookie).await;
    }
    assert_eq!(rig.upstream.asked().len(), 1);
    let again = answer(&rig, &allowed, CODE, cookie).await.unwrap();
    assert!(matches!(&again.next, Next::Redirect(Redirect::Own(url)) if url.ends_with("/connections")));
    assert_eq!(again.cookies.iter().count(), 0);
}

#[tokio::test]
async fn a_code_that_cannot_be_one_is_not_sent_to_entra() {
    let rig = Rig::new().unwrap();
    let long = "c".repeat(5_000);
    for code in ["", "a\nb", "\u{e9}", &long] {
        let allowed = begun(&rig).await;
        let cookie = Some(allowed.cookie.expose_secret());
        let completed = answer(&rig, &allowed, &[("code", code)], cookie).await;
        assert!(matches!(refusal(completed.err().unwrap()), Some(SignInRefusal::NotSignedIn(_))), "{code:.9}");
    }
    assert!(rig.upstream.asked().is_empty());
}

#[tokio::test]
async fn a_cookie_that_was_not_sealed_as_a_session_is_none() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    browser.code(&rig, &rig.register().await.unwrap()).await.unwrap();
    let state = parameter(&begun(&rig).await.sign_in_url, "state");
    assert!(rig.server.owner_session(&Cookies::default()).await.unwrap().is_none());
    for cookie in [Some(String::new()), Some("{}".into()), browser.approved, state] {
        assert!(session(&rig, &cookie.unwrap()).await.is_none());
    }
}

#[tokio::test]
async fn a_form_counts_in_its_own_session_only() {
    let rig = Rig::new().unwrap();
    let ((value, own), (_, other)) = (signed_in(&rig).await, signed_in(&rig).await);
    let cookies = session_cookie(&value);
    for csrf in ["", "x", other.csrf()] {
        let answer = click(&rig, &cookies, OwnerAction::SignOut, csrf).await;
        let error = answer.map(drop).unwrap_err();
        assert!(matches!(error, ConnectionsError::Forged), "{csrf}");
        assert_eq!(error.reason(), Some("the form does not belong to this session"));
    }
    assert!(click(&rig, &cookies, OwnerAction::SignOut, own.csrf()).await.is_ok());
}

#[tokio::test]
async fn a_click_that_did_not_come_from_our_own_page_changes_nothing() {
    let rig = Rig::new().unwrap();
    let (value, own) = signed_in(&rig).await;
    let cookies = session_cookie(&value);
    let submission = OwnerSubmission { action: Some(OwnerAction::WithdrawAll), csrf: own.csrf() };
    let writes = rig.store.writes();
    for initiator in [Initiator::Person, Initiator::OwnLink, Initiator::Unproven] {
        let answer = click_from(&rig, &cookies, &submission, initiator).await;
        assert!(matches!(answer, Err(ConnectionsError::Forged)), "{initiator:?}");
    }
    assert_eq!(rig.store.writes(), writes);
    assert!(click(&rig, &cookies, OwnerAction::WithdrawAll, own.csrf()).await.is_ok());
    assert!(rig.store.writes() > writes);
}

#[tokio::test]
async fn without_a_session_every_click_asks_to_sign_in() {
    let rig = Rig::new().unwrap();
    for action in [OwnerAction::WithdrawAll, OwnerAction::ForgetDenials, OwnerAction::SignOut] {
        let answer = click(&rig, &Cookies::default(), action.clone(), "").await.unwrap();
        assert!(matches!(answer.next, Next::Page(Page::ConnectionsSignIn)), "{action:?}");
    }
}

async fn connections(rig: &Rig, owner: Id) -> Vec<Connection> {
    let applications = rig.server.applications(owner).await.unwrap();
    applications.into_iter().flat_map(|application| application.connections).collect()
}

async fn only_connection(rig: &Rig) -> Connection {
    let mut connections = connections(rig, rig.owners.all().pop().unwrap().key).await;
    connections.pop().filter(|_| connections.is_empty()).unwrap()
}

/// A client with a grant from this browser.
async fn connected(rig: &Rig, browser: &mut Browser, client_id: &str) -> secrecy::SecretString {
    let code = browser.code(rig, client_id).await.unwrap();
    rig.redeem(client_id, &code).await.unwrap().refresh_token
}

#[tokio::test]
async fn the_owner_sees_since_when_how_lately_and_on_how_many_devices() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let since = rig.clock.now();
    let refresh_token = connected(&rig, &mut browser, &client_id).await;
    rig.clock.advance(Duration::HOUR);
    connected(&rig, &mut Browser::default(), &client_id).await;
    rig.clock.advance(Duration::HOUR);
    rig.refresh(&client_id, &refresh_token).await.unwrap();
    let expected = Connection {
        client: Id::parse(&client_id).unwrap(),
        name: Some("Client".into()),
        since,
        last_used: Some(rig.clock.now()),
        devices: 2,
        remembered: true,
        addresses: vec![ResourceAddress::Mcp],
        permissions: vec![&USER_READ],
        receivers: BTreeSet::from(["client.example".to_owned()]),
    };
    rig.clock.advance(Duration::HOUR);
    assert_eq!(only_connection(&rig).await, expected);
}

#[tokio::test]
async fn an_approval_alone_is_shown_and_so_is_a_grant_alone() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let code = browser.code(&rig, &client_id).await.unwrap();
    let alone = only_connection(&rig).await;
    assert_eq!((alone.devices, alone.last_used, alone.remembered), (0, None, true));
    rig.redeem(&client_id, &code).await.unwrap();
    rig.owners.change(&rig.owners.all()[0].key, |owner| {
        let mut owner = owner.clone();
        owner.approvals.clear();
        owner
    });
    let alone = only_connection(&rig).await;
    assert_eq!((alone.devices, alone.remembered), (1, false));
}

#[tokio::test]
async fn a_marked_grant_is_shown_and_one_that_ended_is_not() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    connected(&rig, &mut browser, &client_id).await;
    let key = rig.only_grant().unwrap().key;
    rig.grants.change(&key, |grant| grant.with_status(Status::Marked));
    assert_eq!(only_connection(&rig).await.devices, 1);
    rig.server.revoke(key, Ended::Withdrawn).await.unwrap();
    assert_eq!(only_connection(&rig).await.devices, 0);
}

#[tokio::test]
async fn expired_approvals_grants_and_registrations_do_not_count() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let refresh_token = connected(&rig, &mut browser, &client_id).await;
    rig.clock.advance(APPROVAL_LIFETIME - Duration::DAY);
    rig.refresh(&client_id, &refresh_token).await.unwrap();
    rig.clock.advance(Duration::DAY);
    let connection = only_connection(&rig).await;
    assert_eq!((connection.remembered, connection.devices), (false, 1), "the grant lives on");
    rig.clock.advance(Duration::days(400));
    for connection in connections(&rig, rig.owners.all()[0].key).await {
        assert_eq!((connection.name, connection.devices), (None, 0));
    }
}

#[tokio::test]
async fn registrations_that_cannot_be_told_apart_are_one_application() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let uris: [&[&str]; 5] = [
        &["http://127.0.0.1:1/callback"],
        &["http://127.0.0.1:2/callback"],
        &["http://localhost:1/callback"],
        &["http://127.0.0.1:1/callback", "https://client.example/callback"],
        &["http://127.0.0.1:1/other"],
    ];
    let mut clients = Vec::new();
    for uris in uris {
        let client = rig.register_for(uris).await.unwrap();
        let uri = request(&client, &[("redirect_uri", uris.first().copied())]);
        let page = asked(browser.visit(&rig, &uri).await.unwrap()).unwrap();
        let allowed = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
        browser.come_back(&rig, &allowed).await.map(drop).unwrap();
        rig.clock.advance(Duration::MINUTE);
        clients.push(Id::parse(&client).unwrap());
    }
    let owner = rig.owners.all()[0].key;
    let groups = async || {
        let applications = rig.server.applications(owner).await.unwrap();
        let clients = |application: Application| application.connections.iter().map(|other| other.client).collect();
        applications.into_iter().map(clients).collect::<Vec<Vec<Id>>>()
    };
    let single = |index: usize| vec![clients[index]];
    assert_eq!(groups().await, [single(4), single(3), single(2), vec![clients[1], clients[0]]]);
    let (value, own) = signed_in(&rig).await;
    let action = OwnerAction::WithdrawApplication(clients[0]);
    assert_eq!(own.owner, owner);
    click(&rig, &session_cookie(&value), action, own.csrf()).await.map(drop).unwrap();
    assert_eq!(groups().await, [single(4), single(3), single(2)]);
    let page_name = |client: &Client| client.name.as_ref().map(|name| format!("\u{3164}\u{1d173}{name}"));
    rig.clients.change(&clients[4], |client| Client { redirect_uris: Vec::new(), ..client.clone() });
    rig.clients.change(&clients[3], |client| Client {
        name: page_name(client),
        redirect_uris: Vec::new(),
        ..client.clone()
    });
    assert_eq!(groups().await, [vec![clients[4], clients[3]], single(2)], "a page shows the same name");
    rig.clients.change(&clients[4], |client| Client { name: None, ..client.clone() });
    rig.clients.change(&clients[3], |client| Client { name: None, ..client.clone() });
    assert_eq!(groups().await.len(), 3, "clients without a name are not alike");
}

#[tokio::test]
async fn an_application_is_withdrawn_in_one_write_and_one_list_however_often_it_registered() {
    for registrations in [1, 20] {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        for _ in 0..registrations {
            let client = rig.register().await.unwrap();
            browser.code(&rig, &client).await.unwrap();
        }
        let (value, own) = signed_in(&rig).await;
        let action = OwnerAction::WithdrawApplication(rig.clients.all()[0].id);
        let (operations, writes) = (rig.store.operations(), rig.store.writes());
        click(&rig, &session_cookie(&value), action, own.csrf()).await.map(drop).unwrap();
        assert_eq!(rig.store.writes() - writes, 1, "the owner's document");
        // To see which registrations are meant: the document, the list of grants, and each client. Then the document is
        // read and written, and the grants are listed.
        assert_eq!(rig.store.operations() - operations, 2 + registrations + 3);
        assert!(connections(&rig, own.owner).await.is_empty());
    }
}

#[tokio::test]
async fn a_click_on_a_client_that_is_not_listed_reads_no_client_and_changes_nothing() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    for _ in 0..20 {
        let client = rig.register().await.unwrap();
        browser.code(&rig, &client).await.unwrap();
    }
    let (value, own) = signed_in(&rig).await;
    let (operations, writes) = (rig.store.operations(), rig.store.writes());
    for _ in 0..3 {
        let action = OwnerAction::WithdrawApplication(Id::from_bytes([9; 16]));
        click(&rig, &session_cookie(&value), action, own.csrf()).await.map(drop).unwrap();
    }
    assert_eq!(rig.store.operations() - operations, 3 * 2, "the owner's document and the list of grants");
    assert_eq!((rig.store.writes() - writes, connections(&rig, own.owner).await.len()), (0, 20));
}

#[tokio::test]
async fn the_owner_sees_which_of_our_addresses_a_client_named() {
    for (resource, address) in [
        (Some("https://mcp.example.com/mcp"), Some(ResourceAddress::Mcp)),
        (Some("https://mcp.example.com/mcp/sse"), Some(ResourceAddress::McpSse)),
        (Some("https://mcp.example.com"), None),
        (None, None),
    ] {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        let query = request(&rig.register().await.unwrap(), &[("resource", resource)]);
        let page = asked(browser.visit(&rig, &query).await.unwrap()).unwrap();
        let allowed = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
        browser.come_back(&rig, &allowed).await.map(drop).unwrap();
        assert_eq!(only_connection(&rig).await.addresses, Vec::from_iter(address), "{resource:?}");
    }
}

#[tokio::test]
async fn the_addresses_are_those_of_the_grants_also_once_the_approvals_are_forgotten() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    for path in ["/mcp", "/mcp/sse"] {
        let resource = format!("https://mcp.example.com{path}");
        let query = request(&client_id, &[("resource", Some(&resource))]);
        let page = asked(browser.follow(&rig, &query, false).await.unwrap()).unwrap();
        let allowed = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
        let answer = answered(browser.come_back(&rig, &allowed).await.unwrap()).unwrap();
        let code = parameter(&answer.location, "code").unwrap().into();
        rig.redeem(&client_id, &code).await.unwrap();
    }
    let owner = rig.owners.all()[0].key;
    rig.owners.change(&owner, |owner| Owner { approvals: Vec::new(), ..owner.clone() });
    let mut addresses = only_connection(&rig).await.addresses;
    addresses.sort_by_key(|address| address.path());
    assert_eq!(addresses, [ResourceAddress::Mcp, ResourceAddress::McpSse]);
}

#[tokio::test]
async fn the_latest_client_is_first() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.insert(0, rig.register().await.unwrap());
        connected(&rig, &mut browser, &clients[0]).await;
        rig.clock.advance(Duration::HOUR);
    }
    let connections = connections(&rig, rig.owners.all()[0].key).await;
    let listed: Vec<_> = connections.iter().map(|connection| connection.client.to_string()).collect();
    assert_eq!(listed, clients);
}

#[tokio::test]
async fn an_owner_sees_nothing_of_another() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    for (oid, clients) in [("first", 1), ("second", 2)] {
        rig.upstream.set_subject(subject(oid));
        for _ in 0..clients {
            let client_id = rig.register().await.unwrap();
            let code = browser.code(&rig, &client_id).await.unwrap();
            rig.redeem(&client_id, &code).await.unwrap();
        }
    }
    for (oid, clients) in [("first", 1), ("second", 2), ("third", 0)] {
        assert_eq!(connections(&rig, subject(oid).owner_key()).await.len(), clients, "{oid}");
    }
}

#[tokio::test]
async fn a_repeated_callback_signs_nobody_in() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    let cookie = Some(allowed.cookie.expose_secret());
    complete(&rig, &allowed, cookie).await.unwrap();
    let again = answer(&rig, &allowed, CODE, cookie).await.unwrap();
    assert!(self::cookie(&again.cookies, CookieName::Owner).is_none(), "the state is spent");
    let reloaded = complete(&rig, &allowed, None).await;
    assert!(matches!(reloaded, Err(SignInRefusal::UnknownState)), "cookies are not the cause: this server deleted it");
}

#[tokio::test]
async fn after_an_outage_that_spent_the_state_the_same_callback_leads_to_the_page() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    let cookie = Some(allowed.cookie.expose_secret());
    rig.upstream.refuse_redeem(Unavailable::upstream("down").into());
    let refused = answer(&rig, &allowed, CODE, cookie).await.map(drop).unwrap_err();
    let CallbackError::OwnPage(refused) = refused else { panic!("{refused}") };
    assert!(matches!(refused.refusal, SignInRefusal::Unavailable(_)));
    assert_eq!(refused.cookies.iter().count(), 0, "the browser keeps its cookie");
    let again = answer(&rig, &allowed, CODE, cookie).await.unwrap();
    assert!(matches!(&again.next, Next::Redirect(Redirect::Own(url)) if url.ends_with("/connections")));
}

#[tokio::test]
async fn a_sign_in_for_which_entra_cannot_be_asked_goes_on_when_it_can() {
    let rig = Rig::new().unwrap();
    let allowed = begun(&rig).await;
    let cookie = Some(allowed.cookie.expose_secret());
    rig.upstream.set_ready(false);
    let refused = answer(&rig, &allowed, CODE, cookie).await.map(drop).unwrap_err();
    let CallbackError::OwnPage(refused) = refused else { panic!("{refused}") };
    assert!(matches!(refused.refusal, SignInRefusal::Unavailable(_)));
    assert_eq!(refused.cookies.iter().count(), 0, "the browser keeps its cookie");
    rig.upstream.set_ready(true);
    complete(&rig, &allowed, cookie).await.unwrap();
}

#[tokio::test]
async fn an_outage_is_not_shown_as_an_empty_list() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    browser.code(&rig, &rig.register().await.unwrap()).await.unwrap();
    let (value, owner) = signed_in(&rig).await;
    rig.store.set_down(true);
    assert!(rig.server.applications(owner.owner).await.is_err());
    rig.keyring.set_down(true);
    assert!(rig.server.owner_session(&session_cookie(&value)).await.is_err());
    browser.approved = Some(value);
    assert!(browser.memory(&rig).await.is_err());
}
