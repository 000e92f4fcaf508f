//! A policy of Entra appears while a client calls tools in several processes and its owner signs in: nobody signs in for ever.

use authorization_server::resource::downstream::{DownstreamError, DownstreamTokens as _};
use secrecy::ExposeSecret as _;
use testkit::{Rig, user_read};

use crate::{
    crowd::{Asked, Crowd},
    explore::at_random,
    model::Plan,
    start::{Start, Tokens},
};

/// A tool call: whether Entra gave a token. `None` if the access token was refused.
pub(super) fn call(tokens: &Tokens) -> impl AsyncFnOnce(&Rig) -> Option<Result<(), DownstreamError>> + 'static {
    let access = tokens.access.clone();
    async move |rig: &Rig| {
        let principal = rig.server.authenticate(access.expose_secret()).await.ok()??;
        Some(rig.server.token(&principal, &user_read(), None).await.map(drop))
    }
}

/// The client calls, and its owner signs in as often as that sends them. Returns how often that was.
pub(super) fn sign_ins_until_the_tool_works(start: &Start, mut tokens: Tokens) -> usize {
    for sign_ins in 0..4 {
        match start.alone(call(&tokens)) {
            Some(Ok(())) => return sign_ins,
            None | Some(Err(DownstreamError::SignInAgain)) => {
                tokens = start.alone(start.sign_in()).expect("a sign-in that brings the claims ends with a code");
            }
            Some(Err(other)) => panic!("a demand that a sign-in meets is told as another: {other}"),
        }
    }
    panic!("the owner signs in again and again")
}

fn calls_and_a_sign_in(plan: &Plan, calls: usize) {
    let (start, tokens) = Start::with_tokens();
    start.world.issued.demand_claims();
    let mut crowd = Crowd::new(&start.world, plan);
    let called: Vec<Asked<_>> = (0..calls).map(|_| crowd.ask(call(&tokens))).collect();
    let signed_in = crowd.ask(start.sign_in());
    crowd.wait();
    for called in called {
        assert!(!matches!(called.answer(), Some(Some(Ok(())))), "a token although a policy demands claims");
    }
    match signed_in.answer() {
        // It may have come before the demand; then the next one brings the claims.
        Some(Ok(anew)) => assert!(sign_ins_until_the_tool_works(&start, anew) <= 1, "more than one further sign-in"),
        None => {}
        Some(Err(error)) => assert!(signed_in.disturbed(), "{error} for no reason"),
    }
    assert!(sign_ins_until_the_tool_works(&start, tokens) <= 2, "more than two sign-ins");
    let owners = start.world.owners.all();
    assert!(owners.iter().all(|owner| owner.demands.is_empty()), "a demand that was met stands");
    start.world.has_a_sound_history();
}

#[test]
fn a_call_and_a_sign_in_end_with_a_tool_that_works() {
    let schedules = at_random("a refused call and a sign-in", 2, |plan| calls_and_a_sign_in(plan, 1));
    assert!(schedules >= 2_000, "{schedules}");
}

#[test]
fn two_calls_and_a_sign_in_end_with_a_tool_that_works() {
    let schedules = at_random("two refused calls and a sign-in", 3, |plan| calls_and_a_sign_in(plan, 2));
    assert!(schedules >= 2_000, "{schedules}");
}
