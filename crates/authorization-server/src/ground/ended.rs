//! The ways in which a grant ends, for the audit log.

/// Why a grant ended. That it expires follows from the time and is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client revoked one of its tokens (RFC 7009).
    RevokedByClient,
    /// The owner withdrew the consent.
    Withdrawn,
    /// The operator ended it, or blocked its client.
    EndedByOperator,
    /// Its code was redeemed twice (RFC 6749 §4.1.2).
    CodeReplayed,
    /// One of its refresh tokens was used after its replacement (RFC 9700 §4.14.2).
    RefreshTokenReplayed,
    /// Entra ended the sign-in behind it.
    UpstreamEnded,
    /// Its owner has too many, and newer ones took its place.
    NewerOnes,
    /// Its tokens were never sent, so its code may be redeemed again.
    NotDelivered,
}

impl Ended {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::RevokedByClient,
        Self::Withdrawn,
        Self::EndedByOperator,
        Self::CodeReplayed,
        Self::RefreshTokenReplayed,
        Self::UpstreamEnded,
        Self::NewerOnes,
        Self::NotDelivered,
    ];

    /// The reason in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RevokedByClient => "revoked by the client",
            Self::Withdrawn => "withdrawn by the owner",
            Self::EndedByOperator => "ended by the operator",
            Self::CodeReplayed => "code replayed",
            Self::RefreshTokenReplayed => "refresh token replayed",
            Self::UpstreamEnded => "ended by Entra",
            Self::NewerOnes => "newer ones took its place",
            Self::NotDelivered => "tokens never sent",
        }
    }
}
