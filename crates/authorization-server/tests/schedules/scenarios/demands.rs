//! A policy of Entra appears, and Graph demands claims of its own, while clients call tools in several processes and their owner signs
//! in: nobody signs in for ever, and each client goes on or learns for itself.

use authorization_server::{endpoints::callback::CallbackError, resource::downstream::DownstreamError};
use testkit::FlowError;

use crate::{
    crowd::{Asked, Crowd},
    explore::{at_random, some_at_random},
    model::Plan,
    start::{SignedIn, Start, Tokens},
};

type Called = Asked<Option<Result<(), DownstreamError>>>;

/// The client calls, and its owner signs in as often as that sends them. Returns how often that was.
pub(super) fn sign_ins_until_the_tool_works(start: &Start, tokens: Tokens) -> usize {
    sign_ins_to(start, SignedIn { client_id: start.client_id.clone(), tokens })
}

fn sign_ins_to(start: &Start, SignedIn { client_id, mut tokens }: SignedIn) -> usize {
    for sign_ins in 0..4 {
        match start.alone(start.use_tool(&tokens)) {
            Some(Ok(())) => return sign_ins,
            None | Some(Err(DownstreamError::SignInAgain)) => {
                let signed_in = start.alone(Start::sign_in_to(&client_id));
                tokens = signed_in.expect("a sign-in that brings the claims ends with a code");
            }
            Some(Err(other)) => panic!("a demand that a sign-in meets is told as another: {other}"),
        }
    }
    panic!("the owner signs in again and again")
}

/// The same where no sign-in is enough, until the tool says so. A client whose token is refused refreshes first, and one whose
/// sign-in ends with a page goes on with the tokens that it has.
fn sign_ins_until_the_tool_says_no(start: &Start, SignedIn { client_id, mut tokens }: SignedIn) -> usize {
    for sign_ins in 0..4 {
        if start.alone(start.use_tool(&tokens)).is_none()
            && let Ok(refreshed) = start.alone(Start::refresh_of(&client_id, &tokens))
        {
            tokens = refreshed;
        }
        match start.alone(start.use_tool(&tokens)) {
            Some(Err(DownstreamError::Blocked(_))) => return sign_ins,
            None | Some(Err(DownstreamError::SignInAgain)) => {}
            other => panic!("{other:?} for no reason"),
        }
        match start.alone(Start::sign_in_to(&client_id)) {
            Ok(anew) => tokens = anew,
            Err(FlowError::Callback(CallbackError::StillRefused)) => {}
            Err(other) => panic!("{other} for no reason"),
        }
    }
    panic!("the owner signs in again and again")
}

fn calls_and_a_sign_in(plan: &Plan, calls: usize) {
    let (start, tokens) = Start::with_tokens();
    start.world.issued.demand_claims();
    let mut crowd = Crowd::new(&start.world, plan);
    let called: Vec<Called> = (0..calls).map(|_| crowd.ask(start.use_tool(&tokens))).collect();
    let signed_in = crowd.ask(start.sign_in());
    crowd.wait();
    none_works(&called);
    // It may have come before the demand; then the next one brings the claims.
    if let Some(anew) = code_given(&signed_in) {
        assert!(sign_ins_until_the_tool_works(&start, anew) <= 1, "more than one further sign-in");
    }
    assert!(sign_ins_until_the_tool_works(&start, tokens) <= 2, "more than two sign-ins");
    everything_is_met(&start);
}

fn none_works(called: &[Called]) {
    for called in called {
        assert!(!matches!(called.answer(), Some(Some(Ok(())))), "a token although claims are demanded");
    }
}

/// The tokens for the code of a sign-in that brings what is demanded.
fn code_given(signed_in: &Asked<Result<Tokens, FlowError>>) -> Option<Tokens> {
    match signed_in.answer()? {
        Ok(tokens) => Some(tokens),
        Err(error) => {
            assert!(signed_in.disturbed(), "{error} for no reason");
            None
        }
    }
}

fn everything_is_met(start: &Start) {
    let owners = start.world.owners.all();
    assert!(owners.iter().all(|owner| owner.demands.is_empty()), "a demand that was met stands");
    start.world.has_a_sound_history();
}

/// One of two clients has met the policy, and calls while the other is refused and signs in.
fn a_client_that_has_met_the_policy(plan: &Plan) {
    let (start, [refused, met]) = Start::with_two_clients();
    let mut crowd = Crowd::new(&start.world, plan);
    let called = [crowd.ask(start.use_tool(&refused.tokens))];
    let goes_on: Called = crowd.ask(start.use_tool(&met.tokens));
    let signed_in = crowd.ask(Start::sign_in_to(&refused.client_id));
    crowd.wait();
    none_works(&called);
    let works = goes_on.answer();
    assert!(matches!(works, Some(Some(Ok(()))) | None) || goes_on.disturbed(), "a client that met it: {works:?}");
    if let Some(tokens) = code_given(&signed_in) {
        let anew = SignedIn { tokens, ..refused.clone() };
        assert!(sign_ins_to(&start, anew) <= 1, "more than one further sign-in");
    }
    assert!(sign_ins_to(&start, refused) <= 2, "more than two sign-ins");
    assert_eq!(sign_ins_to(&start, met), 0, "a client that met it signs in again");
    everything_is_met(&start);
}

/// Graph demands claims of the client that has met the policy, and Entra names the policy alone to every other sign-in.
fn a_challenge_of_graph_beside_the_policy(plan: &Plan) {
    let (start, clients) = Start::with_two_clients();
    start.world.issued.demand_claims_at_graph();
    let mut crowd = Crowd::new(&start.world, plan);
    let called = clients.each_ref().map(|client| crowd.ask(start.use_tool(&client.tokens)));
    let signed_in = crowd.ask(Start::sign_in_to(&clients[0].client_id));
    crowd.wait();
    none_works(&called);
    if let Some(tokens) = code_given(&signed_in) {
        let anew = SignedIn { tokens, ..clients[0].clone() };
        assert!(sign_ins_to(&start, anew) <= 2, "more than one further sign-in for each demand");
    }
    for client in clients {
        assert!(sign_ins_to(&start, client) <= 3, "more than one sign-in for each demand and the first one");
    }
    everything_is_met(&start);
}

/// Entra refuses with claims after every second leg, too, and later it does not.
fn a_second_leg_that_is_refused(plan: &Plan) {
    let (start, clients) = Start::with_two_clients();
    start.world.issued.refuse_second_legs(true);
    let mut crowd = Crowd::new(&start.world, plan);
    let called = clients.each_ref().map(|client| crowd.ask(start.use_tool(&client.tokens)));
    let signed_in = crowd.ask(Start::sign_in_to(&clients[0].client_id));
    crowd.wait();
    none_works(&called);
    match signed_in.answer() {
        // It came before the demand, or has ended with the page.
        Some(Ok(_) | Err(FlowError::Callback(CallbackError::StillRefused))) | None => {}
        Some(Err(error)) => assert!(signed_in.disturbed(), "{error} for no reason"),
    }
    for client in &clients {
        let sign_ins = sign_ins_until_the_tool_says_no(&start, client.clone());
        assert!(sign_ins <= 1, "{sign_ins} sign-ins that do not help");
    }
    start.world.issued.refuse_second_legs(false);
    for SignedIn { client_id, .. } in clients {
        let signed_in = start.alone(Start::sign_in_to(&client_id));
        let anew = SignedIn { tokens: signed_in.expect("a sign-in that the owner begins"), client_id };
        assert!(sign_ins_to(&start, anew) <= 1, "more than one further sign-in");
    }
    everything_is_met(&start);
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

#[test]
fn a_client_that_has_met_the_policy_goes_on_while_another_learns_of_it() {
    let name = "two clients, one of which has met the policy";
    let schedules = some_at_random(name, 3, a_client_that_has_met_the_policy);
    assert!(schedules >= 500, "{schedules}");
}

#[test]
fn a_challenge_of_graph_beside_a_policy_ends_with_tools_that_work() {
    let name = "two clients, a policy and a challenge of Graph";
    let schedules = some_at_random(name, 3, a_challenge_of_graph_beside_the_policy);
    assert!(schedules >= 500, "{schedules}");
}

#[test]
fn a_second_leg_that_is_refused_ends_with_a_tool_that_says_so_and_later_each_client_works_again() {
    let name = "two clients and second legs that are refused";
    let schedules = some_at_random(name, 3, a_second_leg_that_is_refused);
    assert!(schedules >= 500, "{schedules}");
}
