//! Conditional writes that several use cases need.

mod authorizations;
mod blocks;
mod change;
mod client_keys;
mod clients;
mod demands;
mod entra_clients;
mod grants;
mod operator_records;
mod owners;
mod refusals;
mod upstream_tokens;

pub(crate) use self::{
    blocks::BlocksError,
    change::{Change, Changed, change, change_from},
    owners::Removal,
    refusals::{AfterRefusal, RefusedByUpstream},
    upstream_tokens::RenewalError,
};
