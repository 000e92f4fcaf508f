//! The refresh-token family of a grant: `secret(g) = HMAC-SHA256(family key, grant id ‖ g)`.
//!
//! Every process computes the same successor, so an answer that was lost can be given again, and no refresh token is stored.
//! Later than [`RETRY_WINDOW`] the answer may be in other hands. Then a further generation is issued, and the one that nobody
//! has used is superseded: its next use shows that there are two holders.

use std::cmp::Ordering;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::SecretString;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::ground::{GrantKey, Id, Sealable, Sealed, lifetimes::ACCESS_TOKEN_LIFETIME};

/// A refresh token that comes again within this time of its last answered presentation gets the same successor. Counted in
/// whole seconds, as they are stored.
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
    /// The last generation that was presented while it was the newest; `None` before the first refresh.
    pub presented: Option<u32>,
    /// When the request arrived that was last answered with the newest generation while it was unseen.
    pub answered_at: OffsetDateTime,
    /// Whether an access token of the newest generation has been used, which proves that the client has its answer.
    pub seen: bool,
    /// The generations that a further one replaced before they were seen, as long as access tokens of them may live. There are
    /// fewer than 60, since each stood for longer than [`RETRY_WINDOW`].
    pub superseded: Vec<Superseded>,
}

/// A generation that was replaced before it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Superseded {
    /// The generation.
    pub generation: u32,
    /// When it was replaced.
    pub at: OffsetDateTime,
}

impl Family {
    /// A family whose first generation is being given out.
    #[must_use]
    pub fn first(sealed_key: Sealed<FamilyKey>, now: OffsetDateTime) -> Self {
        Self { sealed_key, generation: 1, presented: None, answered_at: now, seen: false, superseded: Vec::new() }
    }

    /// The newest generation was presented: it gets a successor.
    pub(crate) fn rotated(&self, now: OffsetDateTime) -> Self {
        Self { presented: Some(self.generation), ..self.with_further_generation(now) }
    }

    /// The last presented generation was presented again, too late for the same successor: the newest is superseded.
    pub(crate) fn superseding(&self, now: OffsetDateTime) -> Self {
        let mut next = self.with_further_generation(now);
        next.superseded.push(Superseded { generation: self.generation, at: now });
        next
    }

    fn with_further_generation(&self, now: OffsetDateTime) -> Self {
        let superseded = self.superseded.iter().filter(|superseded| now - superseded.at < ACCESS_TOKEN_LIFETIME);
        Self {
            sealed_key: self.sealed_key.clone(),
            generation: self.generation + 1,
            presented: self.presented,
            answered_at: now,
            seen: false,
            superseded: superseded.copied().collect(),
        }
    }

    /// The newest generation is given out again; `None` if that is to be noted no more. Every presentation starts the retry
    /// window anew, as otherwise two parallel ones could fall on both sides of its end. Once the newest is seen, its client
    /// has it.
    pub(crate) fn answered_again(&self, now: OffsetDateTime) -> Option<Self> {
        let noted = self.seen || now.unix_timestamp() <= self.answered_at.unix_timestamp();
        (!noted).then(|| Self { answered_at: now, ..self.clone() })
    }

    pub(crate) fn seen(&self) -> Self {
        Self { seen: true, ..self.clone() }
    }

    /// Judges a refresh token of this generation, whose secret is right.
    #[must_use]
    pub fn judge(&self, presented: u32, now: OffsetDateTime) -> PresentedGeneration {
        let within_window = now.unix_timestamp() - self.answered_at.unix_timestamp() <= RETRY_WINDOW.whole_seconds();
        match presented.cmp(&self.generation) {
            Ordering::Equal => PresentedGeneration::Good(Successor::Next),
            Ordering::Greater => PresentedGeneration::Ahead,
            Ordering::Less if self.presented != Some(presented) => PresentedGeneration::Replay,
            Ordering::Less if within_window => PresentedGeneration::Good(Successor::Same),
            Ordering::Less if self.seen => PresentedGeneration::Replay,
            Ordering::Less => PresentedGeneration::Good(Successor::Further),
        }
    }
}

/// How a refresh token of a generation is answered.
#[derive(Debug, PartialEq, Eq)]
pub enum PresentedGeneration {
    /// It is answered with a successor.
    Good(Successor),
    /// It is newer than the stored grant: the store was restored, or lags behind. That is no sign of theft.
    Ahead,
    /// It is superseded, or older than one whose successor has been used: a second holder has it. Revoke the grant.
    Replay,
}

/// The successor of a refresh token that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Successor {
    /// Of the newest: rotate.
    Next,
    /// Of the last presented one, whose answer may have been lost: the newest again.
    Same,
    /// The same, but so late that the newest may be in other hands: a further one, which supersedes the newest.
    Further,
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
    /// The key of these random bytes.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
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

    const AT: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

    /// The third generation was answered for the second at `AT`.
    fn family() -> Family {
        Family::first(Sealed::from_text(""), AT).rotated(AT).rotated(AT)
    }

    #[test]
    fn a_lost_answer_can_be_asked_for_again() {
        let family = family();
        assert_eq!(family.judge(4, AT), PresentedGeneration::Ahead);
        assert_eq!(family.judge(3, AT), PresentedGeneration::Good(Successor::Next));
        assert_eq!(family.judge(2, AT + RETRY_WINDOW), PresentedGeneration::Good(Successor::Same));
        assert_eq!(
            family.judge(2, AT + RETRY_WINDOW + Duration::SECOND),
            PresentedGeneration::Good(Successor::Further)
        );
        assert_eq!(family.judge(1, AT), PresentedGeneration::Replay);
        let seen = family.seen();
        assert_eq!(seen.judge(2, AT + RETRY_WINDOW), PresentedGeneration::Good(Successor::Same));
        assert_eq!(seen.judge(2, AT + RETRY_WINDOW + Duration::SECOND), PresentedGeneration::Replay);
    }

    #[test]
    fn a_generation_that_a_further_one_replaced_is_a_replay_for_ever() {
        let mut family = family();
        for generation in [4, 5] {
            family = family.superseding(AT);
            assert_eq!(family.generation, generation);
            assert_eq!(family.judge(generation - 1, AT), PresentedGeneration::Replay);
            assert_eq!(family.judge(2, AT), PresentedGeneration::Good(Successor::Same));
        }
        let rotated = family.rotated(AT);
        for generation in 1..=4 {
            assert_eq!(rotated.judge(generation, AT), PresentedGeneration::Replay, "{generation}");
        }
        assert_eq!(rotated.judge(5, AT), PresentedGeneration::Good(Successor::Same));
    }

    #[test]
    fn superseded_generations_are_kept_as_long_as_their_access_tokens_may_live() {
        let superseding = family().superseding(AT);
        let kept = |after| {
            let rotated = superseding.rotated(AT + after);
            rotated.superseded.iter().map(|superseded| superseded.generation).collect::<Vec<_>>()
        };
        assert_eq!(kept(ACCESS_TOKEN_LIFETIME - Duration::SECOND), [3]);
        assert!(kept(ACCESS_TOKEN_LIFETIME).is_empty());
    }

    #[test]
    fn every_answer_starts_the_retry_window_anew_until_the_newest_is_seen() {
        let again = family().answered_again(AT + Duration::seconds(40)).unwrap();
        assert_eq!(again.judge(2, AT + Duration::seconds(100)), PresentedGeneration::Good(Successor::Same));
        assert_eq!(again.judge(2, AT + Duration::seconds(101)), PresentedGeneration::Good(Successor::Further));
        assert!(again.answered_at > AT && again.generation == 3);
        assert!(family().answered_again(AT + Duration::milliseconds(900)).is_none(), "one write a second is enough");
        assert!(family().seen().answered_again(AT + Duration::seconds(40)).is_none());
    }
}
