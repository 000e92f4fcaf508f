//! The owner who signed in, before the grant.

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    ground::{Id, Sealable, Sealed, Subject},
    state::upstream_tokens::UpstreamSecrets,
};

/// The owner who signed in at Entra.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The owner.
    pub subject: Subject,
    /// The upstream's tokens, bound to the authorization's id.
    pub sealed_tokens: Sealed<UpstreamSecrets>,
    /// When the upstream's access token ends.
    pub upstream_expires_at: OffsetDateTime,
}

/// The owner's name, as Entra says it. It is shown to that owner only.
pub struct OwnerName(pub String);

/// The name's UTF-8 is sealed, bound to the authorization's id.
impl Sealable for OwnerName {
    const PURPOSE: &'static str = "owner-name";
    type BoundTo = Id;

    fn to_plaintext(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(self.0.as_bytes().to_vec()))
    }

    fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        std::str::from_utf8(plaintext).ok().map(|name| Self(name.to_owned()))
    }
}
