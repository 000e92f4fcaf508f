//! A transition consumes the state that it starts from.

use authorization_server::state::{authorization::{CodeIssued, Exchanging, PendingUpstream}, signed_in::SignedIn};
use oauth_protocol::secret::Secret;
use time::OffsetDateTime;

fn claim_twice(pending: PendingUpstream) -> [Exchanging; 2] {
    [pending.claim(), pending.claim()]
}

fn issue_twice(state: Exchanging, owner: [SignedIn; 2], code: &Secret, now: OffsetDateTime) -> [CodeIssued; 2] {
    let [one, other] = owner;
    [state.issue(one, code, now), state.issue(other, code, now)]
}

fn main() {}
