//! Conditional writes that several use cases need.

mod authorizations;
mod change;
mod clients;
mod demands;
mod grants;
mod owners;
mod upstream_tokens;

pub(crate) use self::{
    change::{Change, Changed, change, change_from},
    upstream_tokens::RenewalError,
};
