//! The port to Entra ID.

use async_trait::async_trait;
use secrecy::SecretString;
use time::OffsetDateTime;

use crate::{
    ground::{Id, Subject, Unavailable},
    state::{
        api::ApiScopes, claims::Claims, pending_consent::SignInPrompt, roles::Roles, upstream_tokens::UpstreamSecrets,
    },
};

/// One authorization request to Entra.
pub struct SignInRequest<'a> {
    /// Our `state`: authorization id and secret.
    pub state: &'a str,
    /// Our own PKCE challenge.
    pub code_challenge: &'a str,
    /// Bound to the ID token.
    pub nonce: &'a str,
    /// The scopes that this authorization needs, by API.
    pub downstream_scopes: &'a [ApiScopes],
    /// `prompt`.
    pub prompt: SignInPrompt,
    /// At the second leg of a sign-in.
    pub demanded: Option<Demanded<'a>>,
}

/// The demand of Entra that the second leg of a sign-in has to meet.
#[derive(Clone, Copy)]
pub struct Demanded<'a> {
    /// `claims`.
    pub claims: &'a Claims,
    /// `login_hint`: the owner, so that Entra does not ask for the account again. May be empty.
    pub login_hint: &'a str,
}

/// A sign-in that Entra completed. Its ID token was verified.
pub struct SignedInUser {
    /// The owner.
    pub subject: Subject,
    /// The owner's name. It is shown to that owner only.
    pub name: String,
    /// By which Entra knows the account (`login_hint`); empty if the ID token does not say.
    pub login_hint: String,
    /// The tokens.
    pub tokens: UpstreamAnswer,
}

/// Tokens that the upstream's token endpoint has just issued.
#[derive(Clone)]
pub struct UpstreamAnswer {
    /// The access token for this server, which is the assertion of the on-behalf-of exchange.
    pub access_token: SecretString,
    /// `None` if the previous refresh token stays good.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends.
    pub expires_at: OffsetDateTime,
}

impl UpstreamAnswer {
    /// The tokens to store. If the answer has no refresh token, the previous one stays valid.
    #[must_use]
    pub fn secrets(&self, previous: Option<&SecretString>) -> UpstreamSecrets {
        let refresh_token = self.refresh_token.as_ref().or(previous).cloned();
        UpstreamSecrets { access_token: self.access_token.clone(), refresh_token }
    }
}

/// Why the upstream gave no token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UpstreamRefusal {
    /// The user must sign in again, or satisfy `claims`.
    #[error("the upstream requires interaction: {reason}")]
    InteractionRequired {
        /// The claims that an exchange or a sign-in must carry.
        claims: Option<Claims>,
        /// For the log.
        reason: String,
    },
    /// Nobody has consented to these scopes: neither the user nor, for all users, an administrator.
    #[error("the upstream requires consent: {reason}")]
    ConsentRequired {
        /// For the log.
        reason: String,
    },
    /// Any other `invalid_grant`: the code, refresh token or assertion has ended.
    #[error("the upstream refuses the grant: {reason}")]
    InvalidGrant {
        /// For the log.
        reason: String,
    },
    /// A policy of the organisation blocks the user, and no sign-in changes that. An administrator can change the policy.
    #[error("a policy of the organisation blocks the user: {reason}")]
    Blocked {
        /// For the log.
        reason: String,
    },
    /// The upstream refuses this server, or its answer is malformed. An operator has to act.
    #[error("the upstream refuses us: {reason}")]
    Refused {
        /// For the log.
        reason: String,
    },
    /// Unreachable, throttled or 5xx.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl UpstreamRefusal {
    /// Whether this refusal of an exchange at a sign-in, or at its second leg, makes the demand final.
    pub(crate) fn is_final_at_sign_in(&self, is_second: bool) -> bool {
        match self {
            Self::Blocked { .. } | Self::Refused { .. } => true,
            Self::InteractionRequired { .. } | Self::ConsentRequired { .. } | Self::InvalidGrant { .. } => is_second,
            Self::Unavailable(_) => false,
        }
    }
}

/// Why the upstream refuses, where no sign-in changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamBlock {
    /// A policy of the organisation.
    Policy,
    /// A refusal that came again after a sign-in: a consent that only an administrator can give, or a rule.
    Repeated,
}

/// Entra ID, as this server uses it.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Where the browser goes to sign in.
    fn sign_in_url(&self, request: &SignInRequest<'_>) -> String;
    /// Waits until a code can be redeemed and its ID token be verified. An error means that the upstream was not asked, so the sign-in can go on later.
    async fn ready(&self) -> Result<(), Unavailable>;
    /// Redeems the code and verifies the ID token against the nonce.
    async fn redeem(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        nonce: &str,
    ) -> Result<SignedInUser, UpstreamRefusal>;
    /// Redeems a refresh token for a new assertion.
    async fn refresh(&self, refresh_token: &SecretString) -> Result<UpstreamAnswer, UpstreamRefusal>;
    /// Verifies that an access token is Entra's, for this server and of this owner, and has not expired, and reads the roles of
    /// its user. The token is one of [`SignedInUser::tokens`] or of a refresh.
    async fn roles(&self, access_token: &SecretString, owner: Id) -> Result<Roles, UpstreamRefusal>;
    /// The on-behalf-of exchange for scopes of one API, for a token with these claims.
    async fn on_behalf_of(
        &self,
        assertion: &SecretString,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
    ) -> Result<UpstreamAnswer, UpstreamRefusal>;
}
