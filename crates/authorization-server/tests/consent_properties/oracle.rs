//! The clicks of each browser, with their times. The oracle never asks the server.

use authorization_server::ground::lifetimes::{APPROVAL_LIFETIME, DENIAL_LIFETIME};
use time::OffsetDateTime;

use crate::step::{TARGETS, Target};

/// On what a transaction rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// No consent: nobody has decided, or the owner who signs in must confirm.
    Nothing,
    /// The whole question was answered in the transaction's browser, then.
    Whole(OffsetDateTime),
    /// A remembered approval, given at this time.
    Remembered(OffsetDateTime),
}

/// One owner's consent, and the browsers that know of it.
#[derive(Debug)]
struct Approval {
    owner: usize,
    target: Target,
    browsers: Vec<usize>,
    since: OffsetDateTime,
    renewed_at: OffsetDateTime,
}

struct Withdrawal {
    owner: usize,
    client: Option<usize>,
    at: OffsetDateTime,
}

#[derive(Default)]
pub(crate) struct Oracle {
    approvals: Vec<Approval>,
    withdrawals: Vec<Withdrawal>,
    denials: Vec<(usize, usize, OffsetDateTime)>,
}

impl Approval {
    fn stands(&self, now: OffsetDateTime) -> bool {
        now < self.renewed_at + APPROVAL_LIFETIME
    }
}

impl Oracle {
    /// Whether the owner has withdrawn the consent of that time.
    pub(crate) fn withdrawn(&self, owner: usize, client: usize, decided_at: OffsetDateTime) -> bool {
        let concerns = |withdrawal: &&Withdrawal| {
            withdrawal.owner == owner && withdrawal.client.is_none_or(|other| other == client)
        };
        self.withdrawals.iter().filter(concerns).any(|withdrawal| decided_at <= withdrawal.at)
    }

    /// Whether this owner, signed in in this browser, has consented.
    pub(crate) fn consented(
        &self,
        (browser, owner): (usize, usize),
        target: Target,
        basis: Basis,
        now: OffsetDateTime,
    ) -> bool {
        match basis {
            Basis::Nothing => false,
            Basis::Whole(at) => !self.withdrawn(owner, target.client, at),
            Basis::Remembered(at) => self.approvals.iter().any(|approval| {
                approval.owner == owner
                    && approval.target == target
                    && approval.browsers.contains(&browser)
                    && approval.since <= at
                    && approval.stands(now)
            }),
        }
    }

    /// Whether anybody's consent is known in this browser.
    pub(crate) fn remembers(&self, browser: usize, target: Target, now: OffsetDateTime) -> bool {
        self.approvals
            .iter()
            .any(|approval| approval.target == target && approval.browsers.contains(&browser) && approval.stands(now))
    }

    /// Whether a document may hold this approval.
    pub(crate) fn has_approved(&self, owner: usize, client: usize, uri: &str) -> bool {
        let target = TARGETS.iter().find(|target| target.client == client && target.uri == uri);
        self.approvals.iter().any(|approval| approval.owner == owner && Some(&approval.target) == target)
    }

    pub(crate) fn approve(&mut self, browser: usize, owner: usize, target: Target, now: OffsetDateTime) {
        self.approvals.retain(|approval| approval.stands(now));
        self.undo(browser, target.client);
        let known = self.approvals.iter_mut().find(|approval| approval.owner == owner && approval.target == target);
        match known {
            Some(approval) => {
                approval.renewed_at = now;
                approval.browsers.push(browser);
            }
            None => {
                self.approvals.push(Approval { owner, target, browsers: vec![browser], since: now, renewed_at: now });
            }
        }
    }

    pub(crate) fn withdraw(&mut self, owner: usize, client: Option<usize>, at: OffsetDateTime) {
        self.withdrawals.push(Withdrawal { owner, client, at });
        self.approvals.retain(|approval| {
            approval.owner != owner || client.is_some_and(|client| approval.target.client != client)
        });
    }

    pub(crate) fn deny(&mut self, browser: usize, client: usize, now: OffsetDateTime) {
        self.denials.push((browser, client, now + DENIAL_LIFETIME));
    }

    pub(crate) fn undo(&mut self, browser: usize, client: usize) {
        self.denials.retain(|(other, denied, _)| (*other, *denied) != (browser, client));
    }

    pub(crate) fn denies(&self, browser: usize, client: usize, now: OffsetDateTime) -> bool {
        self.denials.iter().any(|(other, denied, until)| (*other, *denied) == (browser, client) && now < *until)
    }
}
