//! The audit log: who got which grant, how it ended, and which requests were refused.
//!
//! An event is reported right after the conditional write that made it true, by the process whose write stood. A decision
//! may be made several times for one write, so a decision reports nothing.

use super::{EventName, GrantKey, Holder, Id};

/// The port to the audit log.
pub trait AuditLog: Send + Sync {
    /// Writes the event.
    fn report(&self, event: &AuditEvent);
}

/// One event. It holds ids and fixed texts only, so nothing that a caller sent gets into the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// The name of the event.
    pub name: EventName,
    /// The owner whom it concerns.
    pub owner: Option<Id>,
    /// The operator who decided, by the same kind of id.
    pub operator: Option<Id>,
    /// The grant.
    pub grant: Option<Id>,
    /// The client.
    pub client: Option<Id>,
    /// The authorization. A grant has the id of the authorization that it came from.
    pub authorization: Option<Id>,
    /// Why, or in which way.
    pub reason: Option<&'static str>,
    /// The endpoint that refused a request.
    pub endpoint: Option<&'static str>,
    /// The generation of a refresh token.
    pub generation: Option<u32>,
}

impl AuditEvent {
    /// Concerns this owner.
    #[must_use]
    pub fn owner(self, owner: Id) -> Self {
        Self { owner: Some(owner), ..self }
    }

    /// Was decided by this operator.
    #[must_use]
    pub fn operator(self, operator: Id) -> Self {
        Self { operator: Some(operator), ..self }
    }

    /// Concerns this grant and its owner.
    #[must_use]
    pub fn grant(self, key: GrantKey) -> Self {
        Self { owner: Some(key.owner), grant: Some(key.grant), ..self }
    }

    /// Concerns this client, its owner and its grant.
    #[must_use]
    pub fn holder(self, Holder { owner, client, grant }: Holder) -> Self {
        Self { owner: Some(owner), client: Some(client), grant, ..self }
    }

    /// Concerns this client.
    #[must_use]
    pub fn client(self, client: impl Into<Option<Id>>) -> Self {
        Self { client: client.into(), ..self }
    }

    /// Concerns this authorization.
    #[must_use]
    pub fn authorization(self, authorization: Id) -> Self {
        Self { authorization: Some(authorization), ..self }
    }

    /// Why, or in which way.
    #[must_use]
    pub fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// Was refused by this endpoint.
    #[must_use]
    pub fn at(self, endpoint: &'static str) -> Self {
        Self { endpoint: Some(endpoint), ..self }
    }

    /// Concerns this generation of a refresh token.
    #[must_use]
    pub fn generation(self, generation: u32) -> Self {
        Self { generation: Some(generation), ..self }
    }
}

impl EventName {
    /// An event that concerns nobody yet.
    #[must_use]
    pub const fn event(self) -> AuditEvent {
        AuditEvent {
            name: self,
            owner: None,
            operator: None,
            grant: None,
            client: None,
            authorization: None,
            reason: None,
            endpoint: None,
            generation: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_whom_it_concerns_and_where_it_was_refused() {
        let [owner, client, grant] = [1, 2, 3].map(|byte| Id::from_bytes([byte; 16]));
        let key = GrantKey { owner, grant };
        let event = EventName::ToolRefused.event().holder(key.held_by(client)).at("mcp");
        assert_eq!((event.owner, event.client, event.grant), (Some(owner), Some(client), Some(grant)));
        assert_eq!(event.endpoint, Some("mcp"));
        let event = EventName::GrantEnded.event().grant(key).generation(7);
        assert_eq!((event.owner, event.grant, event.generation), (Some(owner), Some(grant), Some(7)));
    }
}
