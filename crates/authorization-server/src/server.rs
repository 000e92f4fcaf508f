//! The authorization server, which all use cases share. Each use case is a method in a file of its own.

use std::{num::NonZeroU32, sync::Arc};

use oauth_protocol::{issuer::BaseUrl, redirect_uri::PrivateUseSchemes, scope::Scope, secret::Secret};
use time::Duration;
use zeroize::Zeroizing;

use crate::{
    block_copy::BlockCopy,
    client_documents::{ClientDocuments, ClientSignatures},
    entra_tokens::EntraTokenVerifier,
    grant_cache::GrantCache,
    ground::{
        AuditEvent, AuditLog, Clock, DocumentHosts, Entropy, GrantKey, Id, ListedRecords, OwnedRecords, OwnerLimit,
        Recent, Repository, Sealable, Sealed, Sealer, Unavailable,
    },
    state::{
        api::ApiScopes, authorization::Authorization, blocks::Blocks, challenged_token::ChallengedToken,
        client::Client, entra_client::Standing, family::FamilyKey, grant::Grant, operator_record::OperatorRecord,
        owner::Owner, preauthorized::PreauthorizedClients, scopes, spent_assertion::SpentAssertion,
        upstream_tokens::UpstreamTokens,
    },
    upstream::{Upstream, UpstreamRefusal},
    waiting_registrations::WaitingRegistrations,
};

/// How long an owner's decision about an application is believed before it is read again; a grant is believed as long.
const STANDING_LIFETIME: Duration = Duration::seconds(30);

/// How long the upstream's refusal of an exchange is believed, if it came again with a renewed assertion. The next call would renew it
/// once more, and so ask twice.
const REFUSED_EXCHANGE_LIFETIME: Duration = Duration::seconds(30);

/// The ports of the authorization server.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The keyring.
    pub sealer: Arc<dyn Sealer>,
    /// Entra ID.
    pub upstream: Arc<dyn Upstream>,
    /// The documents that clients publish.
    pub client_documents: Arc<dyn ClientDocuments>,
    /// The signatures of clients.
    pub client_signatures: Arc<dyn ClientSignatures>,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// Clients.
    pub clients: Arc<dyn Repository<Client>>,
    /// Authorizations, from the decision on.
    pub authorizations: Arc<dyn Repository<Authorization>>,
    /// Grants.
    pub grants: Arc<dyn Repository<Grant>>,
    /// Owner documents.
    pub owners: Arc<dyn Repository<Owner>>,
    /// All grants of an owner.
    pub owner_grants: Arc<dyn OwnedRecords<Grant>>,
    /// Client assertions that were used.
    pub spent_assertions: Arc<dyn Repository<SpentAssertion>>,
    /// Tokens of Entra that lack claims.
    pub challenged_tokens: Arc<dyn Repository<ChallengedToken>>,
    /// The list of clients: those in use first.
    pub client_list: Arc<dyn ListedRecords<Client>>,
    /// Upstream tokens, one record beside each grant.
    pub upstream_tokens: Arc<dyn Repository<UpstreamTokens>>,
    /// The operator's blocks, one document.
    pub blocks: Arc<dyn Repository<Blocks>>,
    /// The decisions of operators.
    pub operator_records: Arc<dyn Repository<OperatorRecord>>,
    /// The list of it: the newest first.
    pub operator_record_list: Arc<dyn ListedRecords<OperatorRecord>>,
}

/// How much may be stored for callers.
#[derive(Clone, Copy, Debug)]
pub struct StoredLimits {
    /// Registrations that wait for their first use.
    pub waiting_registrations: NonZeroU32,
    /// Grants of an owner.
    pub grants: OwnerLimit,
}

/// The rules of the authorization server and of the protected resource behind it.
pub struct AuthorizationServer {
    base: BaseUrl,
    schemes: PrivateUseSchemes,
    pub(crate) ports: Ports,
    pub(crate) grant_cache: GrantCache,
    pub(crate) block_copy: BlockCopy,
    pub(crate) waiting_registrations: WaitingRegistrations,
    pub(crate) grants_of_owner: OwnerLimit,
    default_scope: Scope,
    document_hosts: DocumentHosts,
    pub(crate) entra_tokens: Option<EntraTokenAcceptance>,
    pub(crate) entra_standings: Recent<(Id, Id), Standing>,
    /// By grant, scopes, and the id of the claims.
    pub(crate) refused_exchanges: Recent<(GrantKey, ApiScopes, Option<Id>), UpstreamRefusal>,
    /// The grants whose tokens had no current roles, not even renewed. The next call would renew them once more.
    pub(crate) renewed_without_roles: Recent<GrantKey, ()>,
}

/// The tokens of Entra that are accepted: those that it issued to these clients.
pub(crate) struct EntraTokenAcceptance {
    pub(crate) preauthorized: PreauthorizedClients,
    pub(crate) verifier: Arc<dyn EntraTokenVerifier>,
}

impl AuthorizationServer {
    /// A server at this base URL, where clients may register these private-use redirect schemes.
    #[must_use]
    pub fn new(base: BaseUrl, schemes: PrivateUseSchemes, limits: StoredLimits, ports: Ports) -> Self {
        Self {
            base,
            schemes,
            ports,
            grant_cache: GrantCache::default(),
            block_copy: BlockCopy::default(),
            waiting_registrations: WaitingRegistrations::new(limits.waiting_registrations),
            grants_of_owner: limits.grants,
            default_scope: scopes::first(),
            document_hosts: DocumentHosts::default(),
            entra_tokens: None,
            entra_standings: Recent::believed_for(STANDING_LIFETIME),
            refused_exchanges: Recent::believed_for(REFUSED_EXCHANGE_LIFETIME),
            renewed_without_roles: Recent::believed_for(UpstreamTokens::RENEWAL_INTERVAL),
        }
    }

    /// The same server, with the scope that a client gets at its first sign-in if it asks for none.
    #[must_use]
    pub fn with_default_scope(self, default_scope: Scope) -> Self {
        Self { default_scope, ..self }
    }

    /// The same server, for clients that these hosts publish.
    #[must_use]
    pub fn with_document_hosts(self, document_hosts: DocumentHosts) -> Self {
        Self { document_hosts, ..self }
    }

    /// The same server, for these applications, which get their tokens from Entra themselves. Without any, every such token is
    /// refused. The log says by which ids it knows them.
    #[must_use]
    pub fn with_entra_clients(
        self,
        preauthorized: PreauthorizedClients,
        verifier: Arc<dyn EntraTokenVerifier>,
    ) -> Self {
        for application in preauthorized.applications() {
            tracing::info!(%application, client = %application.client(), "tokens of Entra are accepted from this application");
        }
        let entra_tokens = (!preauthorized.is_empty()).then_some(EntraTokenAcceptance { preauthorized, verifier });
        Self { entra_tokens, ..self }
    }

    /// The hosts that may publish clients.
    #[must_use]
    pub fn document_hosts(&self) -> &DocumentHosts {
        &self.document_hosts
    }

    /// Whether documents and keys of clients may come from this host: not from this server itself, where fetching them would be
    /// a request that makes it fetch the next.
    #[must_use]
    pub fn takes_documents_of(&self, host: &str) -> bool {
        let own = self.base.host().split(':').next();
        self.document_hosts.allow(host) && own != Some(host)
    }

    /// The scope that a client gets if it asks for none. Metadata and challenges name it.
    #[must_use]
    pub fn default_scope(&self) -> &Scope {
        &self.default_scope
    }

    /// The public base URL, which is also the issuer.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// The private-use redirect schemes that clients may register.
    #[must_use]
    pub fn schemes(&self) -> &PrivateUseSchemes {
        &self.schemes
    }

    /// The current time of the injected clock.
    #[must_use]
    pub fn now(&self) -> time::OffsetDateTime {
        self.ports.clock.now()
    }

    /// Whether the keyring seals, for a health check.
    pub async fn check_keyring(&self) -> Result<(), Unavailable> {
        self.ports.sealer.seal("health", b"").await.map(drop)
    }

    pub(crate) fn report(&self, event: AuditEvent) {
        self.ports.audit.report(&event);
    }

    pub(crate) async fn seal<T: Sealable>(&self, value: &T, bound_to: T::BoundTo) -> Result<Sealed<T>, Unavailable> {
        Sealed::seal(self.ports.sealer.as_ref(), value, bound_to).await
    }

    pub(crate) async fn open<T: Sealable>(
        &self,
        sealed: &Sealed<T>,
        bound_to: T::BoundTo,
    ) -> Result<Option<T>, Unavailable> {
        sealed.open(self.ports.sealer.as_ref(), bound_to).await
    }

    pub(crate) fn random_id(&self) -> Id {
        Id::random(self.ports.entropy.as_ref())
    }

    pub(crate) fn random_family_key(&self) -> FamilyKey {
        let mut bytes = Zeroizing::new([0; 32]);
        self.ports.entropy.fill(bytes.as_mut_slice());
        FamilyKey::from_bytes(bytes)
    }

    pub(crate) fn random_secret(&self) -> Secret {
        let mut bytes = [0; 32];
        self.ports.entropy.fill(&mut bytes);
        Secret::from_bytes(bytes)
    }
}
