//! Changes by an administrator to the accounts of users: disabled, sessions revoked. Tokens that were issued before are judged
//! by them, too.

use serde_json::json;
use time::OffsetDateTime;

use crate::aadsts::{ACCOUNT_DISABLED, GRANT_REVOKED, Refusal, timestamp};
use crate::{sts::Sts, users::User};

/// How far back Entra dates the tokens of users and applications.
/// <https://github.com/openid/AppAuth-iOS/issues/264>
pub(crate) const DATED_BACK: i64 = 5 * 60;

/// Refuses a user whose account is disabled, or who needs an assignment and has none.
pub(crate) fn check(sts: &Sts, user: &User) -> Result<(), Refusal> {
    if !sts.state.is_enabled(user.oid) {
        return Err(ACCOUNT_DISABLED.with(&[]));
    }
    sts.app_roles.check(user)
}

/// Refuses a grant or an assertion from before its user's sessions were revoked.
pub(crate) fn check_session(sts: &Sts, oid: &str, issued_at: i64) -> Result<(), Refusal> {
    let text = |at| OffsetDateTime::from_unix_timestamp(at).map(timestamp).unwrap_or_default();
    match sts.state.revoked_at(oid) {
        Some(at) if issued_at <= at => Err(GRANT_REVOKED.with(&[&text(issued_at), &text(at)])),
        _ => Ok(()),
    }
}

/// When a token of this user that is dated so was issued: after every event that ended older ones, even within the same second,
/// or while tokens are dated back.
pub(crate) fn issue_time(sts: &Sts, user: &User, dated: i64) -> i64 {
    let ended = [sts.state.revoked_at(user.oid), sts.conditional_access.graph_tokens_ended_at()];
    let after = ended.into_iter().flatten().max().map(|at| at + 1);
    after.map_or(dated, |after| after.max(dated))
}

/// Continuous access evaluation: Graph hears of a disabled account and of revoked sessions at once. These are the claims
/// that it demands then.
/// <https://learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation>
pub(crate) fn demand(sts: &Sts, user: &User, issued_at: i64) -> Option<String> {
    let disabled = (!sts.state.is_enabled(user.oid)).then(|| sts.clock.unix());
    let revoked = sts.state.revoked_at(user.oid).filter(|at| issued_at <= *at);
    let not_before = disabled.or(revoked)?;
    Some(json!({ "access_token": { "nbf": { "essential": true, "value": not_before.to_string() } } }).to_string())
}
