//! The pages that people see: plain HTML, no script, one stylesheet, both colour schemes.

mod blocked;
mod connections;
mod consent;
mod display_name;
mod error;
mod forwarding;
mod render;

pub(super) use self::{
    blocked::blocked,
    connections::{connections, connections_sign_in},
    consent::{confirmation, consent, denied, review},
    error::{ErrorPage, error},
    forwarding::{returning, signing_in},
    render::redirect,
};
