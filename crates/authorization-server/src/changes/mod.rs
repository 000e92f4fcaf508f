//! Conditional writes that several use cases need.

mod authorizations;
mod blocks;
mod change;
mod client_keys;
mod clients;
mod demands;
mod grants;
mod owners;
mod upstream_tokens;

pub(crate) use self::{
    blocks::BlocksError,
    change::{Change, Changed, change, change_from},
    upstream_tokens::RenewalError,
};
