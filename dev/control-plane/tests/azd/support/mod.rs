//! A fresh clone, the parameter sets of infra/test, and running azd.

mod azd;
mod clone;
mod set;
mod tools;
mod zip;

pub(crate) use azd::Azd;
pub(crate) use set::{Set, documented};
pub(crate) use tools::Tools;
pub(crate) use zip::entries;

pub(crate) const TENANT: &str = "00000000-0000-0000-0000-000000000002";
pub(crate) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
