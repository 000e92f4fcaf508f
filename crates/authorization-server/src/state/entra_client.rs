//! An application that calls with tokens of Entra, as its owner's document notes it.

use time::OffsetDateTime;

use super::preauthorized::ApplicationId;
use crate::ground::lifetimes::APPROVAL_LIFETIME;

/// An application that called for an owner. It is noted once a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntraClient {
    /// The application.
    pub application: ApplicationId,
    /// When it was first noted.
    pub since: OffsetDateTime,
    /// When it was last noted: on the day of its last call.
    pub last_called: OffsetDateTime,
    /// Whether its tokens are accepted.
    pub standing: Standing,
}

/// Whether the owner accepts the tokens of an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Every token.
    #[default]
    Accepted,
    /// The owner refused the application at this time. None of its tokens is accepted, from before or after.
    Refused(OffsetDateTime),
    /// Tokens are accepted if Entra issued them after this time: the owner refused the application then, and has allowed it again;
    /// or the owner withdrew everything before the application called for the first time.
    AllowedAgain(OffsetDateTime),
}

impl Standing {
    /// Whether a token that was issued at this time, by its `iat`, is accepted. Entra dates `iat` five minutes back, so a token
    /// of the first five minutes after a refusal counts as one from before: it looks the same.
    #[must_use]
    pub fn accepts(self, issued_at: OffsetDateTime) -> bool {
        match self {
            Self::Accepted => true,
            Self::Refused(_) => false,
            Self::AllowedAgain(refused_at) => issued_at > refused_at,
        }
    }

    /// The same, once the owner has allowed the application again.
    #[must_use]
    pub fn allowed_again(self) -> Self {
        match self {
            Self::Refused(at) => Self::AllowedAgain(at),
            other => other,
        }
    }
}

impl EntraClient {
    /// Whether it was noted on the day of this moment.
    #[must_use]
    pub fn is_noted_on(&self, now: OffsetDateTime) -> bool {
        self.last_called.date() == now.date()
    }

    /// Whether the owner refuses it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self.standing, Standing::Refused(_))
    }

    /// Whether it is remembered: a refusal until the owner allows the application again, however long that is silent.
    pub(super) fn stands(&self, now: OffsetDateTime) -> bool {
        self.is_refused() || now < self.last_called + APPROVAL_LIFETIME
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const MIDNIGHT: OffsetDateTime = datetime!(2026-11-25 0:00 UTC);

    fn called(last_called: OffsetDateTime) -> EntraClient {
        let application = ApplicationId::parse("5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5").unwrap();
        EntraClient { application, since: last_called, last_called, standing: Standing::Accepted }
    }

    #[test]
    fn a_day_begins_at_midnight_utc() {
        let client = called(MIDNIGHT);
        for (at, expected) in [
            (MIDNIGHT, true),
            (MIDNIGHT + Duration::DAY - Duration::SECOND, true),
            (MIDNIGHT + Duration::DAY, false),
            (MIDNIGHT - Duration::SECOND, false),
        ] {
            assert_eq!(client.is_noted_on(at), expected, "{at}");
        }
    }

    #[test]
    fn a_note_lasts_ninety_days_and_a_refusal_until_it_is_undone() {
        let end = MIDNIGHT + APPROVAL_LIFETIME;
        let noted = |standing| EntraClient { standing, ..called(MIDNIGHT) };
        for standing in [Standing::Accepted, Standing::AllowedAgain(MIDNIGHT)] {
            assert!(noted(standing).stands(end - Duration::SECOND) && !noted(standing).stands(end), "{standing:?}");
        }
        assert!(noted(Standing::Refused(MIDNIGHT)).stands(end + Duration::days(365 * 100)));
    }

    #[test]
    fn only_what_was_refused_is_allowed_again() {
        assert_eq!(Standing::Accepted.allowed_again(), Standing::Accepted);
        assert_eq!(Standing::Refused(MIDNIGHT).allowed_again(), Standing::AllowedAgain(MIDNIGHT));
        assert_eq!(Standing::AllowedAgain(MIDNIGHT).allowed_again(), Standing::AllowedAgain(MIDNIGHT));
    }

    #[test]
    fn after_a_refusal_that_was_undone_only_later_tokens_are_accepted() {
        let standing = Standing::AllowedAgain(MIDNIGHT + Duration::milliseconds(500));
        for (issued_at, expected) in
            [(MIDNIGHT - Duration::HOUR, false), (MIDNIGHT, false), (MIDNIGHT + Duration::SECOND, true)]
        {
            assert_eq!(standing.accepts(issued_at), expected, "{issued_at}");
        }
    }
}
