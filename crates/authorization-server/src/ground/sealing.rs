//! Sealed values, and the port to the keyring.

use std::{borrow::Cow, fmt, marker::PhantomData};

use async_trait::async_trait;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{Id, Unavailable};

/// Authenticated encryption under the keyring. The purpose is bound as associated data: a text that was sealed for one
/// purpose does not open for another.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals under the newest key.
    async fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<String, Unavailable>;
    /// Opens; `None` if the text was not sealed for this purpose under a key that is still in the keyring.
    async fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable>;
}

/// A value that leaves this process sealed only.
pub trait Sealable: Sized {
    /// The first part of the purpose; no two types share one.
    const PURPOSE: &'static str;
    /// The owner of the sealed text: the [`Id`] that it is bound to, or `()` if it is valid by itself.
    type BoundTo: PurposePart;

    /// The bytes to seal.
    fn to_plaintext(&self) -> serde_json::Result<Zeroizing<Vec<u8>>>;

    /// The value again, if these are its bytes.
    fn from_plaintext(plaintext: &[u8]) -> Option<Self>;
}

/// A [`Sealable`] that is sealed as JSON.
pub trait SealedAsJson: Serialize + DeserializeOwned {
    /// As [`Sealable::PURPOSE`].
    const PURPOSE: &'static str;
    /// As [`Sealable::BoundTo`].
    type BoundTo: PurposePart;
}

impl<T: SealedAsJson> Sealable for T {
    const PURPOSE: &'static str = <T as SealedAsJson>::PURPOSE;
    type BoundTo = <T as SealedAsJson>::BoundTo;

    fn to_plaintext(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(self).map(Zeroizing::new)
    }

    fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        serde_json::from_slice(plaintext).ok()
    }
}

/// The second part of a purpose.
pub trait PurposePart {
    /// The whole purpose.
    fn purpose(&self, first: &'static str) -> Cow<'static, str>;
}

impl PurposePart for () {
    fn purpose(&self, first: &'static str) -> Cow<'static, str> {
        first.into()
    }
}

impl PurposePart for Id {
    fn purpose(&self, first: &'static str) -> Cow<'static, str> {
        format!("{first}:{self}").into()
    }
}

/// The sealed text of a `T`. Any text can be one: only [`Sealed::open`] tells.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed<T> {
    text: String,
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

impl<T> Sealed<T> {
    /// A text that came from outside.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self { text: text.into(), of: PhantomData }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text, to be stored.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }
}

impl<T: Sealable> Sealed<T> {
    /// Seals a value.
    pub async fn seal(sealer: &dyn Sealer, value: &T, bound_to: T::BoundTo) -> Result<Self, Unavailable> {
        let plaintext = value.to_plaintext().map_err(|error| Unavailable::keyring(error.to_string()))?;
        let text = sealer.seal(&bound_to.purpose(T::PURPOSE), &plaintext).await?;
        Ok(Self::from_text(text))
    }

    /// Opens the text; `None` if it is not a `T` that this server sealed, bound to the same, under a key that still exists.
    pub async fn open(&self, sealer: &dyn Sealer, bound_to: T::BoundTo) -> Result<Option<T>, Unavailable> {
        let plaintext = sealer.open(&bound_to.purpose(T::PURPOSE), &self.text).await?.map(Zeroizing::new);
        Ok(plaintext.and_then(|plaintext| T::from_plaintext(&plaintext)))
    }
}

impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self::from_text(self.text.clone())
    }
}

/// Shows the length: some sealed texts are bearer tokens.
impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.text.len())
    }
}
