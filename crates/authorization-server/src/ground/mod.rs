//! The lowest layer: the ports to time, randomness, storage and keys, and their types.

mod audit;
mod clock;
mod document_hosts;
mod ended;
mod entropy;
mod event_name;
mod guid;
mod id;
pub mod lifetimes;
mod names;
mod network;
mod operational_event;
mod owner_limit;
mod recent;
mod record;
mod repository;
mod sealing;
mod too_many;
mod unavailable;

pub use self::{
    audit::{AuditEvent, AuditLog},
    clock::Clock,
    document_hosts::DocumentHosts,
    ended::Ended,
    entropy::Entropy,
    event_name::{EventName, Severity},
    guid::guid,
    id::{GrantKey, Holder, Id, Subject},
    network::Network,
    operational_event::OperationalEvent,
    owner_limit::{OwnerLimit, Share},
    recent::Recent,
    record::{Record, Stored},
    repository::{Advanced, Created, ListedRecords, OwnedRecords, RecordPage, Repository},
    sealing::{PurposePart, Sealable, Sealed, SealedAsJson, Sealer},
    too_many::TooMany,
    unavailable::{Dependency, Unavailable},
};
