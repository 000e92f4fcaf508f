//! Step-up: Entra refuses an exchange and demands claims, and the owner's next sign-in carries them.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{answer::Answer, callback::CallbackError, consent::ConsentError, token_error::TokenError},
    ground::{Clock as _, EventName, Id, Subject, Unavailable},
    resource::{
        authenticate::Principal,
        downstream::{DownstreamError, DownstreamTokens as _},
    },
    state::{
        api::ApiScopes,
        authorization::Stage,
        claims::Claims,
        demand::Demand,
        grant::Status,
        owner::Owner,
        scopes::{MAIL_READ, USER_READ, of_api},
    },
    upstream::{UpstreamBlock, UpstreamRefusal},
};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use testkit::{Allowed, Asked, EventLog, Rig, SignedIn, ToClient, allowed, answered, parameter, request, user_read};
use time::Duration;

pub(crate) fn claims(value: &str) -> Option<Claims> {
    Claims::parse(&format!(r#"{{"access_token":{{"acrs":{{"essential":true,"value":"{value}"}}}}}}"#))
}

pub(crate) fn demanding(claims: Option<Claims>) -> UpstreamRefusal {
    UpstreamRefusal::InteractionRequired { claims, reason: "of the upstream".into() }
}

async fn principal(rig: &Rig, owner: &SignedIn) -> Principal {
    rig.server.authenticate(owner.tokens.access_token.expose_secret()).await.unwrap().unwrap()
}

/// A client whose tool call met a demand for these claims.
pub(crate) async fn refused(claims: Option<Claims>) -> (Rig, SignedIn) {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    refuse(&rig, &owner, claims).await;
    rig.clock.advance(Duration::MINUTE);
    (rig, owner)
}

async fn refuse(rig: &Rig, owner: &SignedIn, claims: Option<Claims>) {
    rig.upstream.refuse_on_behalf_of(demanding(claims));
    let refused = rig.server.token(&principal(rig, owner).await, &user_read(), None).await;
    assert!(matches!(refused, Err(DownstreamError::SignInAgain)));
}

fn owner(rig: &Rig) -> Owner {
    rig.owners.all().remove(0)
}

fn demands(rig: &Rig) -> Vec<Demand> {
    owner(rig).demands
}

/// The browser is at Entra, to sign the owner in to this client again.
async fn to_entra(rig: &Rig, client_id: &str) -> Allowed {
    let page = rig.open_page(client_id).await.unwrap();
    rig.allow(&page).await.unwrap()
}

fn second_leg(answer: Answer) -> Allowed {
    allowed(answer).unwrap()
}

fn with_code(answer: Answer) -> ToClient {
    let answer = answered(answer).unwrap();
    assert!(parameter(&answer.location, "code").is_some(), "{}", answer.location);
    answer
}

fn error(answer: Answer) -> String {
    parameter(&answered(answer).unwrap().location, "error").unwrap()
}

fn sent_claims(leg: &Allowed) -> Value {
    serde_json::from_str(&parameter(&leg.sign_in_url, "claims").unwrap()).unwrap()
}

/// The claims with which Entra was asked for a downstream token, since it was asked so often.
fn exchanges(rig: &Rig, since: usize) -> Vec<Option<Claims>> {
    let exchange = |asked| if let Asked::OnBehalfOf { claims, .. } = asked { Some(claims) } else { None };
    rig.upstream.asked().split_off(since).into_iter().filter_map(exchange).collect()
}

fn status(rig: &Rig, principal: &Principal) -> Status {
    rig.grants.peek(&principal.grant().unwrap()).unwrap().status
}

#[tokio::test]
async fn a_demand_marks_the_grant_that_met_it_and_no_other_of_the_owner() {
    let rig = Rig::new().unwrap();
    let (one, other) = (rig.sign_in().await.unwrap(), rig.sign_in().await.unwrap());
    let (one_is, other_is) = (principal(&rig, &one).await, principal(&rig, &other).await);
    refuse(&rig, &one, claims("c1")).await;
    assert_eq!((status(&rig, &one_is), status(&rig, &other_is)), (Status::Marked, Status::Active));
    assert!(rig.server.token(&other_is, &user_read(), None).await.is_ok(), "the other client goes on");
    let [demand] = &demands(&rig)[..] else { panic!() };
    assert_eq!((demand.claims.clone(), demand.scope.to_string()), (claims("c1"), "user.read".into()));
    assert!(!rig.accepts(&one.tokens.access_token).await.unwrap());
    assert!(rig.refresh(&one.client_id, &one.tokens.refresh_token).await.is_err());
}

#[tokio::test]
async fn the_next_sign_in_has_a_second_leg_with_the_claims_and_then_the_demand_is_cleared() {
    let (rig, owner) = refused(claims("c1")).await;
    let first = to_entra(&rig, &owner.client_id).await;
    assert_eq!(parameter(&first.sign_in_url, "claims").as_deref(), Some(""), "nobody has signed in yet");
    let asked = rig.upstream.asked().len();
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    let second = second_leg(rig.come_back(&first).await.unwrap());
    assert_eq!(sent_claims(&second)["access_token"]["acrs"]["value"], "c1");
    assert_eq!(sent_claims(&second)["access_token"]["xms_cc"]["values"][0], "cp1");
    assert_eq!(parameter(&second.sign_in_url, "login_hint").as_deref(), Some("owner@contoso.example"));
    for secret in ["state", "nonce", "code_challenge"] {
        assert_ne!(parameter(&first.sign_in_url, secret), parameter(&second.sign_in_url, secret), "{secret}");
    }
    assert_eq!(demands(&rig).len(), 1, "not cleared before its exchange has succeeded");
    let code = parameter(&with_code(rig.come_back(&second).await.unwrap()).location, "code").unwrap();
    assert_eq!(exchanges(&rig, asked), [claims("c1"), claims("c1")]);
    assert!(demands(&rig).is_empty());
    let tokens = rig.redeem(&owner.client_id, &code.into()).await.unwrap();
    let again = SignedIn { client_id: owner.client_id, tokens };
    assert!(rig.server.token(&principal(&rig, &again).await, &user_read(), None).await.is_ok());
}

#[tokio::test]
async fn a_first_leg_that_is_enough_is_the_only_one() {
    let (rig, owner) = refused(claims("c1")).await;
    let asked = rig.upstream.asked().len();
    with_code(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
    assert_eq!(exchanges(&rig, asked), [claims("c1")]);
    assert!(demands(&rig).is_empty());
}

#[tokio::test]
async fn without_a_demand_no_exchange_is_tried_at_a_sign_in() {
    let (rig, owner) = refused(None).await;
    let asked = rig.upstream.asked().len();
    with_code(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
    assert_eq!(exchanges(&rig, asked), []);
}

#[tokio::test]
async fn a_demand_of_one_client_serves_another_client_of_the_owner() {
    let (rig, _) = refused(claims("c1")).await;
    let other = rig.register().await.unwrap();
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    let second = second_leg(rig.come_back(&to_entra(&rig, &other).await).await.unwrap());
    with_code(rig.come_back(&second).await.unwrap());
    assert!(demands(&rig).is_empty());
}

#[tokio::test]
async fn a_second_leg_that_is_refused_again_ends_with_a_page_and_no_code() {
    let (rig, owner) = refused(claims("c1")).await;
    for _ in 0..2 {
        rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
        rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
        let second = second_leg(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
        assert!(matches!(rig.come_back(&second).await, Err(CallbackError::StillRefused)));
        let authorization = rig.authorizations.peek(&second.id).unwrap();
        assert!(matches!(authorization.stage, Stage::Failed(_)), "{:?}", authorization.stage);
        assert!(matches!(rig.come_back(&second).await, Err(CallbackError::AlreadyCompleted)));
        assert_eq!(rig.audit.names().last(), Some(&EventName::SignInFailed));
    }
    assert_eq!((demands(&rig).len(), rig.grants.all().len()), (1, 1));
}

/// The owner of a marked grant has signed in again and seen the page. Entra names these claims then.
async fn refused_again(again: Option<Claims>) -> (Rig, SignedIn) {
    let (rig, owner) = refused(claims("c1")).await;
    sign_in_that_is_refused(&rig, &owner.client_id, again).await;
    (rig, owner)
}

async fn sign_in_that_is_refused(rig: &Rig, client_id: &str, again: Option<Claims>) {
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    rig.upstream.refuse_on_behalf_of(demanding(again));
    let second = second_leg(rig.come_back(&to_entra(rig, client_id).await).await.unwrap());
    assert!(matches!(rig.come_back(&second).await, Err(CallbackError::StillRefused)));
}

/// A client that goes on with the tokens that it has: it refreshes, and calls a tool whose exchange Entra refuses again.
async fn refreshed_and_called(rig: &Rig, owner: &mut SignedIn) -> Option<DownstreamError> {
    owner.tokens = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.ok()?;
    let principal = principal(rig, owner).await;
    rig.clock.advance(Duration::MINUTE);
    rig.upstream.refuse_on_behalf_of(demanding(claims("c3")));
    rig.server.token(&principal, &user_read(), None).await.err()
}

#[tokio::test]
async fn after_a_sign_in_that_is_refused_all_the_same_the_tools_of_a_marked_grant_say_so() {
    for again in [claims("c1"), claims("c2"), None] {
        let (rig, mut owner) = refused_again(again).await;
        assert!(!rig.accepts(&owner.tokens.access_token).await.unwrap(), "its client refreshes first");
        for _ in 0..2 {
            let refused = refreshed_and_called(&rig, &mut owner).await;
            assert!(matches!(refused, Some(DownstreamError::Blocked(UpstreamBlock::Repeated))), "{refused:?}");
            assert!(rig.accepts(&owner.tokens.access_token).await.unwrap());
        }
    }
}

/// Its answer was lost. It gets the same successor, so nothing but the mark is to be written.
#[tokio::test]
async fn a_refresh_that_comes_again_takes_the_mark_away_as_well() {
    let rig = Rig::new().unwrap();
    let mut owner = rig.sign_in().await.unwrap();
    let before = owner.tokens.refresh_token.clone();
    owner.tokens = rig.refresh(&owner.client_id, &before).await.unwrap();
    refuse(&rig, &owner, claims("c1")).await;
    sign_in_that_is_refused(&rig, &owner.client_id, claims("c1")).await;
    let again = rig.refresh(&owner.client_id, &before).await.unwrap();
    assert_eq!(again.refresh_token.expose_secret(), owner.tokens.refresh_token.expose_secret());
    assert!(rig.accepts(&again.access_token).await.unwrap());
}

#[tokio::test]
async fn a_refresh_that_entra_refuses_with_the_same_claims_asks_for_no_further_sign_in() {
    let (rig, owner) = refused_again(claims("c1")).await;
    // Entra's tokens live for 75 minutes.
    rig.clock.advance(Duration::HOUR);
    rig.upstream.refuse_refresh(demanding(claims("c1")));
    let refused = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await;
    assert!(matches!(refused, Err(TokenError::Blocked)), "{refused:?}");
}

#[tokio::test]
async fn a_day_after_the_sign_in_that_was_refused_another_one_may_help() {
    let (rig, mut owner) = refused(claims("c1")).await;
    rig.clock.advance(Duration::hours(12));
    sign_in_that_is_refused(&rig, &owner.client_id, claims("c1")).await;
    rig.clock.advance(Duration::days(1) - Duration::minutes(3));
    let refused = refreshed_and_called(&rig, &mut owner).await;
    assert!(matches!(refused, Some(DownstreamError::Blocked(UpstreamBlock::Repeated))), "{refused:?}");
    rig.clock.advance(Duration::minutes(2));
    let refused = refreshed_and_called(&rig, &mut owner).await;
    assert!(matches!(refused, Some(DownstreamError::SignInAgain)), "{refused:?}");
    assert!(rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.is_err(), "it is marked");
}

/// No sign-in to the client gets a code then, whatever else is demanded.
#[tokio::test]
async fn after_such_a_sign_in_no_other_refusal_asks_for_one() {
    for other in [
        UpstreamRefusal::ConsentRequired { reason: "another one".into() },
        UpstreamRefusal::InvalidGrant { reason: "another one".into() },
        UpstreamRefusal::InteractionRequired { claims: claims("c2"), reason: "another one".into() },
    ] {
        let (rig, mut owner) = refused_again(claims("c1")).await;
        owner.tokens = rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
        // After `invalid_grant` it is tried again.
        (0..2).for_each(|_| rig.upstream.refuse_on_behalf_of(other.clone()));
        let called = rig.server.token(&principal(&rig, &owner).await, &user_read(), None).await;
        assert!(matches!(called, Err(DownstreamError::Blocked(UpstreamBlock::Repeated))), "{other}");
        assert!(rig.accepts(&owner.tokens.access_token).await.unwrap(), "{other}");
    }
}

/// Another demand that was noted before stands, and the grant was marked for it.
#[tokio::test]
async fn a_mark_is_taken_away_whatever_else_is_demanded() {
    let (rig, owner) = refused_again(claims("c1")).await;
    for (number, claims) in [(8, None), (9, claims("c2"))] {
        rig.owners.change(&self::owner(&rig).key, |owner| {
            let (id, reason) = (Id::from_bytes([number; 16]), format!("another one, {number}"));
            let other = Demand { id, claims: claims.clone(), reason, is_final: false, ..owner.demands[0].clone() };
            owner.clone().with_demand(other, rig.clock.now())
        });
    }
    assert!(rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.is_ok());
}

/// A client may register anew for each sign-in, and so have another id.
#[tokio::test]
async fn a_sign_in_to_another_registration_is_one_as_well() {
    let (rig, mut owner) = refused(claims("c1")).await;
    sign_in_that_is_refused(&rig, &rig.register().await.unwrap(), claims("c1")).await;
    let refused = refreshed_and_called(&rig, &mut owner).await;
    assert!(matches!(refused, Some(DownstreamError::Blocked(UpstreamBlock::Repeated))), "{refused:?}");
}

#[tokio::test]
async fn claims_that_no_sign_in_has_carried_are_not_final() {
    let (rig, owner) = refused_again(claims("c1")).await;
    assert!(demands(&rig)[0].is_final);
    rig.upstream.refuse_on_behalf_of(demanding(claims("c2")));
    second_leg(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
    let [renewed] = &demands(&rig)[..] else { panic!() };
    assert!(!renewed.is_final);
}

/// Entra demands claims of the tool, and blocks the sign-in that carries them (AADSTS53003 has both forms).
#[tokio::test]
async fn a_demand_that_is_blocked_at_the_sign_in_is_final_though_the_client_gets_a_code() {
    for refusal in [
        UpstreamRefusal::Blocked { reason: "message_only".into() },
        UpstreamRefusal::Refused { reason: "of this server".into() },
    ] {
        let (rig, owner) = refused(claims("c1")).await;
        rig.upstream.refuse_on_behalf_of(refusal);
        let code = parameter(
            &with_code(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap()).location,
            "code",
        );
        let tokens = rig.redeem(&owner.client_id, &code.unwrap().into()).await.unwrap();
        let again = SignedIn { tokens, ..owner };
        rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
        let called = rig.server.token(&principal(&rig, &again).await, &user_read(), None).await;
        assert!(matches!(called, Err(DownstreamError::Blocked(UpstreamBlock::Repeated))));
    }
}

#[tokio::test]
async fn a_second_leg_that_is_refused_without_claims_ends_likewise() {
    let (rig, owner) = refused(claims("c1")).await;
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    rig.upstream.refuse_on_behalf_of(demanding(None));
    let second = second_leg(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
    assert!(matches!(rig.come_back(&second).await, Err(CallbackError::StillRefused)));
}

/// Only other claims than those that are known make another demand.
#[tokio::test]
async fn the_second_leg_has_the_newest_claims_that_entra_named() {
    for (named, sent, is_renewed) in [(claims("c1"), "c1", false), (None, "c1", false), (claims("c2"), "c2", true)] {
        let (rig, owner) = refused(claims("c1")).await;
        let known = demands(&rig)[0].id;
        rig.clock.advance(Duration::HOUR);
        rig.upstream.refuse_on_behalf_of(demanding(named));
        let second = second_leg(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
        assert_eq!(sent_claims(&second)["access_token"]["acrs"]["value"], sent);
        let [demand] = &demands(&rig)[..] else { panic!() };
        assert_eq!((demand.id != known, &demand.claims), (is_renewed, &claims(sent)));
        assert_eq!(demand.at == rig.clock.now(), is_renewed, "the day of a renewed demand begins anew");
    }
}

#[tokio::test]
async fn the_same_demand_that_another_client_meets_is_one_demand() {
    let rig = Rig::new().unwrap();
    let (one, other) = (rig.sign_in().await.unwrap(), rig.sign_in().await.unwrap());
    refuse(&rig, &one, claims("c1")).await;
    let known = demands(&rig)[0].id;
    rig.clock.advance(Duration::MINUTE);
    refuse(&rig, &other, claims("c1")).await;
    assert_eq!(demands(&rig).iter().map(|demand| demand.id).collect::<Vec<_>>(), [known]);
}

#[tokio::test]
async fn the_log_says_when_only_an_administrator_can_act() {
    let rig = Rig::new().unwrap();
    let (first, (log, _guard)) = (rig.sign_in().await.unwrap(), EventLog::start());
    let says = || log.events().iter().any(|event| event.contains("an administrator must act"));
    refuse(&rig, &first, None).await;
    assert!(!says(), "a sign-in may help");
    rig.clock.advance(Duration::MINUTE);
    let again = rig.sign_in().await.unwrap();
    rig.upstream.refuse_on_behalf_of(demanding(None));
    assert!(rig.server.token(&principal(&rig, &again).await, &user_read(), None).await.is_err());
    assert!(says());
}

#[tokio::test]
async fn nobody_but_the_owner_of_the_first_leg_completes_the_second() {
    let (rig, owner) = refused(claims("c1")).await;
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    let second = second_leg(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
    let asked = rig.upstream.asked().len();
    rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: "another".into() });
    assert_eq!(error(rig.come_back(&second).await.unwrap()), "access_denied");
    assert_eq!((exchanges(&rig, asked).len(), demands(&rig).len()), (0, 1));
}

#[tokio::test]
async fn a_demand_is_of_its_owner_and_of_its_scopes() {
    let (rig, owner) = refused(claims("c1")).await;
    let asked = rig.upstream.asked().len();
    let browser = testkit::Browser::default();
    let query = request(&owner.client_id, &[("scope", Some("mail.read"))]);
    let page = testkit::asked(browser.visit(&rig, &query).await.unwrap()).unwrap();
    with_code(rig.come_back(&rig.allow(&page).await.unwrap()).await.unwrap());
    rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: "another".into() });
    with_code(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
    let demands: usize = rig.owners.all().iter().map(|owner| owner.demands.len()).sum();
    assert_eq!((exchanges(&rig, asked).len(), demands), (0, 1));
}

#[tokio::test]
async fn a_demand_lives_for_a_day() {
    for (lived, exchanged) in [(Duration::days(1) - Duration::minutes(2), 1), (Duration::days(1), 0)] {
        let (rig, owner) = refused(claims("c1")).await;
        rig.clock.advance(lived);
        let asked = rig.upstream.asked().len();
        with_code(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
        assert_eq!(exchanges(&rig, asked).len(), exchanged, "{lived}");
    }
}

#[tokio::test]
async fn newer_claims_take_the_place_of_older_ones() {
    let (rig, owner) = refused(claims("c1")).await;
    let old = demands(&rig)[0].id;
    rig.upstream.refuse_on_behalf_of(demanding(claims("c2")));
    let second = second_leg(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
    assert_eq!(sent_claims(&second)["access_token"]["acrs"]["value"], "c2");
    let [renewed] = &demands(&rig)[..] else { panic!() };
    assert!(renewed.id != old && renewed.claims == claims("c2"));
}

/// The client would otherwise come back without the claims of the API, and be refused again, at each sign-in.
#[tokio::test]
async fn the_second_leg_has_the_claims_of_the_api_beside_those_that_entra_names() {
    let (rig, owner) = refused(claims("c1")).await;
    let policy = Claims::parse(r#"{"access_token":{"capolids":{"essential":true,"values":["p"]}}}"#);
    rig.upstream.refuse_on_behalf_of(demanding(policy.clone()));
    second_leg(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
    let demanded = demands(&rig)[0].id;
    rig.clock.advance(Duration::HOUR);
    rig.upstream.refuse_on_behalf_of(demanding(policy));
    let asked = rig.upstream.asked().len();
    let second = second_leg(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
    assert_eq!(
        demands(&rig)[0].id,
        demanded,
        "a sign-in in another browser renews nothing, so that it ends after a day"
    );
    let sent = &sent_claims(&second)["access_token"];
    assert_eq!((&sent["acrs"]["value"], &sent["capolids"]["values"][0]), (&"c1".into(), &"p".into()), "{sent}");
    with_code(rig.come_back(&second).await.unwrap());
    let exchanged = exchanges(&rig, asked).pop().flatten().unwrap().challenge();
    assert!(exchanged.contains("acrs") && exchanged.contains("capolids"), "{exchanged}");
    assert!(demands(&rig).is_empty());
}

#[tokio::test]
async fn a_demand_that_came_during_the_second_leg_has_a_leg_of_its_own() {
    let (rig, one) = refused(claims("c1")).await;
    let other = rig.register().await.unwrap();
    let code = rig.code(&other).await.unwrap();
    let other = SignedIn { tokens: rig.redeem(&other, &code).await.unwrap(), client_id: other };
    refuse(&rig, &other, claims("c1")).await;
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    let second = second_leg(rig.come_back(&to_entra(&rig, &one.client_id).await).await.unwrap());
    let met = demands(&rig)[0].id;
    // Another client meets other claims before the owner is back.
    rig.owners.change(&owner(&rig).key, |owner| {
        let newer = Demand { id: Id::from_bytes([9; 16]), claims: claims("c2"), ..owner.demands[0].clone() };
        owner.clone().with_demand(newer, rig.clock.now())
    });
    rig.upstream.refuse_on_behalf_of(demanding(claims("c2")));
    let third = second_leg(rig.come_back(&second).await.unwrap());
    assert_eq!(sent_claims(&third)["access_token"]["acrs"]["value"], "c2");
    assert_ne!(demands(&rig)[0].id, met);
    with_code(rig.come_back(&third).await.unwrap());
    assert!(demands(&rig).is_empty());
}

#[tokio::test]
async fn the_claims_of_an_api_are_sent_if_entra_names_none() {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    rig.upstream.refuse_on_behalf_of(demanding(None));
    let challenge = claims("of the API").unwrap();
    let refused = rig.server.token(&principal(&rig, &owner).await, &user_read(), Some(&challenge)).await;
    assert!(matches!(refused, Err(DownstreamError::SignInAgain)));
    assert_eq!(demands(&rig)[0].claims, Some(challenge));
}

#[tokio::test]
async fn an_exchange_that_cannot_be_tried_is_no_reason_for_a_code() {
    let (rig, owner) = refused(claims("c1")).await;
    let down = || Unavailable::upstream("down").into();
    rig.upstream.refuse_on_behalf_of(down());
    let second = second_leg(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
    rig.upstream.refuse_on_behalf_of(down());
    assert_eq!(error(rig.come_back(&second).await.unwrap()), "temporarily_unavailable");
    assert_eq!(demands(&rig).len(), 1);
}

#[tokio::test]
async fn a_refusal_that_a_tool_tells_better_ends_no_sign_in() {
    let reason = || "of the upstream".to_owned();
    for refusal in [UpstreamRefusal::Blocked { reason: reason() }, UpstreamRefusal::Refused { reason: reason() }] {
        let (rig, owner) = refused(claims("c1")).await;
        rig.upstream.refuse_on_behalf_of(refusal);
        with_code(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
        assert_eq!(demands(&rig).len(), 1);
    }
}

#[tokio::test]
async fn claims_that_entra_never_takes_end_the_second_sign_in() {
    let reason = || "of the upstream".to_owned();
    for refusal in
        [UpstreamRefusal::InvalidGrant { reason: reason() }, UpstreamRefusal::ConsentRequired { reason: reason() }]
    {
        let (rig, owner) = refused(claims("c1")).await;
        for _ in 0..2 {
            rig.upstream.refuse_on_behalf_of(refusal.clone());
        }
        let second = second_leg(rig.come_back(&to_entra(&rig, &owner.client_id).await).await.unwrap());
        assert!(matches!(rig.come_back(&second).await, Err(CallbackError::StillRefused)), "{refusal}");
        assert_eq!(demands(&rig).len(), 1, "{refusal}");
    }
}

#[tokio::test]
async fn the_first_leg_is_spent_and_its_form_leads_nowhere() {
    let (rig, owner) = refused(claims("c1")).await;
    let page = rig.open_page(&owner.client_id).await.unwrap();
    let first = rig.allow(&page).await.unwrap();
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    let second = second_leg(rig.come_back(&first).await.unwrap());
    let asked = rig.upstream.asked().len();
    assert!(matches!(rig.come_back(&first).await, Err(CallbackError::AlreadyCompleted)));
    assert!(matches!(
        rig.decide(&page, authorization_server::state::decision::Decision::Allow).await,
        Err(ConsentError::AlreadyCompleted)
    ));
    assert_eq!(rig.upstream.asked().len(), asked);
    with_code(rig.come_back(&second).await.unwrap());
}

/// A client with these scopes.
async fn granted(rig: &Rig, scope: &str) -> SignedIn {
    let client_id = rig.register().await.unwrap();
    again(rig, &client_id, scope).await
}

/// The owner signs in to this client once more.
async fn again(rig: &Rig, client_id: &str, scope: &str) -> SignedIn {
    let query = request(client_id, &[("scope", Some(scope))]);
    let page = testkit::asked(testkit::Browser::default().visit(rig, &query).await.unwrap()).unwrap();
    let answer = with_code(rig.come_back(&rig.allow(&page).await.unwrap()).await.unwrap());
    let code = parameter(&answer.location, "code").unwrap().into();
    SignedIn { client_id: client_id.to_owned(), tokens: rig.redeem(client_id, &code).await.unwrap() }
}

const MAIL: &str = "user.read mail.read";

fn of_mail() -> ApiScopes {
    of_api(MAIL_READ.api, &[&USER_READ, &MAIL_READ])
}

/// A tool may need several permissions.
#[tokio::test]
async fn an_exchange_for_some_scopes_meets_no_demand_for_more() {
    let rig = Rig::new().unwrap();
    let owner = granted(&rig, MAIL).await;
    rig.upstream.refuse_on_behalf_of(demanding(None));
    let refused = rig.server.token(&principal(&rig, &owner).await, &of_mail(), None).await;
    assert!(matches!(refused, Err(DownstreamError::SignInAgain)));
    rig.clock.advance(Duration::MINUTE);
    let owner = again(&rig, &owner.client_id, MAIL).await;
    let owner = principal(&rig, &owner).await;
    assert!(rig.server.token(&owner, &user_read(), None).await.is_ok());
    let [left] = &demands(&rig)[..] else { panic!("cleared by an exchange that did not cover it") };
    assert_eq!(left.scope.to_string(), "mail.read");
    rig.upstream.refuse_on_behalf_of(demanding(None));
    let refused = rig.server.token(&owner, &of_mail(), None).await;
    assert!(
        matches!(refused, Err(DownstreamError::Blocked(UpstreamBlock::Repeated))),
        "the same refusal after a sign-in"
    );
    assert!(rig.server.token(&owner, &of_mail(), None).await.is_ok());
    assert!(demands(&rig).is_empty());
}

#[tokio::test]
async fn a_sign_in_for_some_scopes_leaves_the_demand_for_the_others() {
    let rig = Rig::new().unwrap();
    let owner = granted(&rig, MAIL).await;
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    let refused = rig.server.token(&principal(&rig, &owner).await, &of_mail(), None).await;
    assert!(matches!(refused, Err(DownstreamError::SignInAgain)));
    rig.clock.advance(Duration::MINUTE);
    again(&rig, &owner.client_id, "user.read").await;
    let [left] = &demands(&rig)[..] else { panic!() };
    assert_eq!((left.scope.to_string(), left.claims.clone()), ("mail.read".into(), claims("c1")));
    let asked = rig.upstream.asked().len();
    again(&rig, &owner.client_id, MAIL).await;
    assert_eq!(exchanges(&rig, asked), [claims("c1")]);
    assert!(demands(&rig).is_empty());
}

/// Entra's tokens end within the hour of an access token, so each refresh renews them.
#[tokio::test]
async fn a_refresh_that_succeeds_after_a_sign_in_meets_what_a_refused_one_left() {
    let rig = Rig::new().unwrap();
    let owner = granted(&rig, MAIL).await;
    let refresh = async |owner: &SignedIn| {
        rig.clock.advance(Duration::minutes(70));
        rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await
    };
    rig.upstream.refuse_refresh(demanding(None));
    assert!(refresh(&owner).await.is_err());
    assert_eq!(demands(&rig)[0].scope.to_string(), MAIL);
    rig.clock.advance(Duration::MINUTE);
    let mut owner = again(&rig, &owner.client_id, MAIL).await;
    owner.tokens = refresh(&owner).await.unwrap();
    assert!(demands(&rig).is_empty());
    rig.upstream.refuse_refresh(demanding(None));
    let refused = refresh(&owner).await;
    assert!(matches!(refused, Err(TokenError::InvalidGrant(_))), "a sign-in may help again");
    assert_eq!(demands(&rig).len(), 1);
}

/// The sign-in has helped, also for the scopes that no tool has used since.
#[tokio::test]
async fn an_exchange_after_a_sign_in_meets_the_refused_refresh_as_a_whole() {
    let rig = Rig::new().unwrap();
    let owner = granted(&rig, MAIL).await;
    let refused = async |owner: &SignedIn| {
        rig.clock.advance(Duration::minutes(70));
        rig.upstream.refuse_refresh(demanding(None));
        rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await
    };
    assert!(refused(&owner).await.is_err());
    rig.clock.advance(Duration::MINUTE);
    let owner = again(&rig, &owner.client_id, MAIL).await;
    assert!(rig.server.token(&principal(&rig, &owner).await, &user_read(), None).await.is_ok());
    assert!(demands(&rig).is_empty());
    assert!(matches!(refused(&owner).await, Err(TokenError::InvalidGrant(_))), "a sign-in may help again");
}

#[tokio::test]
async fn a_refresh_that_succeeds_meets_no_refused_exchange() {
    let rig = Rig::new().unwrap();
    let owner = rig.sign_in().await.unwrap();
    refuse(&rig, &owner, None).await;
    rig.clock.advance(Duration::MINUTE);
    let owner = again(&rig, &owner.client_id, "user.read").await;
    rig.clock.advance(Duration::minutes(70));
    rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await.unwrap();
    assert_eq!(demands(&rig).len(), 1);
}

#[tokio::test]
async fn every_leg_that_is_repeated_later_is_already_completed() {
    let (rig, owner) = refused(claims("c1")).await;
    let first = to_entra(&rig, &owner.client_id).await;
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    let second = second_leg(rig.come_back(&first).await.unwrap());
    rig.owners.change(&self::owner(&rig).key, |owner| {
        let newer = Demand { id: Id::from_bytes([9; 16]), claims: claims("c2"), ..owner.demands[0].clone() };
        owner.clone().with_demand(newer, rig.clock.now())
    });
    rig.upstream.refuse_on_behalf_of(demanding(claims("c2")));
    let third = second_leg(rig.come_back(&second).await.unwrap());
    let repeated = async || {
        for leg in [&first, &second] {
            assert!(matches!(rig.come_back(leg).await, Err(CallbackError::AlreadyCompleted)));
        }
    };
    repeated().await;
    with_code(rig.come_back(&third).await.unwrap());
    repeated().await;
}

#[tokio::test]
async fn a_leg_of_a_sign_in_that_failed_is_already_completed() {
    let (rig, owner) = refused(claims("c1")).await;
    let first = to_entra(&rig, &owner.client_id).await;
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
    let second = second_leg(rig.come_back(&first).await.unwrap());
    assert!(matches!(rig.come_back(&second).await, Err(CallbackError::StillRefused)));
    for leg in [&first, &second] {
        assert!(matches!(rig.come_back(leg).await, Err(CallbackError::AlreadyCompleted)));
    }
}

#[tokio::test]
async fn an_older_grant_that_goes_on_clears_no_demand_of_another() {
    let rig = Rig::new().unwrap();
    let (one, other) = (rig.sign_in().await.unwrap(), rig.sign_in().await.unwrap());
    let other = principal(&rig, &other).await;
    rig.clock.advance(Duration::MINUTE);
    for claims in [claims("c1"), None] {
        refuse_by(&rig, &one, claims).await;
    }
    assert!(rig.server.token(&other, &user_read(), None).await.is_ok());
    assert_eq!(demands(&rig).len(), 2);
}

/// The grant is marked once; a caller that was authenticated before goes on to be refused.
async fn refuse_by(rig: &Rig, owner: &SignedIn, claims: Option<Claims>) {
    let key = rig.server.open_access_token(owner.tokens.access_token.expose_secret()).await.unwrap().unwrap().grant;
    rig.grants.change(&key, |grant| grant.with_status(Status::Active));
    refuse(rig, owner, claims).await;
}
