//! Entra refuses exchanges without claims, while a client calls tools in several processes and its owner signs in: a sign-in that
//! helps is asked for, and one that does not help is not asked for again and again.

use authorization_server::resource::downstream::DownstreamError;
use time::Duration;

use super::demands::sign_ins_until_the_tool_works;
use crate::{
    crowd::{Asked, Crowd},
    explore::at_random,
    model::Plan,
    start::{Start, Tokens},
};

/// The client calls, and its owner signs in as often as that sends them, until they hear that it is of no use. Returns how often
/// that was.
fn sign_ins_until_it_is_final(start: &Start, mut tokens: Tokens) -> usize {
    for sign_ins in 0..4 {
        match start.alone(start.use_tool(&tokens)) {
            Some(Err(DownstreamError::Blocked(_))) => return sign_ins,
            None | Some(Err(DownstreamError::SignInAgain)) => {
                start.world.clock.advance(Duration::SECOND);
                tokens = start.alone(start.sign_in()).expect("a sign-in without a demand for claims ends with a code");
            }
            Some(Ok(())) => panic!("a token although every exchange is refused"),
            Some(Err(other)) => panic!("a refusal is told as another: {other}"),
        }
    }
    panic!("the owner signs in again and again")
}

/// Calls and a sign-in at once, in a tenant that has begun to refuse. Returns the tokens of that sign-in, if it had an answer.
fn calls_and_a_sign_in(start: &Start, tokens: &Tokens, plan: &Plan, calls: usize) -> Option<Tokens> {
    let mut crowd = Crowd::new(&start.world, plan);
    let called: Vec<Asked<_>> = (0..calls).map(|_| crowd.ask(start.use_tool(tokens))).collect();
    let signed_in = crowd.ask(start.sign_in());
    crowd.wait();
    for called in called {
        assert!(!matches!(called.answer(), Some(Some(Ok(())))), "a token although exchanges of it are refused");
    }
    start.world.has_a_sound_history();
    match signed_in.answer() {
        Some(Ok(anew)) => Some(anew),
        None => None,
        Some(Err(error)) => {
            assert!(signed_in.disturbed(), "{error} for no reason");
            None
        }
    }
}

#[test]
fn a_refusal_that_stays_is_final_after_a_sign_in() {
    let schedules = at_random("refused calls and a sign-in that does not help", 3, |plan| {
        let (start, tokens) = Start::with_tokens();
        start.world.issued.refuse_exchanges();
        let anew = calls_and_a_sign_in(&start, &tokens, plan, 2);
        for tokens in [Some(tokens), anew].into_iter().flatten() {
            assert!(sign_ins_until_it_is_final(&start, tokens) <= 2, "more than two sign-ins");
        }
    });
    assert!(schedules >= 2_000, "{schedules}");
}

#[test]
fn a_refusal_that_a_sign_in_mends_is_mended_by_one() {
    let schedules = at_random("refused calls and a sign-in that helps", 3, |plan| {
        let (start, tokens) = Start::with_tokens();
        start.world.issued.want_consent();
        if let Some(anew) = calls_and_a_sign_in(&start, &tokens, plan, 2) {
            assert_eq!(sign_ins_until_the_tool_works(&start, anew), 0, "its owner has just signed in");
        }
        assert!(sign_ins_until_the_tool_works(&start, tokens) <= 1, "more than one sign-in");
    });
    assert!(schedules >= 2_000, "{schedules}");
}
