//! A sign-in that Entra refuses for a reason that only an administrator can change.

use oauth_protocol::callback_response::UpstreamError;

use super::upstream_code::NotRedeemed;
use crate::upstream::UpstreamRefusal;

/// Why Entra does not sign the user in. Signing in again does not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInBlock {
    /// A policy of Conditional Access, by place, device, application or risk.
    Policy,
    /// The application requires an assignment, and the user has none.
    Assignment,
    /// Only an administrator can consent to what the application asks for.
    Consent,
}

/// The page that says who can change it.
pub struct BlockedPage {
    /// The reason of the block.
    pub block: SignInBlock,
    /// The host of the client's redirect URI.
    pub host: String,
    /// The client's redirect URI with `access_denied`.
    pub return_to: String,
}

impl SignInBlock {
    /// The reason in Entra's answer to an authorization request. That answer has no `suberror`, so its number decides. The
    /// client hears the same for every number: only the page depends on it.
    fn of(error: &UpstreamError) -> Option<Self> {
        match error.number? {
            53_000..=53_004 | 53_009 | 53_011 | 530_032 | 530_034 => Some(Self::Policy),
            50_105 => Some(Self::Assignment),
            90_094 | 90_095 => Some(Self::Consent),
            _ => None,
        }
    }
}

impl NotRedeemed {
    /// The block, if that is why no code was redeemed.
    pub(crate) fn block(&self) -> Option<SignInBlock> {
        match self {
            Self::Error(error) => SignInBlock::of(error),
            Self::Refused(UpstreamRefusal::Blocked { .. }) => Some(SignInBlock::Policy),
            Self::Refused(_) | Self::Malformed => None,
        }
    }
}
