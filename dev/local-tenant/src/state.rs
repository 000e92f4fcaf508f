//! The state that survives a restart: signing key, identity header, refresh tokens (as hashes), consents and vault.

mod directory;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io, io::Write as _, sync::Mutex};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use stand_in::{Certificate, SigningKey, lock, random};

use crate::clients::{Client, EVERYBODY};
use crate::scopes::Permission;

/// Entra's refresh tokens of web apps live this long.
pub(crate) const REFRESH_TOKEN_SECONDS: i64 = 90 * 86_400;
/// Expired refresh tokens are remembered this much longer, to be refused as expired and not as unknown.
const REMEMBERED_SECONDS: i64 = 30 * 86_400;
const VERSION: u32 = 1;

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredState {
    version: u32,
    signing_key: String,
    identity_header: String,
    refresh_tokens: BTreeMap<String, RefreshToken>,
    consents: BTreeMap<String, BTreeSet<String>>,
    #[serde(default)]
    disabled: BTreeSet<String>,
    #[serde(default)]
    sessions_revoked: BTreeMap<String, i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vault: Option<StoredVault>,
}

/// The vault: the key's versions, oldest first, and the certificate that running clients trust.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredVault {
    pub(crate) certificate: Certificate,
    pub(crate) versions: Vec<StoredVersion>,
}

/// One version of the key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredVersion {
    pub(crate) version: String,
    /// PKCS #8 in base64url.
    pub(crate) private_key: String,
    /// Seconds since 1970.
    #[serde(default)]
    pub(crate) created: i64,
}

/// The owner and the age of a refresh token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    /// Object id of the user.
    pub(crate) oid: String,
    /// The app it was issued to.
    pub(crate) client_id: String,
    /// Seconds since 1970.
    pub(crate) issued_at: i64,
    /// The user signed in with the second factor.
    #[serde(default)]
    pub(crate) second_factor: bool,
}

/// The state, written to its file before anything that depends on it is sent.
pub(crate) struct State {
    file: Option<PathBuf>,
    stored: Mutex<StoredState>,
}

impl State {
    /// From the file if it exists; otherwise a new key and an empty state, written at once.
    pub(crate) fn open(file: Option<PathBuf>) -> io::Result<(Self, SigningKey)> {
        let stored = file.as_deref().map(read).transpose()?.flatten();
        let (stored, key) = match stored {
            Some(stored) => {
                let key = SigningKey::from_stored(&stored.signing_key)
                    .ok_or_else(|| invalid("the signing key is not one"))?;
                (stored, key)
            }
            None => new(),
        };
        let state = Self { file, stored: Mutex::new(stored) };
        state.save(&lock(&state.stored))?;
        Ok((state, key))
    }

    /// The value of `IDENTITY_HEADER`.
    pub(crate) fn identity_header(&self) -> String {
        lock(&self.stored).identity_header.clone()
    }

    /// A new refresh token for this user. Earlier ones stay valid, as at Entra.
    pub(crate) fn issue_refresh_token(&self, record: RefreshToken) -> io::Result<String> {
        let token = format!("1.{}", random::opaque::<600>());
        let mut stored = lock(&self.stored);
        let forgotten = record.issued_at - REFRESH_TOKEN_SECONDS - REMEMBERED_SECONDS;
        stored.refresh_tokens.retain(|_, known| known.issued_at > forgotten);
        stored.refresh_tokens.insert(hash(&token), record);
        self.save(&stored)?;
        Ok(token)
    }

    /// The state of a refresh token.
    pub(crate) fn refresh_token(&self, token: &str) -> Option<RefreshToken> {
        lock(&self.stored).refresh_tokens.get(&hash(token)).cloned()
    }

    /// The user consents to these, beside what they consented to before.
    pub(crate) fn consent(&self, of: String, permissions: &BTreeSet<Permission>) -> io::Result<()> {
        let mut stored = lock(&self.stored);
        let consented = stored.consents.entry(of).or_default();
        let before = consented.len();
        consented.extend(permissions.iter().map(|permission| permission.full_name()));
        if consented.len() == before { Ok(()) } else { self.save(&stored) }
    }

    /// The scopes that the user, or an administrator for everybody, consented to for this app.
    pub(crate) fn consented(&self, client: &Client, oid: &str) -> BTreeSet<Permission> {
        let stored = lock(&self.stored);
        let of = [client.consents_of(oid), client.consents_of(EVERYBODY)];
        of.iter()
            .filter_map(|of| stored.consents.get(of))
            .flatten()
            .filter_map(|name| Permission::named(name))
            .collect()
    }

    /// The vault as it was kept.
    pub(crate) fn vault(&self) -> Option<StoredVault> {
        lock(&self.stored).vault.clone()
    }

    /// Keeps the vault.
    pub(crate) fn keep_vault(&self, vault: StoredVault) -> io::Result<()> {
        let mut stored = lock(&self.stored);
        stored.vault = Some(vault);
        self.save(&stored)
    }

    /// The file of the state.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    fn save(&self, stored: &StoredState) -> io::Result<()> {
        self.file.as_deref().map_or(Ok(()), |file| write(file, stored))
    }
}

fn new() -> (StoredState, SigningKey) {
    let key = SigningKey::generate();
    let (signing_key, identity_header) = (key.to_stored(), random::uuid());
    (StoredState { version: VERSION, signing_key, identity_header, ..StoredState::default() }, key)
}

fn read(file: &Path) -> io::Result<Option<StoredState>> {
    let text = match fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let stored: StoredState = serde_json::from_slice(&text).map_err(|error| invalid(&error.to_string()))?;
    if stored.version == VERSION { Ok(Some(stored)) } else { Err(invalid("it is of another version")) }
}

/// Written beside and renamed over, so that a crash leaves the old file or the new one. Only its owner can read it.
fn write(file: &Path, stored: &StoredState) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(".tenant-").tempfile_in(folder)?;
    beside.write_all(&serde_json::to_vec_pretty(stored)?)?;
    beside.as_file().sync_all()?;
    beside.persist(file)?;
    Ok(())
}

fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_owned())
}
