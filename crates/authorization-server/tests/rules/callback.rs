//! Entra's answer: accepted once, and only in the browser that consented.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{
        answer::{Answer, Next},
        blocked_sign_in::SignInBlock,
        callback::CallbackError,
        consent::Decision,
        own_page_sign_in::SignInRefusal,
        pages::Page,
    },
    ground::Unavailable,
    state::{
        authorization::Stage,
        cookies::{CookieChange, CookieName},
    },
    upstream::UpstreamRefusal,
};
use oauth_protocol::{callback_response::CallbackResponse, pkce::CodeVerifier, secret::Secret};
use secrecy::ExposeSecret as _;
use testkit::{Allowed, Asked, Browser, Fault, REDIRECT_URI, Rig, STATE, ToClient, answered, parameter, query};
use time::Duration;

const CODE: &[(&str, &str)] = &[("code", "upstream-code")];

fn to_client(completed: Answer) -> ToClient {
    answered(completed).unwrap()
}

/// A rig and a sign-in that is under way.
async fn under_way() -> (Rig, Allowed) {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let allowed = rig.allow(&page).await.unwrap();
    (rig, allowed)
}

/// A callback with this query, in the browser of this sign-in.
async fn send(rig: &Rig, text: &str, allowed: &Allowed) -> Result<Answer, CallbackError> {
    let response = CallbackResponse::parse(&query(text).unwrap()).unwrap();
    let cookie = (CookieName::EntraState(allowed.id), allowed.cookie.expose_secret());
    rig.callback(&response, &Browser::default().cookies(&[cookie])).await
}

/// A state that is not that of an authorization is tried as one of `/connections`, which does not know it either.
fn is_unknown(completed: &Result<Answer, CallbackError>) -> bool {
    match completed {
        Err(CallbackError::OwnPage(error)) => matches!(error.refusal, SignInRefusal::UnknownState),
        Err(CallbackError::UnknownState) => true,
        _ => false,
    }
}

fn stage(rig: &Rig) -> Stage {
    rig.authorizations.all().pop().unwrap().stage
}

#[tokio::test]
async fn the_client_gets_a_code_with_its_state_and_our_issuer() {
    let (rig, allowed) = under_way().await;
    let completed = to_client(rig.come_back(&allowed).await.unwrap());
    assert!(completed.location.starts_with(REDIRECT_URI));
    assert!(parameter(&completed.location, "code").unwrap().starts_with(&allowed.id.to_string()));
    assert_eq!(parameter(&completed.location, "state").as_deref(), Some(STATE));
    assert_eq!(parameter(&completed.location, "iss").as_deref(), Some("https://mcp.example.com"));
}

#[tokio::test]
async fn a_code_alone_grants_nothing() {
    let (rig, allowed) = under_way().await;
    rig.come_back(&allowed).await.unwrap();
    assert!(rig.grants.all().is_empty());
    assert!(rig.upstream_tokens.all().is_empty());
}

#[tokio::test]
async fn the_upstream_is_asked_with_the_verifier_and_nonce_that_the_sign_in_announced() {
    let (rig, allowed) = under_way().await;
    rig.come_back(&allowed).await.unwrap();
    let asked = rig.upstream.asked();
    let [Asked::Redeem { code, verifier, nonce }] = asked.as_slice() else { panic!("{asked:?}") };
    let challenge = CodeVerifier::parse(verifier).unwrap().challenge();
    assert_eq!(code, "upstream-code");
    assert!(!allowed.sign_in_url.contains(verifier.as_str()), "the URL must not tell the verifier");
    assert_eq!(Some(challenge.as_str()), parameter(&allowed.sign_in_url, "code_challenge").as_deref());
    assert_eq!(Some(nonce), parameter(&allowed.sign_in_url, "nonce").as_ref());
}

#[tokio::test]
async fn the_transaction_names_the_cookie_which_is_deleted_with_the_answer() {
    let (rig, allowed) = under_way().await;
    let state = parameter(&allowed.sign_in_url, "state").unwrap();
    assert!(state.starts_with(&allowed.id.to_string()));
    let answer = to_client(rig.come_back(&allowed).await.unwrap());
    let name = CookieName::EntraState(allowed.id).to_string();
    assert!(answer.cookies.iter().any(|change| matches!(change, CookieChange::Delete(deleted) if *deleted == name)));
}

#[tokio::test]
async fn a_callback_in_another_browser_ends_the_authorization_for_every_browser() {
    let (rig, allowed) = under_way().await;
    let foreign = Secret::from_bytes([7; 32]).encode();
    let other = rig.call_back(&allowed, CODE, Some(foreign.expose_secret())).await;
    assert!(matches!(other, Err(CallbackError::OtherBrowser)));
    assert!(matches!(stage(&rig), Stage::Failed(_)));
    assert!(matches!(rig.come_back(&allowed).await, Err(CallbackError::UnknownState)));
    assert!(rig.upstream.asked().is_empty(), "a foreign code must not be redeemed");
}

#[tokio::test]
async fn no_cookie_or_a_broken_one_is_another_browser() {
    for cookie in [None, Some(""), Some("short"), Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] {
        let (rig, allowed) = under_way().await;
        let other = rig.call_back(&allowed, CODE, cookie).await;
        assert!(matches!(other, Err(CallbackError::OtherBrowser)), "{cookie:?}");
        assert!(matches!(stage(&rig), Stage::Failed(_)));
    }
}

#[tokio::test]
async fn the_cookie_of_another_transaction_ends_this_authorization_only() {
    let (rig, allowed) = under_way().await;
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    let second = rig.allow(&page).await.unwrap();
    let other = rig.call_back(&allowed, CODE, Some(second.cookie.expose_secret())).await;
    assert!(matches!(other, Err(CallbackError::OtherBrowser)));
    assert!(rig.come_back(&second).await.is_ok());
}

#[tokio::test]
async fn an_end_that_cannot_be_written_is_an_outage() {
    let (rig, allowed) = under_way().await;
    rig.store.fail_after(1, Fault::Before);
    assert!(matches!(rig.call_back(&allowed, CODE, None).await, Err(CallbackError::Unavailable(_))));
}

#[tokio::test]
async fn an_unknown_state_ends_no_authorization() {
    let (rig, allowed) = under_way().await;
    let state = parameter(&allowed.sign_in_url, "state").unwrap();
    let (id, _) = state.split_once('.').unwrap();
    let guess = "A".repeat(43);
    let other_id = "A".repeat(22);
    for query in [
        "state=nonsense".into(),
        format!("state={id}"),
        format!("state={id}.{guess}"),
        format!("state={other_id}.{guess}"),
    ] {
        let completed = send(&rig, &format!("{query}&code=x"), &allowed).await;
        assert!(is_unknown(&completed), "{query:?}");
    }
    assert!(rig.come_back(&allowed).await.is_ok());
    let afterwards = send(&rig, &format!("state={id}.{guess}&code=x"), &allowed).await;
    assert!(is_unknown(&afterwards), "only who knows the state learns that the sign-in is completed");
}

#[tokio::test]
async fn a_denied_authorization_has_no_callback() {
    let rig = Rig::new().unwrap();
    let page = rig.open_page(&rig.register().await.unwrap()).await.unwrap();
    rig.decide(&page, Decision::Deny).await.map(drop).unwrap();
    let (id, cookie) = (page.form.pending.id, "A".repeat(43).into());
    let sign_in = Allowed { id, sign_in_url: String::new(), cookie };
    assert!(is_unknown(&send(&rig, &format!("code=x&state={id}.{}", "A".repeat(43)), &sign_in).await));
}

#[tokio::test]
async fn a_callback_after_fifteen_minutes_is_too_late() {
    let (rig, allowed) = under_way().await;
    rig.clock.advance(Duration::minutes(15));
    assert!(matches!(rig.come_back(&allowed).await, Err(CallbackError::UnknownState)));
    assert!(rig.upstream.asked().is_empty());
}

#[tokio::test]
async fn a_repeated_callback_is_already_completed_and_harms_nothing() {
    let (rig, allowed) = under_way().await;
    rig.come_back(&allowed).await.unwrap();
    assert!(matches!(rig.come_back(&allowed).await, Err(CallbackError::AlreadyCompleted)));
    assert_eq!(rig.upstream.asked().len(), 1);
    assert!(matches!(stage(&rig), Stage::CodeIssued(_)));
}

#[tokio::test]
async fn a_repeated_callback_after_a_refusal_of_entra_is_already_completed() {
    let (rig, allowed) = under_way().await;
    let cookie = Some(allowed.cookie.expose_secret());
    rig.call_back(&allowed, &[("error", "access_denied")], cookie).await.map(drop).unwrap();
    let again = rig.call_back(&allowed, &[("error", "access_denied")], cookie).await;
    assert!(matches!(again, Err(CallbackError::AlreadyCompleted)));
}

#[tokio::test]
async fn of_callbacks_at_once_one_gets_the_code() {
    let (rig, allowed) = under_way().await;
    let come_back = async || rig.come_back(&allowed).await;
    let answers: [_; 4] = tokio::join!(come_back(), come_back(), come_back(), come_back()).into();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let rest = answers.iter().filter(|answer| matches!(answer, Err(CallbackError::AlreadyCompleted)));
    assert_eq!(rest.count(), 3);
    assert_eq!(rig.upstream.asked().len(), 1);
}

#[tokio::test]
async fn an_error_of_entra_reaches_the_client_in_our_words() {
    for (upstream, ours) in [
        ("access_denied", "access_denied"),
        ("consent_required", "access_denied"),
        ("interaction_required", "access_denied"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("server_error", "server_error"),
        ("invalid_client", "server_error"),
    ] {
        let (rig, allowed) = under_way().await;
        let answer = [("error", upstream), ("error_description", "AADSTS-detail"), ("code", "ignored")];
        let completed = rig.call_back(&allowed, &answer, Some(allowed.cookie.expose_secret())).await;
        let completed = to_client(completed.unwrap());
        assert_eq!(parameter(&completed.location, "error").as_deref(), Some(ours), "{upstream}");
        assert_eq!(parameter(&completed.location, "state").as_deref(), Some(STATE));
        assert!(!completed.location.contains("AADSTS"));
        assert!(rig.upstream.asked().is_empty());
    }
}

#[tokio::test]
async fn a_callback_with_neither_code_nor_error_is_a_server_error() {
    let (rig, allowed) = under_way().await;
    let completed = to_client(rig.call_back(&allowed, &[], Some(allowed.cookie.expose_secret())).await.unwrap());
    assert_eq!(parameter(&completed.location, "error").as_deref(), Some("server_error"));
}

#[tokio::test]
async fn a_sign_in_that_the_organisation_blocks_ends_at_a_page_whose_link_tells_the_client() {
    let by_number =
        |number| [("error", "access_denied".to_owned()), ("error_description", format!("AADSTS{number}: no"))];
    for (number, block) in [
        (53_003, SignInBlock::Policy),
        (530_032, SignInBlock::Policy),
        (50_105, SignInBlock::Assignment),
        (90_094, SignInBlock::Consent),
    ] {
        let (rig, allowed) = under_way().await;
        let answer = by_number(number);
        let answer = answer.each_ref().map(|(name, value)| (*name, value.as_str()));
        let ended = rig.call_back(&allowed, &answer, Some(allowed.cookie.expose_secret())).await;
        assert_eq!(blocked(ended.unwrap()), Some(block), "{number}");
    }
    let (rig, allowed) = under_way().await;
    rig.upstream.refuse_redeem(UpstreamRefusal::Blocked { reason: "message_only".into() });
    assert_eq!(blocked(rig.come_back(&allowed).await.unwrap()), Some(SignInBlock::Policy));
    assert!(rig.come_back(&allowed).await.is_err());
}

/// Why the page says that the sign-in is blocked. Its link carries `access_denied`.
fn blocked(answer: Answer) -> Option<SignInBlock> {
    let Next::Page(Page::Blocked(page)) = answer.next else { return None };
    assert_eq!(parameter(&page.return_to, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&page.return_to, "state").as_deref(), Some(STATE));
    assert_eq!(page.host, "client.example");
    Some(page.block)
}

#[tokio::test]
async fn a_code_that_entra_does_not_redeem_is_told_to_the_client() {
    let reason = || "AADSTS-detail".to_owned();
    for (refusal, code) in [
        (UpstreamRefusal::InteractionRequired { claims: None, reason: reason() }, "access_denied"),
        (UpstreamRefusal::ConsentRequired { reason: reason() }, "access_denied"),
        (UpstreamRefusal::InvalidGrant { reason: reason() }, "server_error"),
        (UpstreamRefusal::Refused { reason: reason() }, "server_error"),
        (Unavailable::upstream(reason()).into(), "temporarily_unavailable"),
    ] {
        let (rig, allowed) = under_way().await;
        rig.upstream.refuse_redeem(refusal);
        let completed = to_client(rig.come_back(&allowed).await.unwrap());
        assert_eq!(parameter(&completed.location, "error").as_deref(), Some(code));
        assert!(!completed.location.contains("AADSTS"));
        assert!(rig.come_back(&allowed).await.is_err());
        assert_eq!(rig.upstream.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_sign_in_for_which_entra_cannot_be_asked_goes_on_when_it_can() {
    let (rig, allowed) = under_way().await;
    rig.upstream.set_ready(false);
    let writes = rig.store.writes();
    assert!(matches!(rig.come_back(&allowed).await, Err(CallbackError::Unavailable(_))));
    assert_eq!((rig.store.writes(), rig.upstream.asked().len()), (writes, 0));
    rig.upstream.set_ready(true);
    assert!(parameter(&to_client(rig.come_back(&allowed).await.unwrap()).location, "code").is_some());
}

#[tokio::test]
async fn an_error_of_entras_is_told_to_the_client_although_entra_cannot_be_asked() {
    let (rig, allowed) = under_way().await;
    rig.upstream.set_ready(false);
    let cookie = Some(allowed.cookie.expose_secret());
    let completed = rig.call_back(&allowed, &[("error", "access_denied")], cookie).await.unwrap();
    assert_eq!(parameter(&to_client(completed).location, "error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_claim_that_cannot_be_written_asks_entra_nothing_and_may_be_tried_again() {
    let (rig, allowed) = under_way().await;
    rig.store.fail_after(1, Fault::Before);
    assert!(matches!(rig.come_back(&allowed).await, Err(CallbackError::Unavailable(_))));
    assert!(rig.upstream.asked().is_empty());
    assert!(rig.come_back(&allowed).await.is_ok());
}

#[tokio::test]
async fn no_code_is_sent_before_it_is_stored() {
    let (rig, allowed) = under_way().await;
    // The authorization, the claim, the owner for Entra's demands, and the owner for withdrawals; then the code.
    rig.store.fail_after(4, Fault::Before);
    let answered = to_client(rig.come_back(&allowed).await.unwrap());
    assert_eq!(parameter(&answered.location, "error").as_deref(), Some("temporarily_unavailable"));
    assert!(matches!(stage(&rig), Stage::Failed(_)));
}
