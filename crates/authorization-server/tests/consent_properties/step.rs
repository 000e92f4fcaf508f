//! The steps.

use authorization_server::endpoints::consent::Decision;
use proptest::prelude::*;
use time::Duration;

/// Browsers, and owners who sign in with any of them.
pub(crate) const BROWSERS: usize = 2;
pub(crate) const OWNERS: usize = 2;
pub(crate) const CLIENTS: usize = 2;

/// Redirect URIs: two of one client, one of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) client: usize,
    pub(crate) uri: &'static str,
}

pub(crate) const TARGETS: [Target; 3] = [
    Target { client: 0, uri: "https://first.example/callback" },
    Target { client: 0, uri: "http://127.0.0.1:33418/callback" },
    Target { client: 1, uri: "https://second.example/callback" },
];

/// A step; `back` counts from the newest transaction that it could concern, and `browser` acts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Authorize(Authorize),
    Decide { back: usize, elsewhere: bool, decision: Decision },
    CallBack { back: usize, elsewhere: bool, owner: usize, first_state: bool },
    Confirm { back: usize, elsewhere: bool, decision: Decision },
    Redeem { back: usize, other_client: bool },
    Refresh { back: usize },
    Withdraw { owner: usize, client: Option<usize> },
    Wait(Duration),
}

/// A visit to `/authorize`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authorize {
    pub(crate) browser: usize,
    pub(crate) target: Target,
    pub(crate) direct: bool,
    pub(crate) names_resource: bool,
    pub(crate) prompt: Option<&'static str>,
}

fn back() -> impl Strategy<Value = usize> {
    prop_oneof![8 => Just(0_usize), 2 => Just(1), 1 => 2..5_usize]
}

/// Mostly in the browser where the transaction belongs.
fn elsewhere() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.08)
}

fn authorize() -> impl Strategy<Value = Step> {
    let prompt = prop_oneof![
        12 => Just(None),
        1 => Just(Some("none")),
        1 => Just(Some("consent")),
        1 => Just(Some("login")),
        1 => Just(Some("select_account")),
    ];
    let likely = || prop::bool::weighted(0.85);
    (0..BROWSERS, prop::sample::select(&TARGETS[..]), likely(), likely(), prompt).prop_map(
        |(browser, target, direct, names_resource, prompt)| {
            Step::Authorize(Authorize { browser, target, direct, names_resource, prompt })
        },
    )
}

fn decision() -> impl Strategy<Value = Decision> {
    prop_oneof![
        8 => Just(Decision::Allow),
        2 => Just(Decision::SwitchAccount),
        2 => Just(Decision::Deny),
        3 => Just(Decision::Undo),
    ]
}

fn wait() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Duration::seconds(20)),
        3 => Just(Duration::seconds(61)),
        2 => Just(Duration::minutes(9)),
        1 => Just(Duration::minutes(15)),
        1 => Just(Duration::hours(25)),
        1 => Just(Duration::days(91)),
    ]
    .prop_map(Step::Wait)
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let client = prop_oneof![2 => (0..CLIENTS).prop_map(Some), 1 => Just(None)];
    let step = prop_oneof![
        10 => authorize(),
        12 => (back(), elsewhere(), decision())
            .prop_map(|(back, elsewhere, decision)| Step::Decide { back, elsewhere, decision }),
        14 => (back(), elsewhere(), 0..OWNERS, prop::bool::weighted(0.1))
            .prop_map(|(back, elsewhere, owner, first_state)| Step::CallBack { back, elsewhere, owner, first_state }),
        6 => (back(), elsewhere(), decision())
            .prop_map(|(back, elsewhere, decision)| Step::Confirm { back, elsewhere, decision }),
        10 => (back(), prop::bool::weighted(0.1))
            .prop_map(|(back, other_client)| Step::Redeem { back, other_client }),
        4 => back().prop_map(|back| Step::Refresh { back }),
        3 => (0..OWNERS, client).prop_map(|(owner, client)| Step::Withdraw { owner, client }),
        3 => wait(),
    ];
    prop::collection::vec(step, 1..80)
}
