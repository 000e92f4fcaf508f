//! functions-host.
