//! Our cookie is found whatever stands beside it. Every found cookie was sent. At most five transactions stay.
//!
//! The input: what stands before our cookie, and behind a line break what follows it.
#![no_main]

use authorization_server::{
    ground::Id,
    state::cookies::{CookieChange, CookieChanges, CookieName, Cookies},
};
use http::HeaderValue;
use libfuzzer_sys::fuzz_target;

const NAMES: [CookieName; 3] = [CookieName::ApprovedClients, CookieName::DeniedClients, CookieName::Owner];

fn contains(line: &[u8], part: &str) -> bool {
    part.is_empty() || line.windows(part.len()).any(|window| window == part.as_bytes())
}

fuzz_target!(|data: &[u8]| {
    let (before, behind) = data.split_at(data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len()));
    let ours = CookieName::CsrfToken(Id::from_bytes([7; 16]));
    let line = [before, format!("; {ours}=me; ").as_bytes(), behind.strip_prefix(b"\n").unwrap_or_default()].concat();
    // hyper refuses every other header.
    if HeaderValue::from_bytes(&line).is_err() {
        return;
    }
    let cookies = Cookies::parse([&line]);
    assert!(cookies.all(ours).any(|value| value == "me"));
    assert!(!cookies.has_displaced(ours));
    for name in NAMES {
        assert!(cookies.all(name).all(|value| contains(&line, &format!("{name}={value}"))));
    }
    let mut changes = CookieChanges::default();
    changes.set(&cookies, CookieName::CsrfToken(Id::from_bytes([9; 16])), "value".into());
    let sent = line.split(|byte| *byte == b';').filter(|pair| contains(pair, "__Host-MCP_CSRF_TOKEN-")).count();
    let (mut gone, mut displaced) = (Vec::new(), 0);
    for change in changes.iter() {
        match change {
            CookieChange::Set { .. } => {}
            CookieChange::Displace { name, .. } => {
                gone.push(name);
                displaced += 1;
            }
            CookieChange::Delete(name) => gone.push(name),
        }
    }
    assert!(displaced <= 10 && gone.len() <= (sent + 1).saturating_sub(5), "{gone:?} of {sent}");
    assert!(gone.iter().all(|name| name.starts_with("__Host-MCP_CSRF_TOKEN-") && !name.contains([';', '='])));
});
