//! The facts. Each says what it observed, also when it passes.

pub(crate) mod gateway;
pub(crate) mod open;
pub(crate) mod pages;
pub(crate) mod stream;
pub(crate) mod tool;

/// The observation: expected, or not.
pub(crate) type Fact = Result<String, String>;
