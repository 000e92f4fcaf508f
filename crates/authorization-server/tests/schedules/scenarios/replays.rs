//! A redeemed code that comes again: too late for the client's own duplicate, or while its grant is being revoked.

use authorization_server::endpoints::token_error::TokenError;
use time::Duration;

use crate::{
    crowd::{Asked, Crowd},
    explore::every_schedule_and_fault_if_long,
    invariants::tokens_given,
    model::Plan,
    start::{Start, Told},
};

fn a_replay_and_a_refresh(plan: &Plan) {
    let (start, tokens) = Start::with_tokens();
    start.world.clock.advance(Duration::seconds(21));
    let mut crowd = Crowd::new(&start.world, plan);
    let asked = [crowd.ask(start.redeem()), crowd.ask(start.refresh(&tokens))];
    let processes = crowd.wait();
    nothing_comes_of_a_code(&start, &asked[0]);
    for tokens in tokens_given(&asked).iter().chain([&tokens]) {
        start.world.has_ended(&start, tokens, &processes);
    }
}

fn a_duplicate_and_a_revocation(plan: &Plan) {
    let (start, tokens) = Start::with_tokens();
    let mut crowd = Crowd::new(&start.world, plan);
    let duplicate = [crowd.ask(start.redeem())];
    let revoked = crowd.ask(start.revoke(&tokens));
    let processes = crowd.wait();
    if revoked.disturbed() {
        start.alone(start.revoke(&tokens)).unwrap();
    }
    nothing_comes_of_a_code(&start, &duplicate[0]);
    assert!(tokens_given(&duplicate).is_empty(), "a code is redeemed twice");
    start.world.has_ended(&start, &tokens, &processes);
}

/// A replayed code is refused. If the first redemption was disturbed, an undisturbed one comes before the check.
fn nothing_comes_of_a_code(start: &Start, asked: &Asked<Told>) {
    if asked.disturbed() {
        let again = start.alone(start.redeem());
        assert!(matches!(again, Err(TokenError::InvalidGrant(_))), "a code is redeemed twice");
    }
    start.world.keeps_nothing_of_what_was_revoked();
    start.world.has_a_sound_history();
}

#[test]
fn a_replayed_code_ends_a_grant_that_is_being_refreshed() {
    let schedules = every_schedule_and_fault_if_long("a replay and a refresh", a_replay_and_a_refresh, 0..2);
    assert!(schedules > 500, "{schedules}");
}

#[test]
fn a_duplicate_brings_nothing_of_a_revoked_grant_back() {
    let name = "a duplicate and a revocation";
    let schedules = every_schedule_and_fault_if_long(name, a_duplicate_and_a_revocation, 0..2);
    assert!(schedules > 100, "{schedules}");
}
