//! `CallerHash`: names callers in the log without their addresses.

use std::net::IpAddr;

/// Gives an address a pseudonym.
pub trait CallerHash: Send + Sync {
    /// A keyed hash of the address, the same on every instance until the key changes; `None` while there is no key.
    fn hash(&self, address: IpAddr) -> Option<String>;
}
