//! The browser behind a request.

use oauth_protocol::initiator::Initiator;

use crate::{ground::Network, state::cookies::Cookies};

/// The browser that sent a request.
#[derive(Clone, Copy)]
pub struct Visitor<'a> {
    /// The cookies that it sent.
    pub cookies: &'a Cookies,
    /// The initiator of the request.
    pub initiator: Initiator,
    /// The network that it is in.
    pub from: Network,
}

/// A browser that sent a form of our own page. Only its buttons are acted on.
#[derive(Clone, Copy)]
pub struct FormSender<'a> {
    cookies: &'a Cookies,
}

/// A form was not sent from our own page.
#[derive(Clone, Copy, Debug)]
pub struct ForeignForm;

impl<'a> Visitor<'a> {
    /// The browser as the sender of a form, if the form is one of our own page.
    pub fn own_form(&self) -> Result<FormSender<'a>, ForeignForm> {
        if self.initiator.is_own_form() { Ok(FormSender { cookies: self.cookies }) } else { Err(ForeignForm) }
    }
}

impl<'a> FormSender<'a> {
    pub(crate) fn cookies(self) -> &'a Cookies {
        self.cookies
    }
}
