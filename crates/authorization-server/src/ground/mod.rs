//! The lowest layer: the ports to time, randomness, storage and keys, and their types.

mod audit;
mod clock;
mod ended;
mod entropy;
mod event_name;
mod id;
pub mod lifetimes;
mod record;
mod repository;
mod sealing;
mod unavailable;

pub use self::{
    audit::{AuditEvent, AuditLog},
    clock::Clock,
    ended::Ended,
    entropy::Entropy,
    event_name::{EventName, Severity},
    id::{GrantKey, Id, Subject},
    record::{Record, Stored},
    repository::{Advanced, Created, OwnedRecords, Repository},
    sealing::{PurposePart, Sealable, Sealed, SealedAsJson, Sealer},
    unavailable::{Dependency, Unavailable},
};
