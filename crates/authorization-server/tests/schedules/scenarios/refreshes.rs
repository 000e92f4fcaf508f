//! One refresh token, presented several times at once, while the first access token may be being used.

use secrecy::ExposeSecret as _;
use testkit::Rig;

use crate::{
    crowd::{Asked, Crowd},
    explore::{at_random, every_schedule, every_schedule_and_fault, every_schedule_and_fault_if_long, long},
    invariants::tokens_given,
    model::Plan,
    start::{Start, Tokens, Told, UNTIL_DUE},
};

fn refreshes(plan: &Plan, count: usize) {
    let (start, tokens) = Start::with_tokens();
    together(&start, &tokens, plan, count);
}

fn refreshes_up_to_entra(plan: &Plan, count: usize) {
    let (start, tokens) = Start::with_tokens();
    start.world.clock.advance(UNTIL_DUE);
    together(&start, &tokens, plan, count);
}

fn refreshes_and_a_first_use(plan: &Plan, count: usize) {
    let (start, tokens) = Start::with_tokens();
    let mut crowd = Crowd::new(&start.world, plan);
    let access = tokens.access.clone();
    let used = crowd.ask(async move |rig: &Rig| rig.server.authenticate(access.expose_secret()).await);
    let asked: Vec<Asked<Told>> = (0..count).map(|_| crowd.ask(start.refresh(&tokens))).collect();
    crowd.wait();
    let principal = used.answer();
    assert!(used.disturbed() || principal.is_some_and(|answer| answer.is_ok_and(|principal| principal.is_some())));
    one_family_lives(&start, &tokens, &asked);
}

fn together(start: &Start, tokens: &Tokens, plan: &Plan, count: usize) {
    let mut crowd = Crowd::new(&start.world, plan);
    let asked: Vec<Asked<Told>> = (0..count).map(|_| crowd.ask(start.refresh(tokens))).collect();
    crowd.wait();
    one_family_lives(start, tokens, &asked);
}

/// All successful callers got the same successor, as does a repeated request; it is accepted.
fn one_family_lives(start: &Start, tokens: &Tokens, asked: &[Asked<Told>]) {
    let undisturbed = asked.iter().filter(|asked| !asked.disturbed()).count();
    let mut given = tokens_given(asked);
    assert!(given.len() >= undisturbed, "a refresh was refused for no reason");
    given.push(start.alone(start.refresh(tokens)).expect("a client that got no answer asks again, and was refused"));
    let successors: Vec<Tokens> = given.iter().map(|tokens| start.world.goes_on_with(start, tokens)).collect();
    assert!(given.iter().all(|tokens| same(tokens, &given[0])), "two successors of one refresh token");
    assert!(successors.iter().all(|tokens| same(tokens, &successors[0])), "two families");
    start.world.has_a_sound_history();
}

fn same(one: &Tokens, other: &Tokens) -> bool {
    one.refresh.expose_secret() == other.refresh.expose_secret()
}

#[test]
fn two_refreshes_agree_whatever_goes_wrong() {
    let schedules = every_schedule_and_fault("two refreshes", |plan| refreshes(plan, 2), 0..1);
    assert!(schedules > 1_000, "{schedules}");
}

#[test]
fn two_refreshes_that_refresh_entras_tokens_agree() {
    let name = "two refreshes up to Entra";
    let schedules = every_schedule_and_fault_if_long(name, |plan| refreshes_up_to_entra(plan, 2), 0..1);
    assert!(schedules > 900, "{schedules}");
}

#[test]
fn three_refreshes_agree() {
    let name = "three refreshes";
    let mut schedules = at_random(name, 3, |plan| refreshes(plan, 3));
    if long() {
        schedules += every_schedule(name, |plan| refreshes(plan, 3));
    }
    assert!(schedules >= 2_000, "{schedules}");
}

#[test]
fn three_refreshes_that_refresh_entras_tokens_agree() {
    let schedules = at_random("three refreshes up to Entra", 3, |plan| refreshes_up_to_entra(plan, 3));
    assert!(schedules >= 2_000, "{schedules}");
}

#[test]
fn refreshes_agree_while_the_first_access_token_is_used() {
    let mut schedules = at_random("three refreshes and a first use", 4, |plan| refreshes_and_a_first_use(plan, 3));
    if long() {
        schedules += every_schedule("two refreshes and a first use", |plan| refreshes_and_a_first_use(plan, 2));
    }
    assert!(schedules >= 2_000, "{schedules}");
}
