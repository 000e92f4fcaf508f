//! How far a redirect URI proves who receives the answer, and the name of the receiver's host.

use super::parts::Parts;
use crate::loopback::is_this_machine;

/// How far a redirect URI proves who receives the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// The holder of the host's certificate.
    Https,
    /// Any program on the user's machine (RFC 8252 §8.3).
    Loopback,
    /// Any program that claims the scheme (RFC 8252 §8.4).
    PrivateUse,
}

/// The host without its port, or the scheme if it is a private-use one.
pub(super) fn host(uri: &str) -> &str {
    match (kind(uri), Parts::split(uri)) {
        (RedirectKind::Https | RedirectKind::Loopback, Some(parts)) => parts.host,
        _ => uri.split(':').next().unwrap_or_default(),
    }
}

/// https to a loopback host proves as little as http.
pub(super) fn kind(uri: &str) -> RedirectKind {
    match Parts::split(uri) {
        Some(parts) if matches!(parts.scheme, "https" | "http") => {
            if is_this_machine(parts.host) {
                RedirectKind::Loopback
            } else {
                RedirectKind::Https
            }
        }
        _ => RedirectKind::PrivateUse,
    }
}
