//! Several handler processes share Cosmos DB and Key Vault.
//!
//! The short form runs by default; with `LONG=1` in the environment the numbers are those of the promise.
#![cfg(test)]

mod conditional_access;
#[path = "../../../../tests/records/contract.rs"]
mod contract;
mod contract_on_cosmos;
mod crash;
mod dependencies;
mod deployment;
mod entra_clients;
mod growth;
mod identity;
mod messages;
mod operations;
mod operator;
mod outage;
mod planted;
mod private_addresses;
mod redemption;
mod refresh;
mod restored;
mod revocation;
mod ring_deleted;
mod rotation;
mod secrets;
mod streams;
mod traffic;
mod users;
#[path = "../../../../tests/http/wrong_tokens.rs"]
mod wrong_tokens;

use driver::{browser, stream};
