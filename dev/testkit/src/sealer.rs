//! A keyring in memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use authorization_server::ground::{Sealer, Unavailable};

use crate::{Faults, lock};

/// Gives out tickets instead of ciphertext: a ticket opens for the purpose it was made for, and nothing else opens.
pub struct MemorySealer {
    keyring: Arc<Faults>,
    sealed: Mutex<HashMap<String, (String, Vec<u8>)>>,
}

impl MemorySealer {
    /// A sealer that is as available as the keyring is.
    #[must_use]
    pub fn new(keyring: Arc<Faults>) -> Self {
        Self { keyring, sealed: Mutex::default() }
    }

    /// How long a text is as Base64, which is what sealing makes of it, and a little more.
    #[must_use]
    pub fn base64_length(&self, sealed: &str) -> usize {
        lock(&self.sealed).get(sealed).map_or(0, |(_, plaintext)| plaintext.len().div_ceil(3) * 4)
    }

    /// The keys are gone: nothing that was sealed before opens again.
    pub fn lose_keys(&self) {
        lock(&self.sealed).values_mut().for_each(|(purpose, _)| purpose.clear());
    }
}

#[async_trait]
impl Sealer for MemorySealer {
    async fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<String, Unavailable> {
        self.keyring.write(|| {
            let mut sealed = lock(&self.sealed);
            let ticket = format!("sealed-{}", sealed.len());
            sealed.insert(ticket.clone(), (purpose.to_owned(), plaintext.to_vec()));
            ticket
        })
    }

    async fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        self.keyring.read(|| {
            let known = lock(&self.sealed);
            known.get(sealed).filter(|(made_for, _)| made_for == purpose).map(|(_, plaintext)| plaintext.clone())
        })
    }
}
