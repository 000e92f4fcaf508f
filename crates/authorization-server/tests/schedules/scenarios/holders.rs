//! Two holders of one refresh token, a thief and an owner, each with a process. They present it more than 60 s apart.

use secrecy::ExposeSecret as _;
use shuttle::rand::{Rng as _, thread_rng};
use time::Duration;

use crate::{
    crowd::{Asked, Crowd},
    explore::{at_random, every_schedule_and_fault, every_schedule_and_fault_if_long},
    invariants::tokens_given,
    model::Plan,
    start::{Start, Tokens, Told},
};

const ROUNDS: usize = 5;
/// Between presentations of the two.
const DISTANCES: [i64; 3] = [61, 600, 3601];

/// The first has presented the refresh token. The second presents it while the first uses what it got.
fn a_second_holder(plan: &Plan) {
    let (start, copied) = Start::with_tokens();
    let first = start.alone(start.refresh(&copied)).unwrap();
    start.world.clock.advance(Duration::seconds(61));
    let mut crowd = Crowd::new(&start.world, plan);
    let presented = [crowd.ask(start.refresh(&copied))];
    crowd.ask(first.call());
    let processes = crowd.wait();
    let disturbed = presented[0].disturbed();
    let mut held = tokens_given(&presented);
    if disturbed {
        held.extend(start.alone(start.refresh(&copied)).ok());
    }
    for tokens in held.iter().chain([&first]) {
        start.alone(tokens.call()).unwrap();
    }
    for tokens in held.iter().chain([&first, &copied]) {
        start.world.has_ended(&start, tokens, &processes);
    }
    start.world.keeps_nothing_of_what_was_revoked();
    start.world.has_a_sound_history();
}

/// A holder presents what it has, once or twice in parallel, while the other may use what it has.
fn round(start: &Start, plan: &Plan, holds: &mut [Tokens; 2], who: usize) {
    let mut crowd = Crowd::new(&start.world, plan);
    let requests = thread_rng().gen_range(1..=2);
    let asked: Vec<Asked<Told>> = (0..requests).map(|_| crowd.ask(start.refresh(&holds[who]))).collect();
    if thread_rng().gen_bool(0.5) {
        crowd.ask(holds[1 - who].call());
    }
    crowd.wait();
    let arrived = tokens_given(&asked).pop().filter(|_| thread_rng().gen_bool(0.7));
    if let Some(tokens) = arrived {
        holds[who] = tokens;
        if thread_rng().gen_bool(0.5) {
            start.alone(holds[who].call()).unwrap();
        }
    }
}

fn two_holders(plan: &Plan) {
    let (start, tokens) = Start::with_tokens();
    let mut holds = [tokens.clone(), tokens];
    let wait = || {
        let distance = DISTANCES[thread_rng().gen_range(0..DISTANCES.len())];
        start.world.clock.advance(Duration::seconds(distance));
    };
    for _ in 0..ROUNDS {
        let who = thread_rng().gen_range(0..2);
        round(&start, plan, &mut holds, who);
        wait();
    }
    let first = thread_rng().gen_range(0..2);
    let mut live = [false; 2];
    for who in [first, 1 - first] {
        let refreshed = start.alone(start.refresh(&holds[who]));
        live[who] = refreshed.is_ok();
        holds[who] = refreshed.unwrap_or_else(|_| holds[who].clone());
        start.world.clock.advance(Duration::seconds(61));
    }
    let first = thread_rng().gen_range(0..2);
    for who in [first, 1 - first] {
        live[who] = start.alone(holds[who].call()).unwrap() && live[who];
    }
    assert!(live != [true; 2], "both holders of a refresh token live on");
    start.world.has_a_sound_history();
}

/// Within 60 seconds they get the same tokens. The first to go on alone is found out by the other.
fn two_holders_at_once(plan: &Plan) {
    let (start, copied) = Start::with_tokens();
    let mut crowd = Crowd::new(&start.world, plan);
    let asked: Vec<Asked<Told>> = (0..2).map(|_| crowd.ask(start.refresh(&copied))).collect();
    crowd.pass(Duration::seconds(60));
    crowd.wait();
    let given = tokens_given(&asked);
    let Some(shared) = given.first() else { return };
    assert!(given.iter().all(|other| other.refresh.expose_secret() == shared.refresh.expose_secret()));
    let next = start.alone(start.refresh(shared)).unwrap();
    assert!(start.alone(next.call()).unwrap());
    start.world.clock.advance(Duration::seconds(61));
    assert!(start.alone(start.refresh(shared)).is_err(), "both holders of a refresh token live on");
    start.world.has_ended(&start, &next, &[]);
}

#[test]
fn a_thief_and_an_owner_end_the_family_by_their_next_use() {
    let schedules = every_schedule_and_fault("a thief and an owner", a_second_holder, 0..2);
    assert!(schedules > 200, "{schedules}");
}

#[test]
fn of_two_holders_never_both_live_on() {
    let schedules = at_random("two holders", 3, two_holders);
    assert!(schedules >= 2_000, "{schedules}");
}

#[test]
fn two_holders_within_60_seconds_share_one_family_that_ends_when_they_part() {
    let schedules = every_schedule_and_fault_if_long("two holders at once", two_holders_at_once, 0..2);
    assert!(schedules > 200, "{schedules}");
}
