//! The key of a family of refresh tokens and the upstream's tokens leave their types sealed only.

use authorization_server::state::{family::FamilyKey, upstream_tokens::UpstreamSecrets};

fn misuse(key: &FamilyKey, tokens: &UpstreamSecrets) {
    let _ = FamilyKey::clone(key);
    let _ = format!("{key:?}");
    let _ = key.0;
    let _ = UpstreamSecrets::clone(tokens);
    let _ = format!("{tokens:?}");
    let _ = serde_json::to_string(tokens);
}

fn main() {}
