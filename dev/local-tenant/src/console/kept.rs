//! The requests that the console keeps.

use stand_in::{Recent, random};

/// A request and its answer, in words.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// When it came, in UTC.
    pub(super) at: String,
    pub(super) asked: String,
    pub(super) answered: String,
    pub(super) is_refused: bool,
}

/// Its own.
pub(crate) struct Console {
    /// In every form, so that no other page can make one (RFC 9700 §4.7).
    pub(super) form_token: String,
    pub(super) history: Recent<Told, 40>,
}

impl Default for Console {
    fn default() -> Self {
        Self { form_token: random::opaque::<32>(), history: Recent::default() }
    }
}
