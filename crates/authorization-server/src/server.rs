//! The authorization server: its ports and its lifetimes. Every use case is a method, in a file of its own.

use std::sync::Arc;

use oauth_protocol::{issuer::BaseUrl, redirect_uri::PrivateUseSchemes, secret::Secret};
use time::{Duration, OffsetDateTime};

use crate::{
    authenticate::GrantCache,
    authorization::Authorization,
    client::Client,
    grant::{Grant, UpstreamTokens},
    owner::Owner,
    ports::{Clock, Entropy, OwnerGrants, Repository, Sealer, Upstream},
};

/// From the consent page to the decision.
pub const CONSENT_LIFETIME: Duration = Duration::minutes(10);
/// From the decision to the code's redemption; longer than the sealed request, so that the single use holds.
pub const AUTHORIZATION_LIFETIME: Duration = Duration::minutes(15);
/// RFC 6749 §4.1.2 allows ten minutes; clients redeem at once.
pub const CODE_LIFETIME: Duration = Duration::seconds(60);
/// The longest life of an access token.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::hours(1);
/// A grant lives this long after its last refresh.
pub const GRANT_LIFETIME: Duration = Duration::days(90);

/// The upstream's tokens are kept a little longer, since they are written less often than the grant.
pub const UPSTREAM_TOKENS_LIFETIME: Duration = Duration::days(91);

/// Everything that the use cases share.
pub struct AuthorizationServer {
    /// Public base URL and issuer.
    pub base: BaseUrl,
    /// Private-use redirect schemes that may be registered.
    pub schemes: PrivateUseSchemes,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Authenticated encryption.
    pub sealer: Arc<dyn Sealer>,
    /// Entra ID.
    pub upstream: Arc<dyn Upstream>,
    /// Registrations.
    pub clients: Arc<dyn Repository<Client>>,
    /// Authorizations from the decision on.
    pub authorizations: Arc<dyn Repository<Authorization>>,
    /// Grants.
    pub grants: Arc<dyn Repository<Grant>>,
    /// Owner documents.
    pub owners: Arc<dyn Repository<Owner>>,
    /// All grants of an owner.
    pub owner_grants: Arc<dyn OwnerGrants>,
    /// Upstream tokens, an item beside each grant.
    pub upstream_tokens: Arc<dyn Repository<UpstreamTokens>>,
    /// Grants read lately by the protected resource; the endpoints never use it.
    pub grant_cache: GrantCache,
}

impl AuthorizationServer {
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(crate) fn random_secret(&self) -> Secret {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes);
        Secret::from_bytes(bytes)
    }
}
