//! The switches of the console. Each button is one call of the control API.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::history::clock_time;
use crate::clients::{EVERYBODY, OWN};
use crate::faults::{Endpoint, Fault};
use crate::{sts::Sts, users, users::User};

/// Longer than people like, shorter than the server waits.
const SLOW_MILLISECONDS: u64 = 4_000;
const DOWN_STATUS: u16 = 503;
/// The page that Microsoft's front door shows then.
const DOWN_PAGE: &str = "<h1>Our services aren't available right now</h1><p>We're working to restore all services as soon as \
                         possible. Please check back soon.</p>";

/// A button: what it says, and the call that it makes.
pub(super) struct Button {
    pub(super) label: &'static str,
    /// The subject of the label, for those who hear one button at a time.
    pub(super) about: String,
    /// The section that the browser returns to.
    pub(super) place: &'static str,
    pub(super) path: &'static str,
    pub(super) body: String,
}

/// One thing that can be changed.
pub(super) struct Switch {
    pub(super) name: String,
    pub(super) state: String,
    /// The effect that users see.
    pub(super) effect: &'static str,
    pub(super) buttons: Vec<Button>,
}

/// A user, and what can be done to the account.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) user_principal_name: &'static str,
    pub(super) facts: Vec<String>,
    pub(super) buttons: Vec<Button>,
}

/// Everybody in the directory.
pub(super) fn people(sts: &Sts) -> Vec<Person> {
    users::all().iter().map(|user| person(sts, user)).collect()
}

fn person(sts: &Sts, user: &'static User) -> Person {
    let upn = user.user_principal_name;
    let button = |label, path, body: Value| Button {
        label,
        about: user.display_name.to_owned(),
        place: "people",
        path,
        body: body.to_string(),
    };
    let (enabled, roles) = (sts.state.is_enabled(user.oid), sts.app_roles.of(user));
    let (consented, since) = (consents(sts, user.oid), sts.state.signed_in_since(user.oid, sts.clock.unix()));
    let account =
        |label, enabled| button(label, "/_control/accounts", json!({ "user": upn, "account_enabled": enabled }));
    let assign = |label, roles: &[&str]| button(label, "/_control/app-roles", json!({ "user": upn, "roles": roles }));
    let mut buttons = vec![
        if enabled { account("Block", false) } else { account("Unblock", true) },
        if roles.is_empty() { assign("Assign", &["User"]) } else { assign("Remove assignment", &[]) },
    ];
    if consented {
        buttons.push(button("Withdraw consent", "/_control/withdraw-consent", json!({ "user": upn })));
    }
    if since.is_some() {
        buttons.push(button("Revoke sessions", "/_control/revoke-sessions", json!({ "user": upn })));
    }
    let assigned =
        if roles.is_empty() { "not assigned".to_owned() } else { format!("assigned as {}", roles.join(", ")) };
    let facts = [
        since.map_or_else(|| "not signed in".to_owned(), |since| format!("signed in, newest token at {}", text(since))),
        if enabled { "not blocked".to_owned() } else { "blocked".to_owned() },
        assigned,
        if consented { "has consented".to_owned() } else { "has not consented".to_owned() },
    ];
    Person { name: user.display_name, user_principal_name: upn, facts: facts.into(), buttons }
}

fn consents(sts: &Sts, of: &str) -> bool {
    sts.state.has_consents(&OWN.consents_of(of))
}

fn text(at: i64) -> String {
    OffsetDateTime::from_unix_timestamp(at).map(clock_time).unwrap_or_default()
}

/// The policies of the tenant.
pub(super) fn policies(sts: &Sts) -> Vec<Switch> {
    let on_off = |is_on: bool| if is_on { "on" } else { "off" }.to_owned();
    let turn = |name: &str, is_on: bool, path, body: Value| {
        let label = if is_on { "Turn off" } else { "Turn on" };
        vec![Button { label, about: name.to_owned(), place: "policies", path, body: body.to_string() }]
    };
    let (factor, assignment) =
        (sts.conditional_access.requires_second_factor(), sts.app_roles.is_assignment_required());
    let consent = consents(sts, EVERYBODY);
    let [first, second, third] = ["Conditional Access on Graph", "Assignment required", "Consent for the tenant"];
    let consent_call = if consent {
        turn(third, true, "/_control/withdraw-consent", json!({ "user": EVERYBODY }))
    } else {
        turn(third, false, "/_control/admin-consent", json!({}))
    };
    vec![
        Switch {
            name: first.to_owned(),
            state: on_off(factor),
            effect: "Graph asks for a second factor for the next token. Press End now below to see it at once.",
            buttons: turn(first, factor, "/_control/conditional-access", json!({ "second_factor": !factor })),
        },
        Switch {
            name: second.to_owned(),
            state: on_off(assignment),
            effect: "Only users who are assigned to the app can sign in and renew their tokens.",
            buttons: turn(second, assignment, "/_control/assignment", json!({ "required": !assignment })),
        },
        Switch {
            name: third.to_owned(),
            state: on_off(consent),
            effect: "An administrator consents for everybody. It stands when a user's own consent is withdrawn.",
            buttons: consent_call,
        },
    ]
}

/// Entra, Graph and the identity endpoint, each of which works, is slow or is down.
pub(super) fn services(sts: &Sts) -> Vec<Switch> {
    [
        ("Entra", Endpoint::Entra, "entra", "Nobody can sign in or renew tokens while it is down."),
        ("Graph", Endpoint::Graph, "graph", "Tools fail while it is down, and users stay signed in."),
        ("Identity endpoint", Endpoint::Identity, "identity", "The server cannot prove to Entra who it is."),
    ]
    .map(|(name, endpoint, key, effect)| {
        let state = match sts.faults.next(endpoint) {
            None => "works",
            Some(Fault::Slow { .. }) => "is slow",
            Some(Fault::Status { .. } | Fault::Dropped) => "is down",
            Some(_) => "has a fault that a test planned",
        };
        let button = |label, fault: Value| {
            let body = json!({ "endpoint": key, "fault": fault }).to_string();
            Button { label, about: name.to_owned(), place: "services", path: "/_control/outage", body }
        };
        let buttons = [
            ("works", button("Works", Value::Null)),
            ("is slow", button("Slow", json!({ "kind": "slow", "milliseconds": SLOW_MILLISECONDS }))),
            ("is down", button("Down", json!({ "kind": "status", "status": DOWN_STATUS, "body": DOWN_PAGE }))),
        ];
        let others = buttons.into_iter().filter(|(is, _)| *is != state).map(|(_, button)| button);
        Switch { name: name.to_owned(), state: state.to_owned(), effect, buttons: others.collect() }
    })
    .into()
}

/// The switches of the whole tenant.
pub(super) fn whole(sts: &Sts) -> Vec<Switch> {
    let button =
        |label, about: &str, path| Button { label, about: about.to_owned(), place: "time", path, body: String::new() };
    let ended = sts.conditional_access.graph_tokens_ended_at().map(text);
    vec![
        Switch {
            name: "Tokens for Graph".to_owned(),
            state: ended.map_or_else(|| "valid".to_owned(), |at| format!("ended at {at}")),
            effect: "The server keeps a token for Graph until it expires, for up to 75 minutes. End them to see now what \
                     users see then, after a policy or a consent has changed.",
            buttons: vec![button("End now", "tokens for Graph", "/_control/end-graph-tokens")],
        },
        Switch {
            name: "Everything".to_owned(),
            state: String::new(),
            effect: "Policies, assignments, accounts and services as at the first start. Sessions and users' own consents stay.",
            buttons: vec![button("Put back", "everything", "/_control/reset")],
        },
    ]
}
