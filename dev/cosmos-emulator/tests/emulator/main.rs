//! The emulator as processes see it through `azure_data_cosmos`, and which of its traits stay hidden from them.
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
