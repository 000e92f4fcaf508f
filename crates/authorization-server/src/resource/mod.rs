//! The protected resource: who calls it, and with which downstream tokens it acts for them.

pub mod authenticate;
pub mod downstream;
