//! The contract of the `Records` port, held by every store.

mod contract;
mod embedded;
mod op_rule;
