//! The log of requests.

#![cfg(test)]

use stand_in::Recent;

#[test]
fn only_the_newest_are_remembered() {
    let recent = Recent::<_, 2>::default();
    (1..=3).for_each(|value| recent.push(value));
    assert_eq!(recent.all(), [2, 3]);
    recent.clear();
    assert_eq!(recent.all(), [0; 0]);
}
