//! The contract of the `ItemStore` port, held by every store.
#![cfg(test)]

mod contract;
mod embedded;
mod op_rule;
mod repository;
