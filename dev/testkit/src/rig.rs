//! An authorization server on stand-ins that a test can reach.

use std::{num::NonZeroU32, sync::Arc};

use authorization_server::{
    AuthorizationServer, Ports, StoredLimits,
    ground::{Dependency, OwnerLimit},
    state::{
        authorization::Authorization, blocks::Blocks, client::Client, grant::Grant, operator_record::OperatorRecord,
        owner::Owner, spent_assertion::SpentAssertion, upstream_tokens::UpstreamTokens,
    },
};
use oauth_protocol::{
    issuer::{BaseUrl, BaseUrlError},
    redirect_uri::PrivateUseSchemes,
};

use crate::{
    AuditTrail, Faults, HashedSignatures, ManualClock, MemorySealer, MemoryStore, PublishedDocuments, ScriptedUpstream,
    SeededEntropy,
};

/// Limits that no test reaches by the way.
pub const LIMITS: StoredLimits = StoredLimits {
    waiting_registrations: NonZeroU32::new(10_000).unwrap(),
    grants: OwnerLimit::new(NonZeroU32::new(10_000).unwrap()),
};

/// Everything around one authorization server, and the server.
pub struct Rig {
    /// The server; its grant cache is its own.
    pub server: Arc<AuthorizationServer>,
    /// The ports that the server was made from.
    pub ports: Ports,
    /// Its time.
    pub clock: Arc<ManualClock>,
    /// Whether the store answers, and how often it was asked.
    pub store: Arc<Faults>,
    /// Whether the keyring answers.
    pub keyring: Arc<Faults>,
    /// The keyring.
    pub sealer: Arc<MemorySealer>,
    /// Entra.
    pub upstream: Arc<ScriptedUpstream>,
    /// The hosts that publish clients.
    pub documents: Arc<PublishedDocuments>,
    /// The audit log.
    pub audit: Arc<AuditTrail>,
    /// Registrations.
    pub clients: Arc<MemoryStore<Client>>,
    /// Authorizations.
    pub authorizations: Arc<MemoryStore<Authorization>>,
    /// Grants.
    pub grants: Arc<MemoryStore<Grant>>,
    /// Owner documents.
    pub owners: Arc<MemoryStore<Owner>>,
    /// Client assertions that were used.
    pub spent_assertions: Arc<MemoryStore<SpentAssertion>>,
    /// Upstream tokens.
    pub upstream_tokens: Arc<MemoryStore<UpstreamTokens>>,
    /// The operator's blocks. They are read by the clock, so they have faults and a count of their own.
    pub blocks: Arc<MemoryStore<Blocks>>,
    /// The decisions of operators.
    pub operator_records: Arc<MemoryStore<OperatorRecord>>,
    /// Whether the store answers for the blocks.
    pub block_store: Arc<Faults>,
}

impl Rig {
    /// A server at `https://mcp.example.com` to which nothing has happened yet.
    pub fn new() -> Result<Self, BaseUrlError> {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(Faults::new(Dependency::Store));
        let keyring = Arc::new(Faults::new(Dependency::Keyring));
        let sealer = Arc::new(MemorySealer::new(Arc::clone(&keyring)));
        let upstream = Arc::new(ScriptedUpstream::new(Arc::clone(&clock)));
        let (documents, audit) = (Arc::new(PublishedDocuments::default()), Arc::new(AuditTrail::default()));
        let clients = Arc::new(MemoryStore::new(Arc::clone(&store)));
        let authorizations = Arc::new(MemoryStore::new(Arc::clone(&store)));
        let grants = Arc::new(MemoryStore::new(Arc::clone(&store)));
        let owners = Arc::new(MemoryStore::new(Arc::clone(&store)));
        let spent_assertions = Arc::new(MemoryStore::new(Arc::clone(&store)));
        let upstream_tokens = Arc::new(MemoryStore::new(Arc::clone(&store)));
        let block_store = Arc::new(Faults::new(Dependency::Store));
        let blocks = Arc::new(MemoryStore::new(Arc::clone(&block_store)));
        let operator_records = Arc::new(MemoryStore::new(Arc::clone(&store)));
        let ports = Ports {
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(SeededEntropy::new(1)),
            sealer: Arc::clone(&sealer) as _,
            upstream: Arc::clone(&upstream) as _,
            client_documents: Arc::clone(&documents) as _,
            client_signatures: Arc::new(HashedSignatures),
            audit: Arc::clone(&audit) as _,
            clients: Arc::clone(&clients) as _,
            authorizations: Arc::clone(&authorizations) as _,
            grants: Arc::clone(&grants) as _,
            owners: Arc::clone(&owners) as _,
            owner_grants: Arc::clone(&grants) as _,
            spent_assertions: Arc::clone(&spent_assertions) as _,
            challenged_tokens: Arc::new(MemoryStore::new(Arc::clone(&store))),
            upstream_tokens: Arc::clone(&upstream_tokens) as _,
            blocks: Arc::clone(&blocks) as _,
            operator_records: Arc::clone(&operator_records) as _,
            client_list: Arc::clone(&clients) as _,
            operator_record_list: Arc::clone(&operator_records) as _,
        };
        let base = BaseUrl::parse("https://mcp.example.com")?;
        let server = Arc::new(AuthorizationServer::new(base, PrivateUseSchemes::default(), LIMITS, ports.clone()));
        Ok(Self {
            server,
            ports,
            clock,
            store,
            keyring,
            sealer,
            upstream,
            documents,
            audit,
            clients,
            authorizations,
            grants,
            owners,
            spent_assertions,
            upstream_tokens,
            blocks,
            operator_records,
            block_store,
        })
    }

    /// The grant, if there is exactly one.
    #[must_use]
    pub fn only_grant(&self) -> Option<Grant> {
        let mut grants = self.grants.all();
        grants.pop().filter(|_| grants.is_empty())
    }

    /// Another process on the same store, keyring and upstream.
    #[must_use]
    pub fn second_process(&self) -> AuthorizationServer {
        AuthorizationServer::new(self.server.base().clone(), PrivateUseSchemes::default(), LIMITS, self.ports.clone())
    }
}
