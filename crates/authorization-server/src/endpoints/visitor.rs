//! The browser behind a request.

use oauth_protocol::initiator::Initiator;

use crate::state::cookies::Cookies;

/// The browser that sent a request.
#[derive(Clone, Copy)]
pub struct Visitor<'a> {
    /// The cookies that it sent.
    pub cookies: &'a Cookies,
    /// Who made it send the request.
    pub initiator: Initiator,
}
