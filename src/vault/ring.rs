//! The document `ring`: all data keys, wrapped, in the order of their first use. Conditional writes keep processes in agreement.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::wrap::Wrapped;

const SCHEMA: u32 = 1;
/// The document's id.
pub(super) const ID: &str = "ring";

/// When data keys are made and retired.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// From the first use of one key to the first use of the next.
    pub period: Duration,
    /// From a key's publication to its first use. It is several times `reload`, so every process has read the key by then.
    pub lead: Duration,
    /// From the last time that a key seals until it retires: longer than a grant or a cookie lives.
    pub retain: Duration,
    /// How often a process reads the ring.
    pub reload: std::time::Duration,
    /// A process reads the ring again for an unknown key id, but no more often than this.
    pub unknown: Duration,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            period: Duration::days(30),
            lead: Duration::minutes(15),
            retain: Duration::days(91),
            reload: std::time::Duration::from_mins(5),
            unknown: Duration::seconds(30),
        }
    }
}

/// The stored document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ring {
    schema: u32,
    id: String,
    pub(super) keys: Vec<RingKey>,
}

/// One wrapped data key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RingKey {
    pub(super) kid: String,
    pub(super) wrapped_by: String,
    pub(super) wrapped: String,
    #[serde(with = "time::serde::timestamp::milliseconds")]
    pub(super) use_from: OffsetDateTime,
}

impl RingKey {
    pub(super) fn new(kid: &str, wrapped: &Wrapped, use_from: OffsetDateTime) -> Self {
        let (wrapped_by, wrapped) = (wrapped.by.clone(), URL_SAFE_NO_PAD.encode(&wrapped.bytes));
        Self { kid: kid.to_owned(), wrapped_by, wrapped, use_from }
    }

    pub(super) fn wrapped(&self) -> Option<Wrapped> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.wrapped).ok()?;
        Some(Wrapped { by: self.wrapped_by.clone(), bytes })
    }
}

impl Ring {
    pub(super) fn new(keys: Vec<RingKey>) -> Self {
        Self { schema: SCHEMA, id: ID.into(), keys }
    }

    /// Decodes a document of this schema.
    pub(super) fn decode(body: serde_json::Value) -> Result<Self, String> {
        let ring: Self = serde_json::from_value(body).map_err(|error| error.to_string())?;
        if ring.schema == SCHEMA { Ok(ring) } else { Err(format!("schema {}, expected {SCHEMA}", ring.schema)) }
    }

    /// Whether a new key must be published.
    pub(super) fn is_due(&self, now: OffsetDateTime, rotation: &Rotation) -> bool {
        let newest = self.keys.iter().map(|key| key.use_from).max();
        newest.is_none_or(|newest| newest + rotation.period <= now + rotation.lead)
    }

    /// Logs which keys of the next ring are new, and which were wrapped again. Operators wait for these lines.
    pub(super) fn log_changes(&self, next: &Self) {
        for key in &next.keys {
            match self.keys.iter().find(|known| known.kid == key.kid) {
                None => tracing::info!(kid = key.kid, use_from = %key.use_from, "data key created"),
                Some(known) if known.wrapped_by != key.wrapped_by => {
                    tracing::info!(kid = key.kid, wrapped_by = key.wrapped_by, "data key wrapped again");
                }
                Some(_) => {}
            }
        }
    }

    /// Drops keys under which nothing is sealed that still lives. The newest key always stays.
    pub(super) fn retire(&mut self, now: OffsetDateTime, rotation: &Rotation) {
        self.keys.sort_by_key(|key| key.use_from);
        let successors = self.keys.iter().skip(1).map(|key| key.use_from);
        let retired = successors.take_while(|use_from| *use_from + rotation.retain <= now).count();
        self.keys.drain(..retired);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-11-25 12:00 UTC);

    fn key(kid: &str, use_from: OffsetDateTime) -> RingKey {
        RingKey::new(kid, &Wrapped { by: "version".into(), bytes: vec![1, 2, 3] }, use_from)
    }

    fn kids(ring: &Ring) -> Vec<&str> {
        ring.keys.iter().map(|key| key.kid.as_str()).collect()
    }

    #[test]
    fn the_stored_shape_is_the_golden_one() {
        let golden = include_str!("../../tests/golden/storage/ring.json");
        let stored: serde_json::Value = serde_json::from_str(golden).unwrap();
        let ring = Ring::new(vec![key("q1w2e3r4", NOW), key("t5z6u7i8", NOW + Duration::days(30))]);
        assert_eq!(serde_json::to_value(&ring).unwrap(), stored);
        assert_eq!(Ring::decode(stored).unwrap(), ring);
    }

    #[test]
    fn another_schema_is_an_error() {
        let body = serde_json::json!({ "schema": 2, "id": "ring", "keys": [] });
        assert_eq!(Ring::decode(body).unwrap_err(), "schema 2, expected 1");
    }

    #[test]
    fn a_new_key_is_due_so_that_it_is_used_exactly_a_period_after_the_newest() {
        let rotation = Rotation::default();
        let ring = Ring::new(vec![key("old", NOW - Duration::days(60)), key("new", NOW)]);
        let due = NOW + rotation.period - rotation.lead;
        assert!(!ring.is_due(due - Duration::SECOND, &rotation));
        assert!(ring.is_due(due, &rotation));
        assert!(Ring::new(Vec::new()).is_due(NOW, &rotation));
    }

    #[test]
    fn a_key_retires_when_nothing_sealed_under_it_can_still_live() {
        let rotation = Rotation::default();
        let mut ring = Ring::new(vec![key("second", NOW), key("first", NOW - Duration::days(30))]);
        ring.retire(NOW + rotation.retain - Duration::SECOND, &rotation);
        assert_eq!(kids(&ring), ["first", "second"]);
        ring.retire(NOW + rotation.retain, &rotation);
        assert_eq!(kids(&ring), ["second"]);
    }

    #[test]
    fn the_newest_key_never_retires() {
        let mut ring = Ring::new(vec![key("only", NOW)]);
        ring.retire(NOW + Duration::days(10_000), &Rotation::default());
        assert_eq!(kids(&ring), ["only"]);
    }
}
