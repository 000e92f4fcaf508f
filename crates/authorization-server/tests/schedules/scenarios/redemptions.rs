//! One code, redeemed several times at once.

use authorization_server::{endpoints::token_error::TokenError, state::grant::Status};

use crate::{
    crowd::{Asked, Crowd},
    explore::{at_random, every_schedule_and_fault, every_schedule_and_fault_if_long},
    invariants::tokens_given,
    model::Plan,
    start::{Start, Told},
};

fn redemptions(plan: &Plan, count: usize) {
    let start = Start::with_code();
    let mut crowd = Crowd::new(&start.world, plan);
    let asked: Vec<Asked<Told>> = (0..count).map(|_| crowd.ask(start.redeem())).collect();
    crowd.wait();
    let given = tokens_given(&asked);
    assert!(given.len() <= 1, "two callers were given tokens for one code");
    match given.first() {
        Some(tokens) => drop(start.world.goes_on_with(&start, tokens)),
        None => nobody_is_stuck(&start, &asked),
    }
    start.world.has_a_sound_history();
}

/// If nobody received tokens, the caller that created the grant got an error or crashed.
fn nobody_is_stuck(start: &Start, asked: &[Asked<Told>]) {
    let written = start.world.grants.written();
    let unissued = start.world.grants.all().iter().any(|grant| grant.status == Status::Unissued);
    let again = start.alone(start.redeem());
    let Some(grant) = written.iter().find(|written| written.created) else {
        start.world.goes_on_with(start, &again.expect("a code that nobody has redeemed is refused"));
        return;
    };
    assert!(asked[grant.by].disturbed(), "a redemption succeeded and nobody was told");
    if unissued {
        start.world.goes_on_with(start, &again.expect("an unissued grant is lost"));
        return;
    }
    assert!(matches!(again, Err(TokenError::InvalidGrant(_))), "a code is redeemed twice");
    let anew = start.alone(start.sign_in()).expect("a new sign-in fails");
    start.world.goes_on_with(start, &anew);
}

fn redemptions_after_a_failed_one(plan: &Plan) {
    let start = Start::with_unissued_grant();
    let mut crowd = Crowd::new(&start.world, plan);
    let asked: Vec<Asked<Told>> = (0..2).map(|_| crowd.ask(start.redeem())).collect();
    crowd.wait();
    let given = tokens_given(&asked);
    assert!(given.len() <= 1, "two callers were given tokens for one code");
    let disturbed = asked.iter().any(Asked::disturbed);
    let tokens = match (given.first().cloned(), start.alone(start.redeem())) {
        (Some(tokens), Err(TokenError::InvalidGrant(_))) => tokens,
        (None, Ok(tokens)) if disturbed => tokens,
        (None, Err(TokenError::InvalidGrant(_))) if disturbed => {
            start.alone(start.sign_in()).expect("a new sign-in fails")
        }
        (given, again) => panic!("given to one: {}; then: {:?}", given.is_some(), again.map(drop)),
    };
    start.world.goes_on_with(&start, &tokens);
    start.world.has_a_sound_history();
}

#[test]
fn of_two_redemptions_of_one_code_one_succeeds() {
    let schedules = every_schedule_and_fault("two redemptions", |plan| redemptions(plan, 2), 0..1);
    assert!(schedules > 1_000, "{schedules}");
}

#[test]
fn of_three_redemptions_of_one_code_one_succeeds() {
    let schedules = at_random("three redemptions", 3, |plan| redemptions(plan, 3));
    assert!(schedules >= 2_000, "{schedules}");
}

#[test]
fn of_two_redemptions_after_a_failed_one_one_succeeds() {
    let name = "two redemptions after a failed one";
    let schedules = every_schedule_and_fault_if_long(name, redemptions_after_a_failed_one, 0..1);
    assert!(schedules > 1_000, "{schedules}");
}
