//! Tokens that an event has ended before their time.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Refused, invalid};
use crate::{accounts, sts::Sts, users::User};

/// Graph's words for a token whose time is over.
pub(super) const EXPIRED: &str = "Lifetime validation failed, the token is expired.";

/// Refuses a token that was issued before the event.
pub(super) fn check(sts: &Sts, user: &User, issued_at: i64) -> Result<(), Refused> {
    if sts.conditional_access.graph_tokens_ended_at().is_some_and(|ended_at| issued_at <= ended_at) {
        return Err(invalid(EXPIRED));
    }
    accounts::demand(sts, user, issued_at).map_or(Ok(()), |claims| Err(demanding(&claims)))
}

/// Continuous access evaluation: the token does not say enough.
pub(super) fn demanding(claims: &str) -> Refused {
    let message = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
                   TokenIssuedBeforeRevocationTimestamp";
    Refused { claims: Some(STANDARD.encode(claims)), ..invalid(message) }
}
