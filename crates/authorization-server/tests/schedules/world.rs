//! One store, one Entra, and the processes on them.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use authorization_server::{
    Ports,
    state::{
        authorization::Authorization, blocks::Blocks, client::Client, grant::Grant, operator_record::OperatorRecord,
        owner::Owner, upstream_tokens::UpstreamTokens,
    },
};
use testkit::{AuditTrail, ManualClock, Rig, SeededEntropy};

use crate::model::{Caller, Entra, Handle, Issued, OpenSealer, Table};

/// The state that processes share.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) clients: Arc<Table<Client>>,
    pub(crate) authorizations: Arc<Table<Authorization>>,
    pub(crate) grants: Arc<Table<Grant>>,
    pub(crate) owners: Arc<Table<Owner>>,
    pub(crate) upstream_tokens: Arc<Table<UpstreamTokens>>,
    pub(crate) blocks: Arc<Table<Blocks>>,
    pub(crate) operator_records: Arc<Table<OperatorRecord>>,
    /// Whether reading the blocks is a turn: only in scenarios that are about them, since every request reads them.
    pub(crate) blocks_take_turns: bool,
    pub(crate) audit: Arc<AuditTrail>,
    pub(crate) issued: Arc<Issued>,
    started: AtomicU64,
}

/// One process, with one request to answer.
pub(crate) struct Process {
    pub(crate) rig: Rig,
    pub(crate) caller: Arc<Caller>,
}

impl World {
    /// The same world apart. The clock of the original must not have moved.
    pub(crate) fn copy(&self) -> Self {
        Self {
            clock: Arc::default(),
            clients: Arc::new(self.clients.copy()),
            authorizations: Arc::new(self.authorizations.copy()),
            grants: Arc::new(self.grants.copy()),
            owners: Arc::new(self.owners.copy()),
            upstream_tokens: Arc::new(self.upstream_tokens.copy()),
            blocks: Arc::new(self.blocks.copy()),
            operator_records: Arc::new(self.operator_records.copy()),
            blocks_take_turns: self.blocks_take_turns,
            audit: Arc::default(),
            issued: Arc::new(self.issued.copy()),
            started: AtomicU64::new(self.started.load(Ordering::Relaxed)),
        }
    }

    /// A process by itself, that has just been started.
    pub(crate) fn alone(&self) -> Arc<Process> {
        self.process(&Caller::alone())
    }

    /// A process for this caller.
    pub(crate) fn process(&self, caller: &Arc<Caller>) -> Arc<Process> {
        let mut rig = Rig::new().unwrap();
        let clock = Arc::clone(&self.clock);
        let upstream = Entra {
            issued: Arc::clone(&self.issued),
            clock: clock.clone(),
            caller: Arc::clone(caller),
            brings: Arc::default(),
        };
        let (grants, at_once) = (Handle::new(&self.grants, caller), Caller::alone());
        rig.clock = Arc::clone(&clock);
        rig.ports = Ports {
            clock,
            entropy: Arc::new(SeededEntropy::new(self.started.fetch_add(1, Ordering::Relaxed))),
            sealer: Arc::new(OpenSealer),
            upstream: Arc::new(upstream),
            audit: Arc::clone(&self.audit) as _,
            clients: Handle::new(&self.clients, caller),
            authorizations: Handle::new(&self.authorizations, caller),
            grants: grants.clone(),
            owners: Handle::new(&self.owners, caller),
            owner_grants: grants,
            upstream_tokens: Handle::new(&self.upstream_tokens, caller),
            blocks: Handle::new(&self.blocks, if self.blocks_take_turns { caller } else { &at_once }),
            operator_records: Handle::new(&self.operator_records, &at_once),
            client_list: Arc::clone(&rig.clients) as _,
            operator_record_list: Arc::clone(&rig.operator_records) as _,
            ..rig.ports
        };
        rig.server = Arc::new(rig.second_process());
        Arc::new(Process { rig, caller: Arc::clone(caller) })
    }
}
