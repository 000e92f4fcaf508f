//! The refresh-token family of a grant: `secret(g) = HMAC-SHA256(family key, grant id ‖ g)`.
//!
//! Every process computes the same successor, so an answer that was lost can be given again, and no refresh token is stored.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::SecretString;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::ground::{Entropy, GrantKey, Id, Sealable, Sealed};

/// A client may ask again for an answer that was lost within this time, even after a use of the new tokens.
pub const RETRY_WINDOW: Duration = Duration::seconds(60);

const FORMAT: u8 = 1;
const LENGTH: usize = 1 + 16 + 16 + 4 + 32;

/// The refresh tokens of a grant.
#[derive(Clone, Debug)]
pub struct Family {
    /// The random family key, bound to the grant's id.
    pub sealed_key: Sealed<FamilyKey>,
    /// The newest generation that was issued.
    pub generation: u32,
    /// When it was issued.
    pub rotated_at: OffsetDateTime,
    /// Whether an access token of this generation has been used, which proves that the client has its answer.
    pub seen: bool,
}

impl Family {
    pub(crate) fn rotated(&self, now: OffsetDateTime) -> Self {
        Self { sealed_key: self.sealed_key.clone(), generation: self.generation + 1, rotated_at: now, seen: false }
    }

    pub(crate) fn seen(&self) -> Self {
        Self { seen: true, ..self.clone() }
    }

    /// Judges a refresh token of this generation, whose secret is right.
    #[must_use]
    pub fn judge(&self, presented: u32, now: OffsetDateTime) -> Presented {
        if presented == self.generation {
            Presented::Current
        } else if presented + 1 == self.generation && (!self.seen || now - self.rotated_at <= RETRY_WINDOW) {
            Presented::Retry
        } else if presented > self.generation {
            Presented::Ahead
        } else {
            Presented::Replay
        }
    }
}

/// What a refresh token of a generation means.
#[derive(Debug, PartialEq, Eq)]
pub enum Presented {
    /// It is the newest: rotate.
    Current,
    /// It is the one before, and the answer may have been lost: answer with the newest again.
    Retry,
    /// It is newer than the stored grant: the store was restored, or lags behind. That is no sign of theft.
    Ahead,
    /// It is older: a second holder has it. Revoke the grant.
    Replay,
}

/// The key of a family.
pub struct FamilyKey(Zeroizing<[u8; 32]>);

/// The raw 32 bytes are sealed.
impl Sealable for FamilyKey {
    const PURPOSE: &'static str = "family-key";
    type BoundTo = Id;

    fn to_plaintext(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(self.0.to_vec()))
    }

    fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        <[u8; 32]>::try_from(plaintext).ok().map(|key| Self(Zeroizing::new(key)))
    }
}

impl FamilyKey {
    /// A new random key.
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(key.as_mut_slice());
        Self(key)
    }

    /// The refresh token of a generation.
    #[must_use]
    pub fn refresh_token(&self, key: GrantKey, generation: u32) -> SecretString {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
        bytes.push(FORMAT);
        bytes.extend_from_slice(key.owner.as_bytes());
        bytes.extend_from_slice(key.grant.as_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        bytes.extend_from_slice(&self.secret(key.grant, generation));
        URL_SAFE_NO_PAD.encode(bytes.as_slice()).into()
    }

    /// Whether a presented token carries the secret of its generation.
    #[must_use]
    pub fn verifies(&self, token: &RefreshToken) -> bool {
        self.secret(token.key.grant, token.generation).ct_eq(token.secret.as_ref()).into()
    }

    fn secret(&self, grant: Id, generation: u32) -> [u8; 32] {
        let mut block = Zeroizing::new([0; 64]);
        block.split_at_mut(32).0.copy_from_slice(self.0.as_slice());
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        mac.update(grant.as_bytes());
        mac.update(&generation.to_be_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// A well-formed refresh token. Its secret has not been verified.
pub struct RefreshToken {
    /// The grant that it names.
    pub key: GrantKey,
    /// The generation that it claims.
    pub generation: u32,
    secret: Zeroizing<[u8; 32]>,
}

impl RefreshToken {
    /// Reads a refresh token; `None` if it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        if bytes.len() != LENGTH {
            return None;
        }
        let (format, rest) = bytes.split_first_chunk::<1>()?;
        let (owner, rest) = rest.split_first_chunk::<16>()?;
        let (grant, rest) = rest.split_first_chunk::<16>()?;
        let (generation, secret) = rest.split_first_chunk::<4>()?;
        let key = GrantKey { owner: Id::from_bytes(*owner), grant: Id::from_bytes(*grant) };
        let secret = Zeroizing::new(<[u8; 32]>::try_from(secret).ok()?);
        (*format == [FORMAT]).then_some(Self { key, generation: u32::from_be_bytes(*generation), secret })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use time::macros::datetime;

    use super::*;

    const KEY: GrantKey = GrantKey { owner: Id::from_bytes([1; 16]), grant: Id::from_bytes([2; 16]) };

    fn family_key(byte: u8) -> FamilyKey {
        FamilyKey(Zeroizing::new([byte; 32]))
    }

    fn parsed(key: &FamilyKey, generation: u32) -> RefreshToken {
        RefreshToken::parse(key.refresh_token(KEY, generation).expose_secret()).unwrap()
    }

    #[test]
    fn a_refresh_token_names_its_grant_and_generation() {
        let token = parsed(&family_key(9), 41);
        assert_eq!((token.key, token.generation), (KEY, 41));
    }

    #[test]
    fn only_the_secret_of_this_family_and_generation_verifies() {
        let mut token = parsed(&family_key(9), 2);
        assert!(family_key(9).verifies(&token));
        assert!(!family_key(8).verifies(&token));
        token.generation = 3;
        assert!(!family_key(9).verifies(&token));
    }

    #[test]
    fn the_same_generation_is_always_the_same_token() {
        let token = |generation| family_key(9).refresh_token(KEY, generation);
        assert_eq!(token(5).expose_secret(), token(5).expose_secret());
        assert_ne!(token(5).expose_secret(), token(6).expose_secret());
    }

    #[test]
    fn every_flipped_byte_makes_it_refused() {
        let text = family_key(9).refresh_token(KEY, 2);
        let bytes = URL_SAFE_NO_PAD.decode(text.expose_secret()).unwrap();
        for index in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[index] ^= 1;
            let accepted = RefreshToken::parse(&URL_SAFE_NO_PAD.encode(&bytes))
                .is_some_and(|token| token.key == KEY && family_key(9).verifies(&token));
            assert!(!accepted, "byte {index}");
        }
    }

    #[test]
    fn a_lost_answer_can_be_asked_for_again() {
        let at = datetime!(2026-11-24 12:00 UTC);
        let family = Family { sealed_key: Sealed::from_text(""), generation: 3, rotated_at: at, seen: false };
        assert_eq!(family.judge(4, at), Presented::Ahead);
        assert_eq!(family.judge(3, at), Presented::Current);
        assert_eq!(family.judge(2, at + Duration::hours(5)), Presented::Retry);
        assert_eq!(family.judge(1, at), Presented::Replay);
        let seen = family.seen();
        assert_eq!(seen.judge(2, at + RETRY_WINDOW), Presented::Retry);
        assert_eq!(seen.judge(2, at + RETRY_WINDOW + Duration::SECOND), Presented::Replay);
    }
}
