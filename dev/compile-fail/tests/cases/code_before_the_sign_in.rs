//! Only a state whose owner has signed in has a code to redeem, and only a claimed one can get there.

use authorization_server::state::{authorization::{CodeIssued, Exchanging, PendingUpstream}, signed_in::SignedIn};
use oauth_protocol::secret::Secret;
use time::OffsetDateTime;

fn unclaimed(state: PendingUpstream, owner: SignedIn, code: &Secret, now: OffsetDateTime) -> CodeIssued {
    state.issue(owner, code, now)
}

fn not_signed_in(state: &Exchanging, presented: &Secret) -> bool {
    state.code_hash.verifies(presented)
}

fn main() {}
