//! What outlives a restart: the key's versions, and the certificate that running clients trust.

use serde::{Deserialize, Serialize};
use stand_in::Certificate;

/// In the state file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredVault {
    pub(super) certificate: Certificate,
    /// Oldest first.
    pub(super) versions: Vec<StoredVersion>,
}

/// One version of the key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredVersion {
    pub(super) version: String,
    /// PKCS #8 in base64url.
    pub(super) private_key: String,
    pub(super) attributes: Attributes,
}

/// Times are in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attributes {
    pub(super) enabled: bool,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) expires: Option<i64>,
}
