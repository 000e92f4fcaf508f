//! The pages that people see: plain HTML, no script, one stylesheet, both colour schemes, in the language of the reader.

mod blocked;
mod connections;
mod consent;
mod dates;
mod display_name;
mod error;
mod forwarding;
mod hosts;
mod language;
mod operator;
mod render;
mod texts;

pub(super) use self::{
    blocked::blocked,
    connections::{connections, connections_sign_in},
    consent::{confirmation, consent, denied, review},
    error::{ErrorPage, error},
    forwarding::{returning, signing_in},
    operator::{operator, operator_sign_in},
    render::{head, redirect},
    texts::{PageText, Texts},
};
