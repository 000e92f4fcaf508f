//! A secret is not copied, not printed, not serialised, and compared through its hash only, in constant time.

use oauth_protocol::secret::{Secret, SecretHash};

fn misuse(secret: &Secret, other: &Secret, hash: &SecretHash) -> bool {
    let _ = Secret::clone(secret);
    let _ = format!("{secret}");
    let _ = serde_json::to_string(secret);
    secret == other && hash == &other.sha256()
}

fn main() {}
