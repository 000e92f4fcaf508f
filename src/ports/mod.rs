//! The application's own ports, visible to every adapter.

pub mod records;
