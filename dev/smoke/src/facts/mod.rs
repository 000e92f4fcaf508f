//! The facts. Each says what it saw, whether that is as it should be or not.

pub(crate) mod gateway;
pub(crate) mod open;
pub(crate) mod stream;
pub(crate) mod tool;

/// What was seen: as it should be, or not.
pub(crate) type Fact = Result<String, String>;
