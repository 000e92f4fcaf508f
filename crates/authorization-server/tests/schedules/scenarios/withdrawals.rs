//! An owner withdraws a consent while its code is redeemed, its grant refreshed, and the consent given again.

use authorization_server::{endpoints::token_error::TokenError, state::grant::Status};
use testkit::FlowError;
use time::Duration;

use crate::{
    crowd::{Asked, Crowd},
    explore::{at_random, every_schedule_and_fault_if_long},
    invariants::tokens_given,
    model::Plan,
    start::{Start, Tokens, Told},
};

fn redemptions_and_a_withdrawal(plan: &Plan, count: usize) {
    let start = Start::with_code();
    let mut crowd = Crowd::new(&start.world, plan);
    let withdrawn = crowd.ask(start.withdraw());
    let asked: Vec<Asked<Told>> = (0..count).map(|_| crowd.ask(start.redeem())).collect();
    let processes = crowd.wait();
    if withdrawn.disturbed() {
        start.alone(start.withdraw()).unwrap();
    }
    for tokens in tokens_given(&asked) {
        start.world.has_ended(&start, &tokens, &processes);
    }
    nothing_came_of_the_code(&start, asked.iter().all(|asked| !asked.disturbed()));
}

/// A grant whose tokens nobody received may remain if its creator crashed; a repeated redemption is refused and revokes it.
fn nothing_came_of_the_code(start: &Start, calm: bool) {
    let ended = || start.world.grants.all().iter().all(|grant| grant.status == Status::Revoked);
    let kept = || start.world.upstream_tokens.all();
    assert!(!calm || (ended() && kept().is_empty()), "a withdrawal left something of a grant");
    let again = start.alone(start.redeem());
    assert!(matches!(again, Err(TokenError::InvalidGrant(_))), "a code outlives the withdrawal of its consent");
    assert!(ended() && kept().is_empty(), "a refused redemption left something of a grant");
    start.world.has_a_sound_history();
}

fn a_refresh_a_withdrawal_and_a_sign_in(plan: &Plan) {
    let (start, tokens) = Start::with_tokens();
    let mut crowd = Crowd::new(&start.world, plan);
    let refreshed = [crowd.ask(start.refresh(&tokens))];
    let withdrawn = crowd.ask(start.withdraw());
    let signed_in = crowd.ask(start.sign_in());
    for _ in 0..2 {
        crowd.pass(Duration::SECOND);
    }
    let processes = crowd.wait();
    if withdrawn.disturbed() {
        start.alone(start.withdraw()).unwrap();
    }
    for tokens in tokens_given(&refreshed).iter().chain([&tokens]) {
        start.world.has_ended(&start, tokens, &processes);
    }
    a_standing_consent_was_decided_after_the_withdrawal(&start, told(&signed_in).as_ref());
    start.world.has_a_sound_history();
    let anew = start.alone(start.sign_in()).expect("a new sign-in fails");
    start.world.goes_on_with(&start, &anew);
}

/// A sign-in is refused because its consent was withdrawn, at the latest when its code is redeemed.
fn told(signed_in: &Asked<Result<Tokens, FlowError>>) -> Option<Tokens> {
    match signed_in.answer()? {
        Ok(tokens) => Some(tokens),
        Err(FlowError::Missing("an answer") | FlowError::Token(TokenError::InvalidGrant(_))) => None,
        Err(error) => {
            assert!(signed_in.disturbed(), "{error} for no reason");
            None
        }
    }
}

fn a_standing_consent_was_decided_after_the_withdrawal(start: &Start, told: Option<&Tokens>) {
    let world = &start.world;
    let (authorizations, owners) = (world.authorizations.all(), world.owners.all());
    let mut stand = false;
    for grant in world.grants.all().iter().filter(|grant| grant.status == Status::Active) {
        let from = authorizations.iter().find(|authorization| authorization.id == grant.key.grant).unwrap();
        let withdrawn = owners.iter().any(|owner| owner.withdrawn(grant.client, from.decided_at));
        assert!(!withdrawn || told.is_none(), "a grant stands whose consent was withdrawn");
        stand = true;
    }
    if let Some(tokens) = told.filter(|_| stand) {
        world.goes_on_with(start, tokens);
    }
}

#[test]
fn a_code_whose_consent_is_withdrawn_leads_to_nothing() {
    let name = "a redemption and a withdrawal";
    let schedules = every_schedule_and_fault_if_long(name, |plan| redemptions_and_a_withdrawal(plan, 1), 0..2);
    assert!(schedules > 500, "{schedules}");
}

#[test]
fn two_redemptions_of_a_code_whose_consent_is_withdrawn_lead_to_nothing() {
    let name = "two redemptions and a withdrawal";
    let schedules = at_random(name, 3, |plan| redemptions_and_a_withdrawal(plan, 2));
    assert!(schedules >= 2_000, "{schedules}");
}

#[test]
fn a_withdrawal_ends_what_was_decided_before_and_nothing_else() {
    let name = "a refresh, a withdrawal and a sign-in";
    let schedules = at_random(name, 5, a_refresh_a_withdrawal_and_a_sign_in);
    assert!(schedules >= 2_000, "{schedules}");
}
