//! authorization-server.
