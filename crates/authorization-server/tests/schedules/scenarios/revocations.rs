//! A grant that its client revokes, while others refresh it, use it, and sign in once more.

use std::sync::Arc;

use secrecy::ExposeSecret as _;
use testkit::Rig;

use crate::{
    crowd::{Asked, Crowd},
    explore::{at_random, every_schedule_and_fault, every_schedule_and_fault_if_long},
    invariants::tokens_given,
    model::Plan,
    start::{Start, Tokens, Told, UNTIL_DUE},
    world::Process,
};

fn refresh_and_revoke(start: &Start, tokens: &Tokens, plan: &Plan) {
    let mut crowd = Crowd::new(&start.world, plan);
    let refreshed = [crowd.ask(start.refresh(tokens))];
    let revoked = crowd.ask(start.revoke(tokens));
    let processes = crowd.wait();
    if revoked.disturbed() {
        start.alone(start.revoke(tokens)).unwrap();
    }
    nothing_is_left(start, tokens, &refreshed, &processes);
}

fn a_refresh_and_a_revocation(plan: &Plan) {
    let (start, tokens) = Start::with_tokens();
    refresh_and_revoke(&start, &tokens, plan);
}

/// Entra wants the user, so that the refresh marks the grant; only if Entra does not answer, the refresh succeeds.
fn a_mark_and_a_revocation(plan: &Plan) {
    let (start, tokens) = Start::with_tokens();
    start.world.clock.advance(UNTIL_DUE);
    start.world.issued.want_the_user();
    refresh_and_revoke(&start, &tokens, plan);
}

fn a_refresh_a_use_a_revocation_and_a_sign_in(plan: &Plan) {
    let (start, tokens) = Start::with_tokens();
    let mut crowd = Crowd::new(&start.world, plan);
    let refreshed = [crowd.ask(start.refresh(&tokens))];
    let revoked = crowd.ask(start.revoke(&tokens));
    let signed_in = crowd.ask(start.sign_in());
    let access = tokens.access.clone();
    crowd.ask(async move |rig: &Rig| rig.server.authenticate(access.expose_secret()).await);
    let processes = crowd.wait();
    if revoked.disturbed() {
        start.alone(start.revoke(&tokens)).unwrap();
    }
    nothing_is_left(&start, &tokens, &refreshed, &processes);
    let anew = match signed_in.answer() {
        Some(Ok(tokens)) => tokens,
        _ if signed_in.disturbed() => start.alone(start.sign_in()).expect("a new sign-in fails"),
        _ => panic!("the revocation of one grant stops the sign-in for another"),
    };
    start.world.goes_on_with(&start, &anew);
}

/// Of a grant that was revoked.
fn nothing_is_left(start: &Start, tokens: &Tokens, refreshed: &[Asked<Told>], processes: &[Arc<Process>]) {
    for tokens in tokens_given(refreshed).iter().chain([tokens]) {
        start.world.has_ended(start, tokens, processes);
    }
    start.world.keeps_nothing_of_what_was_revoked();
    start.world.has_a_sound_history();
}

#[test]
fn a_grant_that_is_revoked_while_it_is_refreshed_ends() {
    let schedules = every_schedule_and_fault("a refresh and a revocation", a_refresh_and_a_revocation, 0..2);
    assert!(schedules > 1_000, "{schedules}");
}

#[test]
fn a_grant_that_is_revoked_while_it_is_marked_ends() {
    let name = "a mark and a revocation";
    let schedules = every_schedule_and_fault_if_long(name, a_mark_and_a_revocation, 0..2);
    assert!(schedules > 100, "{schedules}");
}

#[test]
fn a_grant_that_is_revoked_ends_and_a_new_sign_in_stands() {
    let name = "a refresh, a use, a revocation and a sign-in";
    let schedules = at_random(name, 4, a_refresh_a_use_a_revocation_and_a_sign_in);
    assert!(schedules >= 2_000, "{schedules}");
}
