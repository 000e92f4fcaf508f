//! Wrapping by one key in a local file: for `DATA_DIR`, never for production.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;
use authorization_server::ground::{Entropy, Unavailable};
use zeroize::Zeroizing;

use super::{
    DataKey,
    aead::CipherError,
    wrap::{KeyBytes, KeyWrap, Wrapped},
};

const CONTEXT: &str = "data-key/v1";

/// Why the key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Not readable or not writable.
    #[error("{0}: {1}")]
    Io(String, io::Error),
    /// Anyone else could read it.
    #[error("{0} is readable by other users; run chmod 600 {0}")]
    Exposed(String),
    /// Not 32 bytes.
    #[error("{0} is not a data key of 32 bytes")]
    Malformed(String),
}

/// A [`KeyWrap`] over the key file. It has one version.
pub struct KeyFile {
    key: DataKey,
    entropy: Arc<dyn Entropy>,
}

impl KeyFile {
    /// Reads the key file, or makes it with mode 0600.
    pub fn open(path: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, KeyFileError> {
        let name = path.display().to_string();
        let bytes = match fs::File::open(path) {
            Ok(file) => read(file, &name)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path, &name, entropy.as_ref())?,
            Err(error) => return Err(KeyFileError::Io(name, error)),
        };
        Self::new(&bytes, entropy).map_err(|_| KeyFileError::Malformed(name))
    }

    /// With these key bytes.
    pub fn new(bytes: &KeyBytes, entropy: Arc<dyn Entropy>) -> Result<Self, CipherError> {
        Ok(Self { key: DataKey::new(bytes)?, entropy })
    }
}

#[async_trait]
impl KeyWrap for KeyFile {
    async fn current(&self) -> Result<String, Unavailable> {
        Ok(self.key.kid().to_owned())
    }

    async fn wrap(&self, key: &KeyBytes) -> Result<Wrapped, Unavailable> {
        let sealed = self.key.seal(self.entropy.as_ref(), CONTEXT, key.as_slice());
        let sealed = sealed.map_err(|error| unavailable(error.to_string()))?;
        Ok(Wrapped { by: self.key.kid().to_owned(), bytes: sealed.into_bytes() })
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<KeyBytes, Unavailable> {
        let sealed = std::str::from_utf8(&wrapped.bytes).ok();
        let bytes = sealed.and_then(|sealed| self.key.open(CONTEXT, sealed)).map(Zeroizing::new);
        let key = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        key.map(Zeroizing::new).ok_or_else(|| unavailable("the key file is not the one that wrapped the data keys"))
    }
}

fn unavailable(reason: impl Into<String>) -> Unavailable {
    Unavailable::keyring(reason)
}
fn read(mut file: fs::File, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let io = |error| KeyFileError::Io(name.to_owned(), error);
    if file.metadata().map_err(io)?.permissions().mode() & 0o077 != 0 {
        return Err(KeyFileError::Exposed(name.to_owned()));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.read_to_end(&mut bytes).map_err(io)?;
    let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyFileError::Malformed(name.to_owned()))?;
    Ok(Zeroizing::new(key))
}

fn create(path: &Path, name: &str, entropy: &dyn Entropy) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let io = |error| KeyFileError::Io(name.to_owned(), error);
    let mut key = Zeroizing::new([0; 32]);
    entropy.fill(key.as_mut_slice());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
    file.write_all(key.as_slice()).and_then(|()| file.sync_all()).map_err(io)?;
    Ok(key)
}
