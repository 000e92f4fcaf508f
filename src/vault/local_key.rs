//! Sealing with one key in a local file: for `DATA_DIR`, never for production.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;
use authorization_server::ports::{Entropy, Sealer, Unavailable};
use zeroize::Zeroizing;

use super::{DataKey, aead::CipherError};

/// Why the key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Not readable or not writable.
    #[error("{0}: {1}")]
    Io(String, io::Error),
    /// Anyone else could read it.
    #[error("{0} can be read by others; chmod 600 it")]
    Exposed(String),
    /// Not 32 bytes.
    #[error("{0} is not a data key of 32 bytes")]
    Malformed(String),
}

/// A [`Sealer`] over the key file.
pub struct LocalKey {
    key: DataKey,
    base_url: String,
    entropy: Arc<dyn Entropy>,
}

impl LocalKey {
    /// Reads the key file, or makes it with mode 0600.
    pub fn open(path: &Path, base_url: &str, entropy: Arc<dyn Entropy>) -> Result<Self, KeyFileError> {
        let name = path.display().to_string();
        let bytes = match fs::File::open(path) {
            Ok(file) => read(file, &name)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path, &name, entropy.as_ref())?,
            Err(error) => return Err(KeyFileError::Io(name, error)),
        };
        Self::new(&bytes, base_url, entropy).map_err(|_| KeyFileError::Malformed(name))
    }

    /// With these key bytes.
    pub fn new(bytes: &Zeroizing<[u8; 32]>, base_url: &str, entropy: Arc<dyn Entropy>) -> Result<Self, CipherError> {
        Ok(Self { key: DataKey::new(bytes)?, base_url: base_url.to_owned(), entropy })
    }

    fn context(&self, purpose: &str) -> String {
        format!("{purpose}/v1|{}", self.base_url)
    }
}

#[async_trait]
impl Sealer for LocalKey {
    async fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<String, Unavailable> {
        self.key
            .seal(self.entropy.as_ref(), &self.context(purpose), plaintext)
            .map_err(|error| Unavailable { what: "keyring", reason: error.to_string() })
    }

    async fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(self.key.open(&self.context(purpose), sealed))
    }
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
