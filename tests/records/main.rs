//! The contract of the `Records` port, held by every store.
#![cfg(test)]

mod contract;
mod embedded;
mod op_rule;
