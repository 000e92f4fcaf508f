//! What processes see that use the emulator through `azure_data_cosmos`, and what they do not see through it.
#![cfg(test)]

mod authentication;
mod change_feed;
mod connections;
mod expiry;
mod faults;
mod isolation;
mod items;
mod refusals;
mod support;
