//! The application's own ports, visible to every adapter.

pub mod caller_hash;
pub mod event_log;
pub mod gateway;
pub mod records;
