//! The server, its browsers, clients and owners, and every transaction so far.

use authorization_server::{
    endpoints::{consent::Decision, pages::ConsentForm},
    ground::{Clock as _, Id, Subject, lifetimes::AUTHORIZATION_LIFETIME},
    state::grant::{Grant, Status},
};
use oauth_protocol::token_response::TokenResponse;
use proptest::{prelude::*, test_runner::TestCaseResult};
use secrecy::SecretString;
use testkit::{Allowed, Browser, Rig};
use time::{Duration, OffsetDateTime};

use crate::{
    oracle::{Basis, Oracle},
    step::{BROWSERS, CLIENTS, OWNERS, Step, TARGETS, Target},
};

pub(crate) struct World {
    pub(crate) rig: Rig,
    pub(crate) browsers: Vec<Browser>,
    pub(crate) clients: Vec<Id>,
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) oracle: Oracle,
}

/// A page of a transaction.
pub(crate) struct Page {
    pub(crate) form: ConsentForm,
    pub(crate) kind: PageKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageKind {
    Whole,
    Short,
    Denied,
}

pub(crate) struct Transaction {
    pub(crate) id: Id,
    pub(crate) browser: usize,
    pub(crate) target: Target,
    pub(crate) page: Option<Page>,
    pub(crate) basis: Basis,
    /// The button that decided it first.
    pub(crate) decision: Option<Decision>,
    /// When it was last decided, by a click or without.
    pub(crate) decided_at: Option<OffsetDateTime>,
    /// Every way to Entra that it took.
    pub(crate) sign_ins: Vec<Allowed>,
    /// Whether the last of them may still come back.
    pub(crate) under_way: bool,
    /// The owner who is asked after signing in.
    pub(crate) asked: Option<usize>,
    pub(crate) code: Option<Code>,
}

pub(crate) struct Code {
    pub(crate) text: SecretString,
    pub(crate) owner: usize,
    pub(crate) issued_at: OffsetDateTime,
    pub(crate) redeemed: Option<Redeemed>,
}

pub(crate) struct Redeemed {
    pub(crate) at: OffsetDateTime,
    pub(crate) tokens: TokenResponse,
    pub(crate) refreshed_at: OffsetDateTime,
    /// The code came again, too late for a duplicate.
    pub(crate) replayed: bool,
}

impl Transaction {
    pub(crate) fn new(id: Id, browser: usize, target: Target) -> Self {
        Self {
            id,
            browser,
            target,
            page: None,
            basis: Basis::Nothing,
            decision: None,
            decided_at: None,
            sign_ins: Vec::new(),
            under_way: false,
            asked: None,
            code: None,
        }
    }

    /// Whether this decision is answered like its double before.
    pub(crate) fn repeats(&self, decision: Decision, now: OffsetDateTime) -> bool {
        let young = self.decided_at.is_some_and(|decided_at| now < decided_at + Duration::seconds(60));
        let waits_for_entra = self.under_way && self.sign_ins.len() == 1;
        self.decision == Some(decision) && if decision == Decision::Deny { young } else { waits_for_entra }
    }

    /// Decided, and less than 15 minutes ago.
    pub(crate) fn lives(&self, now: OffsetDateTime) -> bool {
        self.decided_at.is_some_and(|decided_at| now < decided_at + AUTHORIZATION_LIFETIME)
    }

    pub(crate) fn leave_for_entra(&mut self, allowed: Allowed, basis: Basis) {
        self.sign_ins.push(allowed);
        self.under_way = true;
        self.basis = basis;
    }
}

pub(crate) fn subject(owner: usize) -> Subject {
    Subject { tid: "tenant".into(), oid: format!("owner-{owner}") }
}

impl World {
    pub(crate) async fn new() -> Self {
        let rig = Rig::new().unwrap();
        let mut clients = Vec::new();
        for client in 0..CLIENTS {
            let uris: Vec<&str> =
                TARGETS.iter().filter(|target| target.client == client).map(|target| target.uri).collect();
            clients.push(Id::parse(&rig.register_for(&uris).await.unwrap()).unwrap());
        }
        let browsers = vec![Browser::default(); BROWSERS];
        let world = Self { rig, browsers, clients, transactions: Vec::new(), oracle: Oracle::default() };
        world.keep_registrations();
        world
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.rig.clock.now()
    }

    pub(crate) fn client_id(&self, client: usize) -> String {
        self.clients[client].to_string()
    }

    /// Registrations expire too, but that is another test.
    fn keep_registrations(&self) {
        for client in &self.clients {
            let expires_at = self.now() + Duration::days(400);
            self.rig.clients.change(client, |client| {
                let mut client = client.clone();
                client.expires_at = expires_at;
                client
            });
        }
    }

    pub(crate) async fn take(&mut self, step: Step) -> TestCaseResult {
        self.rig.clock.advance(Duration::SECOND);
        match step {
            Step::Authorize(authorize) => self.authorize(authorize).await,
            Step::Decide { back, elsewhere, decision } => self.decide(back, elsewhere, decision).await,
            Step::CallBack { back, elsewhere, owner, first_state } => {
                self.call_back(back, elsewhere, owner, first_state).await
            }
            Step::Confirm { back, elsewhere, decision } => self.confirm(back, elsewhere, decision).await,
            Step::Redeem { back, other_client } => self.redeem(back, other_client).await,
            Step::Refresh { back } => self.refresh(back).await,
            Step::Withdraw { owner, client } => {
                let withdrawn = client.map(|client| self.clients[client]);
                self.rig.server.withdraw(subject(owner).owner_key(), &[withdrawn]).await.unwrap();
                self.oracle.withdraw(owner, client, self.now());
                Ok(())
            }
            Step::Wait(duration) => {
                self.rig.clock.advance(duration);
                self.keep_registrations();
                Ok(())
            }
        }
    }

    /// The newest but `back` of the transactions that qualify.
    pub(crate) fn nth(&self, back: usize, qualifies: impl Fn(&Transaction) -> bool) -> Option<usize> {
        (0..self.transactions.len()).rev().filter(|index| qualifies(&self.transactions[*index])).nth(back)
    }

    /// Whether tokens of this transaction's grant are to be accepted.
    pub(crate) fn stands(&self, transaction: &Transaction) -> bool {
        let Some(code) = &transaction.code else { return false };
        let Some(redeemed) = &code.redeemed else { return false };
        let decided_at = transaction.decided_at.unwrap();
        !redeemed.replayed && !self.oracle.withdrawn(code.owner, transaction.target.client, decided_at)
    }

    /// The store holds no grant without consent, and no grant whose consent was withdrawn.
    pub(crate) fn agrees_with_the_store(&self) -> TestCaseResult {
        for grant in self.rig.grants.all() {
            self.is_accounted_for(&grant)?;
        }
        for owner in 0..OWNERS {
            let document = self.rig.owners.peek(&subject(owner).owner_key());
            for approval in document.iter().flat_map(|document| &document.approvals) {
                let client = self.clients.iter().position(|client| *client == approval.client).unwrap();
                let lapsed = !approval.stands(self.now());
                let approved = self.oracle.has_approved(owner, client, approval.receiver.as_str());
                prop_assert!(lapsed || approved, "owner {owner}: {approval:?}");
                prop_assert_eq!(approval.scope.to_string(), "user.read");
            }
        }
        Ok(())
    }

    fn is_accounted_for(&self, grant: &Grant) -> TestCaseResult {
        let transaction = self.transactions.iter().find(|transaction| transaction.id == grant.key.grant).unwrap();
        let owner = transaction.code.as_ref().map(|code| subject(code.owner).owner_key());
        prop_assert_eq!(Some(grant.key.owner), owner);
        prop_assert_eq!(grant.client, self.clients[transaction.target.client]);
        prop_assert_eq!(grant.scope.to_string(), "user.read");
        prop_assert_eq!(grant.status == Status::Active, self.stands(transaction));
        prop_assert_eq!(self.rig.upstream_tokens.peek(&grant.key).is_some(), self.stands(transaction));
        Ok(())
    }
}
