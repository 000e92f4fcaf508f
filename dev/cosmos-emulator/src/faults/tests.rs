//! Which operation is struck by what.

use super::*;

fn scope(verb: Verb, container: &str) -> Scope<'_> {
    Scope { verb, container, has_previous: false }
}

fn effects(faults: &Faults, scope: &Scope<'_>, count: usize) -> Vec<Option<Effect>> {
    (0..count).map(|_| faults.strike(scope).effect).collect()
}

#[test]
fn a_fault_strikes_where_it_was_meant_to_and_as_often() {
    let faults = Faults::default();
    faults.inject(Fault::new(Effect::Unavailable).on(&[Verb::Create, Verb::Replace]).in_container("owners").times(2));
    assert_eq!(effects(&faults, &scope(Verb::Read, "owners"), 2), [None, None]);
    assert_eq!(effects(&faults, &scope(Verb::Create, "clients"), 2), [None, None]);
    let struck = Some(Effect::Unavailable);
    assert_eq!(effects(&faults, &scope(Verb::Create, "owners"), 3), [struck, struck, None]);
}

#[test]
fn delays_add_up_and_go_with_the_first_other_effect() {
    let faults = Faults::default();
    faults.inject(Fault::new(Effect::Slow { milliseconds: 5 }));
    faults.inject(Fault::new(Effect::Dropped));
    faults.inject(Fault::new(Effect::Slow { milliseconds: 7 }));
    faults.inject(Fault::new(Effect::Unavailable).times(1));
    let expected = Struck { delay: Duration::from_millis(12), effect: Some(Effect::Dropped) };
    assert_eq!(faults.strike(&scope(Verb::Feed, "events")), expected);
    faults.clear();
    assert_eq!(faults.strike(&scope(Verb::Feed, "events")), Struck::default());
}

#[test]
fn a_fault_that_was_not_reached_is_not_used_up() {
    let faults = Faults::default();
    faults.inject(Fault::new(Effect::Dropped).times(1));
    faults.inject(Fault::new(Effect::Unavailable).times(1));
    let struck = effects(&faults, &scope(Verb::Query, "owners"), 3);
    assert_eq!(struck, [Some(Effect::Dropped), Some(Effect::Unavailable), None]);
}

#[test]
fn stale_answers_are_for_point_reads_only() {
    let faults = Faults::default();
    faults.inject(Fault::new(Effect::StaleRead).times(1));
    assert_eq!(faults.strike(&scope(Verb::Read, "owners")).effect, None, "the item has one version only");
    let query = Scope { has_previous: true, ..scope(Verb::Query, "owners") };
    assert_eq!(faults.strike(&query).effect, None);
    let read = Scope { has_previous: true, ..scope(Verb::Read, "owners") };
    assert_eq!(faults.strike(&read).effect, Some(Effect::StaleRead));
}

#[test]
fn one_in_three_counts_matching_operations_only() {
    let faults = Faults::default();
    faults.inject(Fault::new(Effect::Unavailable).on(&[Verb::Create]).one_in(3, 1));
    let mut struck = 0;
    for _ in 0..30 {
        struck += usize::from(faults.strike(&scope(Verb::Create, "owners")).effect.is_some());
        assert_eq!(faults.strike(&scope(Verb::Read, "owners")).effect, None);
    }
    assert_eq!(struck, 10);
}

#[test]
fn what_is_skipped_are_the_first_matching_operations() {
    let faults = Faults::default();
    faults.inject(Fault::new(Effect::Unavailable).on(&[Verb::Create]).skip(2).times(1));
    assert_eq!(effects(&faults, &scope(Verb::Read, "owners"), 3), [None; 3]);
    assert_eq!(effects(&faults, &scope(Verb::Create, "owners"), 4), [None, None, Some(Effect::Unavailable), None]);
}

#[test]
fn a_fault_is_written_in_json_and_misspelling_is_refused() {
    let json = r#"{"effect": {"kind": "throttled", "retry_after_ms": 5}, "verbs": ["create"], "skip": 4,
                   "times": 1, "one_in": {"every": 3, "seed": 2}}"#;
    let fault: Fault = serde_json::from_str(json).unwrap();
    let expected =
        Fault::new(Effect::Throttled { retry_after_ms: 5 }).on(&[Verb::Create]).skip(4).times(1).one_in(3, 2);
    assert_eq!(fault, expected);
    for json in [
        r#"{"effect": {"kind": "slow"}}"#,
        r#"{"effect": {"kind": "dropped"}, "verb": ["create"]}"#,
        r#"{"effect": {"kind": "dropped"}, "one_in": {"every": 0}}"#,
        r#"{"effect": {"kind": "dropped"}, "verbs": ["patch"]}"#,
    ] {
        assert!(serde_json::from_str::<Fault>(json).is_err(), "{json}");
    }
}
