//! Identifiers: 128 random bits, or 128 bits of a hash, written as 22 base64url characters.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de};
use sha2::{Digest as _, Sha256};

use super::Entropy;

/// The characters of an id.
const TEXT_LENGTH: usize = 22;

/// 128 bits that name a record. An id is no secret: a secret beside it protects the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id([u8; 16]);

impl Id {
    /// A new random id.
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// The id with exactly these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The first 128 bits of the SHA-256 of a text.
    #[must_use]
    pub fn sha256_of(text: &str) -> Self {
        Self(*Sha256::digest(text).first_chunk().unwrap_or(&[0; 16]))
    }

    /// The first 128 bits of SHA-256 over these texts, each with its length.
    #[must_use]
    pub fn hash_of(texts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for text in texts {
            hash.update(text.len().to_be_bytes());
            hash.update(text);
        }
        Self(*hash.finalize().first_chunk().unwrap_or(&[0; 16]))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads 22 base64url characters; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (length == bytes.len()).then_some(Self(bytes))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; TEXT_LENGTH];
        URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(IdVisitor)
    }
}

/// Reads an id from the text where it stands, without a copy.
struct IdVisitor;

impl de::Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id of 22 base64url characters")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        Id::parse(text).ok_or_else(|| E::custom("not an id of 22 base64url characters"))
    }
}

/// The resource owner at the upstream. Only the pair of tenant and object id is stable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `tid` of the ID token.
    pub tid: String,
    /// `oid` of the ID token.
    pub oid: String,
}

impl Subject {
    /// The partition of all records of this owner: the first 128 bits of SHA-256(tid|oid).
    #[must_use]
    pub fn owner_key(&self) -> Id {
        Id::sha256_of(&format!("{}|{}", self.tid, self.oid))
    }
}

/// The key of a grant: its owner's partition, and the id of the authorization that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GrantKey {
    /// The owner's partition.
    pub owner: Id,
    /// Id of the authorization that was redeemed.
    pub grant: Id,
}

impl GrantKey {
    /// The holder of this grant, which is this client.
    #[must_use]
    pub fn held_by(self, client: Id) -> Holder {
        Holder { owner: self.owner, client, grant: Some(self.grant) }
    }
}

/// A client that may act for an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Holder {
    /// The owner's partition.
    pub owner: Id,
    /// The client.
    pub client: Id,
    /// Its grant; `None` if this server granted it nothing, because it shows a token of Entra.
    pub grant: Option<Id>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_from_its_text() {
        let id = Id::from_bytes([7; 16]);
        assert_eq!(id.to_string().len(), 22);
        assert_eq!(Id::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn text_of_another_length_or_alphabet_is_no_id() {
        for text in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAA/", "../../../../../../../.."] {
            assert_eq!(Id::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_error_says_what_an_id_is() {
        for json in ["7", r#""AAAA""#] {
            let error = serde_json::from_str::<Id>(json).unwrap_err().to_string();
            assert!(error.contains("an id of 22 base64url characters"), "{error}");
        }
    }

    #[test]
    fn a_hash_tells_where_a_text_ends() {
        assert_ne!(Id::hash_of(&["ab", "c"]), Id::hash_of(&["a", "bc"]));
        assert_ne!(Id::hash_of(&["a"]), Id::hash_of(&["a", ""]));
        assert_eq!(Id::hash_of(&["a", "b"]), Id::hash_of(&["a", "b"]));
    }

    #[test]
    fn owners_differ_by_tenant_and_by_object_id() {
        let owner = |tid: &str, oid: &str| Subject { tid: tid.into(), oid: oid.into() }.owner_key();
        assert_ne!(owner("t", "o"), owner("t", "p"));
        assert_ne!(owner("t", "o"), owner("u", "o"));
        assert_eq!(owner("t", "o"), owner("t", "o"));
        // By the command in docs/operations.md.
        assert_eq!(owner("t", "o").to_string(), "72ALwAgUlmnqgrJeVDN86A");
    }
}
