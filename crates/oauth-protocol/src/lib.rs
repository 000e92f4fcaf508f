//! oauth-protocol.
