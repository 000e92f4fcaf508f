//! The decision: once, in the browser that opened the page, and only with that page's secrets.

use authorization_server::{
    endpoints::{
        answer::Answer,
        consent::{ConsentError, ConsentSubmission, Decision},
        pages::ConsentPage,
        visitor::Visitor,
    },
    ground::Network,
    state::{authorization::Stage, cookies::CookieName},
};
use oauth_protocol::{initiator::Initiator, pkce::CodeVerifier};
use secrecy::ExposeSecret;
use testkit::{Browser, Fault, Rig, STATE, VERIFIER, denied, parameter};
use time::Duration;

/// The browser's two cookies and the form's token.
struct Sent<'a> {
    binding: Option<&'a str>,
    csrf_cookie: Option<&'a str>,
    csrf_field: &'a str,
}

async fn send(rig: &Rig, page: &ConsentPage, sent: &Sent<'_>) -> Result<Answer, ConsentError> {
    send_from(rig, page, sent, Initiator::OwnForm).await
}

async fn send_from(
    rig: &Rig,
    page: &ConsentPage,
    sent: &Sent<'_>,
    initiator: Initiator,
) -> Result<Answer, ConsentError> {
    let id = page.form.pending.id;
    let cookies = [(CookieName::ConsentState(id), sent.binding), (CookieName::CsrfToken(id), sent.csrf_cookie)];
    let cookies: Vec<_> = cookies.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let cookies = Browser::default().cookies(&cookies);
    let request = page.form.sealed.as_str();
    let submission = ConsentSubmission { request, decision: Decision::Allow, csrf: sent.csrf_field };
    rig.server.decide(&submission, Visitor { cookies: &cookies, initiator, from: Network::UNKNOWN }.own_form()?).await
}

#[tokio::test]
async fn only_a_form_of_our_own_page_counts() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let (binding, csrf) = (page.form.secrets.binding.encode(), page.form.secrets.csrf.encode());
    let (binding, csrf) = (binding.expose_secret(), csrf.expose_secret());
    let sent = Sent { binding: Some(binding), csrf_cookie: Some(csrf), csrf_field: csrf };
    for initiator in [Initiator::Person, Initiator::OwnLink, Initiator::Unproven] {
        let answer = send_from(&rig, &page, &sent, initiator).await;
        assert!(matches!(answer, Err(ConsentError::ForeignOrigin)), "{initiator:?}");
    }
    assert!(rig.authorizations.all().is_empty());
    assert!(send(&rig, &page, &sent).await.is_ok());
}

#[tokio::test]
async fn allow_leads_to_entra_with_secrets_of_our_own() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let allowed = rig.allow(&page).await.unwrap();
    let sent = |name| parameter(&allowed.sign_in_url, name).unwrap();
    let own_challenge = CodeVerifier::parse(VERIFIER).unwrap().challenge();
    assert!(sent("state").starts_with(&page.form.pending.id.to_string()));
    assert_ne!(sent("code_challenge"), own_challenge.as_str());
    assert_ne!(sent("nonce"), sent("code_challenge"));
    assert_eq!(sent("scope"), "User.Read");
    assert!(!allowed.sign_in_url.contains(allowed.cookie.expose_secret()));
}

#[tokio::test]
async fn allow_stores_the_authorization_under_the_transaction_id_for_fifteen_minutes() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    rig.clock.advance(Duration::minutes(5));
    rig.allow(&page).await.unwrap();
    let stored = rig.authorizations.peek(&page.form.pending.id).unwrap();
    assert!(matches!(stored.stage, Stage::PendingUpstream(_)));
    assert_eq!(stored.expires_at(), page.form.pending.issued_at + Duration::minutes(20));
}

#[tokio::test]
async fn deny_tells_the_client_with_its_state_and_our_issuer() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let denied = denied(rig.decide(&page, Decision::Deny).await.unwrap()).unwrap();
    assert_eq!(parameter(&denied.return_to, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&denied.return_to, "state").as_deref(), Some(STATE));
    assert_eq!(parameter(&denied.return_to, "iss").as_deref(), Some("https://mcp.example.com"));
    assert!(matches!(rig.authorizations.peek(&page.form.pending.id).unwrap().stage, Stage::Denied));
}

#[tokio::test]
async fn a_form_that_was_decided_is_not_decided_otherwise() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let (allow, deny) = (Decision::Allow, Decision::Deny);
    for (first, second) in [(allow, deny), (deny, allow)] {
        let page = rig.open_page(&client_id).await.unwrap();
        rig.decide(&page, first).await.map(drop).unwrap();
        // The last moment at which the form itself is still good.
        rig.clock.advance(Duration::minutes(10) - Duration::SECOND);
        let again = rig.decide(&page, second).await;
        assert!(matches!(again, Err(ConsentError::AlreadyDecided)), "{first:?} then {second:?}");
        let stage = rig.authorizations.peek(&page.form.pending.id).unwrap().stage;
        assert_eq!(matches!(stage, Stage::PendingUpstream(_)), first == allow);
    }
}

#[tokio::test]
async fn of_decisions_at_once_one_counts() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let decide = async |decision| rig.decide(&page, decision).await.is_ok();
    let (allow, deny) = (Decision::Allow, Decision::Deny);
    let (a, b, c, d) = tokio::join!(decide(allow), decide(deny), decide(allow), decide(deny));
    assert!(matches!([a, b, c, d], [true, false, true, false] | [false, true, false, true]));
    assert_eq!(rig.authorizations.all().len(), 1);
}

#[tokio::test]
async fn a_missing_cookie_is_named_and_nothing_is_stored() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let (binding, csrf) = (page.form.secrets.binding.encode(), page.form.secrets.csrf.encode());
    let (binding, csrf) = (binding.expose_secret(), csrf.expose_secret());
    for (binding, csrf_cookie) in [(None, Some(csrf)), (Some(binding), None), (None, None)] {
        let sent = send(&rig, &page, &Sent { binding, csrf_cookie, csrf_field: csrf }).await;
        assert!(matches!(sent, Err(ConsentError::CookieMissing)));
    }
    assert!(rig.authorizations.all().is_empty());
}

#[tokio::test]
async fn secrets_of_another_page_or_in_another_place_are_refused_and_nothing_is_stored() {
    let rig = Rig::new().unwrap();
    let client_id = rig.register().await.unwrap();
    let (page, other) = (rig.open_page(&client_id).await.unwrap(), rig.open_page(&client_id).await.unwrap());
    let secrets =
        [&page.form.secrets.binding, &page.form.secrets.csrf, &other.form.secrets.binding, &other.form.secrets.csrf];
    let texts = secrets.map(oauth_protocol::secret::Secret::encode);
    let [binding, csrf, foreign_binding, foreign_csrf] = texts.each_ref().map(ExposeSecret::expose_secret);
    for (binding, csrf_cookie, csrf_field) in [
        (foreign_binding, csrf, csrf),
        (binding, foreign_csrf, csrf),
        (binding, csrf, foreign_csrf),
        (binding, foreign_csrf, foreign_csrf),
        (csrf, binding, binding),
        (binding, csrf, ""),
        ("", csrf, csrf),
    ] {
        let sent = Sent { binding: Some(binding), csrf_cookie: Some(csrf_cookie), csrf_field };
        assert!(matches!(send(&rig, &page, &sent).await, Err(ConsentError::Forged)));
    }
    assert!(rig.authorizations.all().is_empty());
    assert!(rig.allow(&page).await.is_ok(), "a refused attempt must not use the page up");
}

#[tokio::test]
async fn whatever_was_not_sealed_as_a_form_is_none() {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    for sealed in ["", "sealed-9999", owner.tokens.access_token.expose_secret()] {
        assert!(matches!(rig.server.consent_transaction(sealed).await, Err(ConsentError::Expired)), "{sealed}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_decides_nothing_and_the_page_still_counts_later() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    rig.store.set_down(true);
    for decision in [Decision::Allow, Decision::Deny] {
        assert!(matches!(rig.decide(&page, decision).await, Err(ConsentError::Unavailable(_))));
    }
    rig.store.set_down(false);
    assert!(rig.allow(&page).await.is_ok());
}

#[tokio::test]
async fn a_keyring_that_is_down_is_no_forgery() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    rig.keyring.set_down(true);
    assert!(matches!(rig.decide(&page, Decision::Allow).await, Err(ConsentError::Unavailable(_))));
}

#[tokio::test]
async fn a_decision_whose_answer_was_lost_is_answered_when_it_comes_again() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    rig.store.fail_after(0, Fault::After);
    assert!(matches!(rig.decide(&page, Decision::Allow).await, Err(ConsentError::Unavailable(_))));
    assert!(matches!(rig.decide(&page, Decision::Deny).await, Err(ConsentError::AlreadyDecided)));
    let allowed = rig.allow(&page).await.unwrap();
    assert!(rig.come_back(&allowed).await.is_ok());
}
