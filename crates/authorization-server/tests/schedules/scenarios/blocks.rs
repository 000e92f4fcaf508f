//! An operator blocks a client, or ends its grants, while a code of it is redeemed at another process.

use authorization_server::{
    endpoints::token_error::TokenError,
    state::{
        blocks::BlockTarget,
        grant::Status,
        operator_record::OperatorDecision::{self, Block, EndApplication, Unblock},
    },
};
use time::Duration;

use crate::{
    crowd::{Asked, Crowd},
    explore::{at_random, every_schedule_and_fault},
    model::Plan,
    start::{Start, Tokens, Told},
    world::Process,
};

/// The redemption, with the tokens that it was given, while the operator decides. The decision stands in the end.
fn redemption_and(
    start: &Start,
    plan: &Plan,
    decision: fn(BlockTarget) -> OperatorDecision,
    time: Duration,
) -> (Asked<Told>, Vec<std::sync::Arc<Process>>) {
    let mut crowd = Crowd::new(&start.world, plan);
    let decided = crowd.ask(start.decide(decision));
    let redeemed = crowd.ask(start.redeem());
    if time.is_positive() {
        crowd.pass(time);
    }
    let processes = crowd.wait();
    if decided.disturbed() {
        start.alone(start.decide(decision)).unwrap();
    }
    (redeemed, processes)
}

fn given(redeemed: &Asked<Told>) -> Option<Tokens> {
    match redeemed.answer()? {
        Ok(tokens) => Some(tokens),
        Err(TokenError::ClientBlocked | TokenError::InvalidGrant(_)) => None,
        Err(error) => {
            assert!(redeemed.disturbed(), "{error} for no reason");
            None
        }
    }
}

fn a_redemption_and_a_block(plan: &Plan) {
    let start = Start::with_code().with_turns_for_blocks();
    let (redeemed, processes) = redemption_and(&start, plan, Block, Duration::ZERO);
    let given = given(&redeemed);
    if let Some(tokens) = &given {
        start.world.refuses(&start, tokens, &processes);
    }
    let active = start.world.grants.all().into_iter().any(|grant| grant.status == Status::Active);
    assert!(!active || given.is_some() || redeemed.disturbed(), "a grant stands that was made in spite of a block");
    start.alone(start.decide(Unblock)).unwrap();
    if let Some(tokens) = &given {
        start.world.goes_on_with(&start, tokens);
    }
    start.world.has_a_sound_history();
}

fn a_redemption_and_the_end_of_all_grants(plan: &Plan, time: Duration) {
    let start = Start::with_code().with_turns_for_blocks();
    let (redeemed, processes) = redemption_and(&start, plan, EndApplication, time);
    if let Some(tokens) = given(&redeemed) {
        start.world.has_ended(&start, &tokens, &processes);
    }
    let again = start.alone(start.redeem());
    assert!(matches!(again, Err(TokenError::InvalidGrant(_))), "a code outlives the end of its application's grants");
    assert!(start.world.grants.all().iter().all(|grant| grant.status == Status::Revoked) || redeemed.disturbed());
    start.world.has_a_sound_history();
}

#[test]
fn a_code_of_a_client_that_is_blocked_meanwhile_gives_nothing_that_works() {
    let schedules = every_schedule_and_fault("a redemption and a block", a_redemption_and_a_block, 0..2);
    assert!(schedules > 1_000, "{schedules}");
}

#[test]
fn a_code_whose_application_loses_its_grants_meanwhile_leads_to_nothing() {
    let name = "a redemption and the end of all grants";
    let judge = |plan: &Plan| a_redemption_and_the_end_of_all_grants(plan, Duration::ZERO);
    let schedules = every_schedule_and_fault(name, judge, 0..2);
    assert!(schedules > 1_000, "{schedules}");
}

/// The grant may be made later than the decision, and before the decision is written.
#[test]
fn it_leads_to_nothing_though_time_passes_meanwhile() {
    let name = "a redemption and the end of all grants, while time passes";
    let schedules = at_random(name, 3, |plan| a_redemption_and_the_end_of_all_grants(plan, Duration::seconds(5)));
    assert!(schedules >= 1_000, "{schedules}");
}
