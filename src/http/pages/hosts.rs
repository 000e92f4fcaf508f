//! The hosts to which a client returns.

use authorization_server::state::shown_hosts::ShownHosts;

use super::texts::{PageText, Texts};

/// The sentence with these hosts; `None` if there is none to show.
pub(super) fn returns_to(texts: &Texts, hosts: &ShownHosts) -> Option<PageText> {
    let names = hosts.names.join(", ");
    match hosts.more {
        _ if names.is_empty() => None,
        0 => Some(texts.returns_to(&names)),
        more => Some(texts.returns_to_more(&names, more)),
    }
}
