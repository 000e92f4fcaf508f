//! The keyring over a store: agreement, rotation, and what happens without the vault.
#![cfg(test)]

mod key_file;
mod keyring;
mod wrap;
