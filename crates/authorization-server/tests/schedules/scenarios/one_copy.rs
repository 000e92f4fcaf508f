//! A client that keeps one copy of its tokens: it loses answers, asks again at any distance, and refreshes in parallel.

use std::{cell::RefCell, rc::Rc};

use authorization_server::endpoints::token_error::TokenError;
use shuttle::rand::{Rng as _, thread_rng};
use testkit::Rig;
use time::Duration;

use crate::{
    crowd::{Asked, Crowd},
    explore::{at_random, every_schedule_and_fault_if_long},
    invariants::tokens_given,
    model::Plan,
    start::{Start, Tokens, Told},
};

/// Requests with one refresh token are sent within this time.
const PARALLEL: Duration = Duration::seconds(60);
const ROUNDS: usize = 4;
/// From the last request of a round to the first of the next.
const DISTANCES: [i64; 6] = [0, 1, 59, 60, 61, 3601];

/// The answers that have reached the client.
#[derive(Clone, Default)]
struct Arrived(Rc<RefCell<Vec<Tokens>>>);

/// One refresh. If its answer arrives, the client keeps it and calls with it.
fn refresh(
    start: &Start,
    copy: &Tokens,
    arrived: Option<&Arrived>,
) -> impl AsyncFnOnce(&Rig) -> Result<(), TokenError> + 'static {
    let (refresh, arrived) = (start.refresh(copy), arrived.cloned());
    async move |rig: &Rig| {
        let tokens = refresh(rig).await?;
        if let Some(arrived) = arrived {
            arrived.0.borrow_mut().push(tokens.clone());
            assert!(rig.accepts(&tokens.access).await?, "the new access token is refused");
        }
        Ok(())
    }
}

/// The requests are made in parallel; those answers arrive that may. Returns them.
fn round(start: &Start, plan: &Plan, copy: &Tokens, arrives: &[bool]) -> Vec<Tokens> {
    let arrived = Arrived::default();
    let mut crowd = Crowd::new(&start.world, plan);
    let ask = |arrives: &bool| crowd.ask(refresh(start, copy, arrives.then_some(&arrived)));
    let asked: Vec<Asked<_>> = arrives.iter().map(ask).collect();
    for _ in 0..2 {
        crowd.pass(PARALLEL / 2);
    }
    crowd.wait();
    for asked in asked {
        match asked.answer() {
            Some(Ok(())) | None => {}
            Some(Err(TokenError::Unavailable(reason))) => assert!(asked.disturbed(), "{reason} for no reason"),
            Some(Err(refusal)) => panic!("a client with one copy is logged out: {refusal}"),
        }
    }
    arrived.0.take()
}

fn a_client_with_one_copy(plan: &Plan, requests: usize) {
    let (start, mut copy) = Start::with_tokens();
    for _ in 0..ROUNDS {
        let arrives: Vec<bool> = (0..requests).map(|_| thread_rng().gen_bool(0.3)).collect();
        let mut arrived = round(&start, plan, &copy, &arrives);
        if !arrived.is_empty() {
            copy = arrived.swap_remove(thread_rng().gen_range(0..arrived.len()));
        }
        let distance = DISTANCES[thread_rng().gen_range(0..DISTANCES.len())];
        start.world.clock.advance(Duration::seconds(distance));
    }
    let copy = start.alone(start.refresh(&copy)).expect("a client with one copy is logged out");
    start.world.goes_on_with(&start, &copy);
    start.world.has_a_sound_history();
}

/// Answers are lost, each this long before the next request. Then two requests are made in parallel, and either answer may
/// be the one that the client keeps.
fn lost_answers(plan: &Plan, distances: &[i64]) {
    let (start, copy) = Start::with_tokens();
    for distance in distances {
        start.alone(start.refresh(&copy)).unwrap();
        start.world.clock.advance(Duration::seconds(*distance));
    }
    let mut crowd = Crowd::new(&start.world, plan);
    let asked: Vec<Asked<Told>> = (0..2).map(|_| crowd.ask(start.refresh(&copy))).collect();
    crowd.pass(Duration::SECOND);
    crowd.wait();
    let undisturbed = asked.iter().filter(|asked| !asked.disturbed()).count();
    let given = tokens_given(&asked);
    assert!(given.len() >= undisturbed, "a client with one copy is logged out");
    for tokens in &given {
        assert!(start.alone(tokens.call()).unwrap(), "a client with one copy is logged out");
    }
    let copy = given.last().cloned().unwrap_or_else(|| start.alone(start.refresh(&copy)).unwrap());
    start.world.goes_on_with(&start, &copy);
    start.world.has_a_sound_history();
}

#[test]
fn a_client_that_keeps_one_copy_is_never_logged_out() {
    let name = "a client with one copy";
    let mut schedules = at_random(name, 1, |plan| a_client_with_one_copy(plan, 1));
    schedules += at_random(name, 2, |plan| a_client_with_one_copy(plan, 2));
    schedules += at_random(name, 3, |plan| a_client_with_one_copy(plan, 3));
    assert!(schedules >= 6_000, "{schedules}");
}

#[test]
fn two_parallel_refreshes_after_a_lost_answer_both_succeed() {
    let mut schedules = 0;
    schedules += every_schedule_and_fault_if_long("a lost answer", |plan| lost_answers(plan, &[60]), 0..2);
    schedules += every_schedule_and_fault_if_long("a late retry", |plan| lost_answers(plan, &[61]), 0..2);
    assert!(schedules > 1_000, "{schedules}");
}

#[test]
fn two_parallel_refreshes_after_two_lost_answers_both_succeed() {
    let name = "two lost answers";
    let schedules = every_schedule_and_fault_if_long(name, |plan| lost_answers(plan, &[61, 60]), 0..2);
    assert!(schedules > 500, "{schedules}");
}
