//! How long each thing lives.

use time::{Duration, OffsetDateTime};

/// From the consent page to the decision.
pub const CONSENT_LIFETIME: Duration = Duration::minutes(10);
/// From the decision to the redemption of the code. It exceeds [`CONSENT_LIFETIME`], so that a consent page cannot decide
/// twice.
pub const AUTHORIZATION_LIFETIME: Duration = Duration::minutes(15);
/// From the issue of a code to its redemption. RFC 6749 §4.1.2 allows ten minutes; clients redeem at once.
pub const CODE_LIFETIME: Duration = Duration::seconds(60);
/// The longest life of an access token.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::hours(1);
/// The longest life of an access token of Entra, which it has with continuous access evaluation
/// (<https://learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation>).
pub const ENTRA_TOKEN_LIFETIME: Duration = Duration::hours(28);
/// From the issue of Entra's access token to the time when the roles in it have to be read again.
pub const ROLES_LIFETIME: Duration = Duration::hours(1);
/// From the last refresh to the end of a grant.
pub const GRANT_LIFETIME: Duration = Duration::days(90);
/// From the revocation of a grant to the end of its record. It exceeds [`AUTHORIZATION_LIFETIME`], so that the code of the grant
/// cannot make it anew, and [`ACCESS_TOKEN_LIFETIME`]. A grant that is not stored is refused like one that is revoked.
pub const REVOKED_GRANT_LIFETIME: Duration = Duration::hours(2);
/// From the last refresh at the upstream. It exceeds [`GRANT_LIFETIME`], since the upstream's tokens are written less often.
pub const UPSTREAM_TOKENS_LIFETIME: Duration = Duration::days(91);
/// From the approval to its end.
pub const APPROVAL_LIFETIME: Duration = Duration::days(90);
/// From a denial to its end.
pub const DENIAL_LIFETIME: Duration = Duration::hours(24);
/// From a demand of Entra to its end.
pub const DEMAND_LIFETIME: Duration = Duration::days(1);
/// From the use of a client assertion until its id is forgotten. It exceeds the time for which one is accepted, by more than the
/// clocks of processes differ.
pub const SPENT_ASSERTION_LIFETIME: Duration = Duration::minutes(15);
/// From the sign-in on the page of connections to its end.
pub const OWNER_SESSION_LIFETIME: Duration = Duration::minutes(10);
/// From the sign-in on the operator's page to its end, and so the longest time for which a role that was taken away still opens
/// that page.
pub const OPERATOR_SESSION_LIFETIME: Duration = Duration::minutes(10);
/// From a decision of an operator to the end of its record.
pub const OPERATOR_RECORD_LIFETIME: Duration = Duration::days(400);
/// From the registration of a client to its end, if the client never redeems a code.
pub const UNUSED_CLIENT_LIFETIME: Duration = Duration::days(30);
/// From the fetch of a metadata document to the end of its client, if the client never redeems a code. It exceeds the time for
/// which a document is fresh and that of a sign-in.
pub const UNUSED_DOCUMENT_LIFETIME: Duration = Duration::days(2);
/// From the last use of a client to the end of its registration.
pub const USED_CLIENT_LIFETIME: Duration = Duration::days(400);

/// The end of a record that stands until it is withdrawn: a time that is never reached.
#[must_use]
pub fn no_end() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::days(365 * 1000)
}
