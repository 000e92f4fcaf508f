//! The keyring over a store: agreement, rotation, and what happens without the vault.
#![cfg(test)]

mod callers;
mod failing_store;
mod key_file;
mod keyring;
mod ring_faults;
mod wrap;
