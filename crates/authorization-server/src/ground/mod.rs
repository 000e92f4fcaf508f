//! What every layer stands on: the ports to time, randomness, storage and keys, and the types that they speak in.

mod clock;
mod entropy;
mod id;
pub mod lifetimes;
mod record;
mod repository;
mod sealing;
mod unavailable;

pub use self::{
    clock::Clock,
    entropy::Entropy,
    id::{GrantKey, Id, Subject},
    record::{Record, Stored},
    repository::{Advanced, Created, OwnedRecords, Repository},
    sealing::{PurposePart, Sealable, Sealed, SealedAsJson, Sealer},
    unavailable::{Dependency, Unavailable},
};
