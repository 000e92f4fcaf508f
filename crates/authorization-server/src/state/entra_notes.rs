//! The notes in an owner's document about applications that call with tokens of Entra.

use time::OffsetDateTime;

use super::{
    entra_client::{EntraClient, Standing},
    owner::Owner,
    preauthorized::ApplicationId,
};

impl Owner {
    /// The note of an application.
    #[must_use]
    pub fn entra_client(&self, application: &ApplicationId) -> Option<&EntraClient> {
        self.entra_clients.iter().find(|client| client.application == *application)
    }

    /// Which tokens of an application are accepted. Of one that is not noted, those from before everything was withdrawn are not.
    #[must_use]
    pub fn standing(&self, application: &ApplicationId) -> Standing {
        let everything = self.withdrawals.iter().rev().find(|withdrawal| withdrawal.client.is_none());
        let unnoted = everything.map(|withdrawal| Standing::AllowedAgain(withdrawal.at)).unwrap_or_default();
        self.entra_client(application).map_or(unnoted, |client| client.standing)
    }

    /// How much the owner accepts: approvals, and applications with tokens of Entra.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.approvals.len() + self.entra_clients.iter().filter(|client| !client.is_refused()).count()
    }

    /// With a note that the application called today.
    #[must_use]
    pub fn noting(mut self, application: &ApplicationId, now: OffsetDateTime) -> Self {
        let standing = self.standing(application);
        match self.entra_clients.iter_mut().find(|client| client.application == *application) {
            Some(client) => client.last_called = now,
            None => self.entra_clients.push(EntraClient {
                application: application.clone(),
                since: now,
                last_called: now,
                standing,
            }),
        }
        self.touched(now)
    }

    /// With this application refused from now on, or every one that is noted.
    #[must_use]
    pub fn refusing(mut self, application: Option<&ApplicationId>, now: OffsetDateTime) -> Self {
        let is_meant = |client: &&mut EntraClient| application.is_none_or(|meant| client.application == *meant);
        for client in self.entra_clients.iter_mut().filter(is_meant) {
            client.standing = Standing::Refused(now);
        }
        self.touched(now)
    }

    /// With this application allowed again.
    #[must_use]
    pub fn allowing_again(mut self, application: &ApplicationId, now: OffsetDateTime) -> Self {
        for client in self.entra_clients.iter_mut().filter(|client| client.application == *application) {
            client.standing = client.standing.allowed_again();
        }
        self.touched(now)
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::ground::{
        Id,
        lifetimes::{APPROVAL_LIFETIME, no_end},
    };

    const NOW: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

    fn application() -> ApplicationId {
        ApplicationId::parse("aebc6443-996d-45c2-90f0-388ff96faa56").unwrap()
    }

    fn noted() -> Owner {
        Owner::new(Id::from_bytes([1; 16]), NOW).noting(&application(), NOW)
    }

    fn accepts(owner: &Owner, issued_at: OffsetDateTime) -> bool {
        owner.entra_client(&application()).unwrap().standing.accepts(issued_at)
    }

    #[test]
    fn a_refusal_stands_for_tokens_from_before_and_after_it() {
        let owner = noted().refusing(Some(&application()), NOW);
        for seconds in [-60, 0, 1, 86_400] {
            assert!(!accepts(&owner, NOW + Duration::seconds(seconds)), "{seconds}");
        }
        assert!(accepts(&noted(), NOW));
    }

    #[test]
    fn a_token_from_before_a_refusal_stays_refused_when_the_application_is_allowed_again() {
        let later = NOW + Duration::HOUR;
        let owner = noted().refusing(None, NOW).allowing_again(&application(), later);
        assert!(!accepts(&owner, NOW - Duration::SECOND));
        assert!(!accepts(&owner, NOW), "times of tokens are whole seconds");
        assert!(accepts(&owner, NOW + Duration::SECOND));
    }

    #[test]
    fn a_refusal_concerns_the_application_that_it_names() {
        let other = ApplicationId::parse("5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5").unwrap();
        assert!(accepts(&noted().refusing(Some(&other), NOW), NOW));
    }

    #[test]
    fn an_application_is_forgotten_ninety_days_after_its_last_call_unless_it_is_refused() {
        let later = NOW + APPROVAL_LIFETIME;
        let other = ApplicationId::parse("5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5").unwrap();
        assert!(noted().noting(&other, later - Duration::SECOND).entra_client(&application()).is_some());
        assert!(noted().noting(&other, later).entra_client(&application()).is_none());
        let refused = noted().refusing(None, NOW).noting(&other, later + APPROVAL_LIFETIME);
        assert!(!accepts(&refused, later + APPROVAL_LIFETIME));
        let allowed = refused.allowing_again(&application(), later + APPROVAL_LIFETIME);
        assert!(allowed.entra_client(&application()).is_none(), "nothing is left to remember");
    }

    #[test]
    fn a_document_with_a_refusal_does_not_expire() {
        let refused = noted().refusing(Some(&application()), NOW);
        assert_eq!((noted().expires_at, refused.expires_at), (NOW + APPROVAL_LIFETIME, no_end()));
        assert_eq!(refused.allowing_again(&application(), NOW).expires_at, NOW + APPROVAL_LIFETIME);
    }
}
