//! The pages that people see: plain HTML, no script, one stylesheet, both colour schemes.

mod blocked;
mod connections;
mod consent;
mod display_name;
mod error;
mod forwarding;
mod operator;
mod render;
mod time_of_day;

pub(super) use self::{
    blocked::blocked,
    connections::{connections, connections_sign_in},
    consent::{confirmation, consent, denied, review},
    error::{ErrorPage, error},
    forwarding::{returning, signing_in},
    operator::{operator, operator_sign_in},
    render::redirect,
};
