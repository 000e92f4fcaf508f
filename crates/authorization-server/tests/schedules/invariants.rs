//! The invariants after every schedule.

use std::sync::Arc;

use authorization_server::{
    endpoints::token_error::TokenError,
    ground::EventName,
    resource::downstream::DownstreamTokens as _,
    state::grant::{Grant, Status},
};
use secrecy::ExposeSecret as _;
use time::Duration;

use crate::{
    crowd::Asked,
    model::{Written, at_once},
    start::{Start, Tokens, Told},
    world::{Process, World},
};

/// How long a process may believe what it has read.
const BELIEVED_FOR: Duration = Duration::seconds(30);

impl World {
    /// A code has one grant at most, a grant one family, no generation is undone, and nothing follows a revocation.
    pub(crate) fn has_a_sound_history(&self) {
        let written = self.grants.written();
        for first in written.iter().filter(|written| written.created) {
            let id = first.value.key.grant;
            let versions: Vec<&Written<Grant>> = written.iter().filter(|other| other.value.key.grant == id).collect();
            assert_eq!(versions.iter().filter(|version| version.created).count(), 1, "two grants for one code");
            for pair in versions.windows(2) {
                follows(&pair[0].value, &pair[1].value);
            }
            self.audits_each_write_once(&versions);
        }
    }

    /// No event is without its write, or reported twice. It may be missing, if its process died or heard no answer.
    fn audits_each_write_once(&self, versions: &[&Written<Grant>]) {
        let (grant, events) = (versions[0].value.key.grant, self.audit.events());
        let reported = |name| events.iter().filter(|event| event.name == name && event.grant == Some(grant)).count();
        let written = |is: fn(&Grant, &Grant) -> bool| {
            versions.windows(2).filter(|pair| is(&pair[0].value, &pair[1].value)).count()
        };
        let made = 1 + written(|before, after| before.status == Status::Unissued && after.status == Status::Active);
        let refreshed = written(|before, after| before.family.generation < after.family.generation);
        let ended = written(|before, after| is_held(before.status) && !is_held(after.status));
        for (name, writes) in
            [(EventName::GrantMade, made), (EventName::GrantRefreshed, refreshed), (EventName::GrantEnded, ended)]
        {
            assert!(reported(name) <= writes, "{name:?} {} times for {writes} writes", reported(name));
        }
    }

    /// After a revocation, Entra's tokens are deleted too.
    pub(crate) fn keeps_nothing_of_what_was_revoked(&self) {
        let (grants, kept) = (self.grants.all(), self.upstream_tokens.all());
        for grant in grants.iter().filter(|grant| grant.status == Status::Revoked) {
            assert!(kept.iter().all(|tokens| tokens.key != grant.key), "Entra's tokens outlive their grant");
        }
    }

    /// No process accepts these tokens half a minute later, and a refresh hears that the client is blocked.
    pub(crate) fn refuses(&self, start: &Start, tokens: &Tokens, processes: &[Arc<Process>]) {
        self.clock.advance(BELIEVED_FOR);
        for process in processes.iter().chain([&self.alone()]) {
            let accepted = at_once(process.rig.accepts(&tokens.access)).unwrap();
            assert!(!accepted, "a blocked client is accepted");
        }
        let refreshed = start.alone(start.refresh(tokens));
        assert!(matches!(refreshed, Err(TokenError::ClientBlocked)), "a blocked client refreshes");
    }

    /// These tokens are accepted, and so are their successors, which are returned.
    pub(crate) fn goes_on_with(&self, start: &Start, tokens: &Tokens) -> Tokens {
        let process = self.alone();
        let principal = at_once(process.rig.server.authenticate(tokens.access.expose_secret())).unwrap();
        let principal = principal.expect("an access token that was given out is refused");
        at_once(process.rig.server.token(&principal, &testkit::user_read(), None)).expect("Entra's tokens are gone");
        start.alone(start.refresh(tokens)).expect("a refresh token that was given out is refused")
    }

    /// Every process refuses these tokens once its cache has expired.
    pub(crate) fn has_ended(&self, start: &Start, tokens: &Tokens, processes: &[Arc<Process>]) {
        self.clock.advance(BELIEVED_FOR);
        for process in processes.iter().chain([&self.alone()]) {
            let principal = at_once(process.rig.server.authenticate(tokens.access.expose_secret())).unwrap();
            assert!(principal.is_none(), "an access token of what has ended is accepted");
            let refreshed = at_once(start.refresh(tokens)(&process.rig));
            assert!(matches!(refreshed, Err(TokenError::InvalidGrant(_))), "a refresh token of what has ended lives");
        }
    }
}

fn is_held(status: Status) -> bool {
    matches!(status, Status::Active | Status::Marked)
}

fn follows(before: &Grant, after: &Grant) {
    assert_ne!(before.status, Status::Revoked, "something was written over a revocation");
    assert_eq!(before.version + 1, after.version, "a version was written over");
    assert!(before.family.sealed_key.as_str() == after.family.sealed_key.as_str(), "two families");
    let rotations = after.family.generation.checked_sub(before.family.generation);
    assert!(rotations.is_some_and(|rotations| rotations <= 1), "a generation was undone or skipped");
}

/// The answers to the callers, each kind explained.
pub(crate) fn tokens_given(asked: &[Asked<Told>]) -> Vec<Tokens> {
    let mut given = Vec::new();
    for asked in asked {
        match asked.answer() {
            Some(Ok(tokens)) => given.push(tokens),
            Some(Err(TokenError::Unavailable(reason))) => assert!(asked.disturbed(), "{reason} for no reason"),
            Some(Err(TokenError::InvalidGrant(_))) | None => {}
            Some(Err(other)) => panic!("an honest request is refused: {other}"),
        }
    }
    given
}
