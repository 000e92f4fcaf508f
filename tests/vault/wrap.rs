//! A wrapping key with versions, which can be down.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use authorization_server::ground::Unavailable;
use remote_auth_mcp::vault::wrap::{KeyBytes, KeyWrap, Wrapped};
use zeroize::Zeroizing;

/// XOR with the version: enough to see which version was asked.
#[derive(Default)]
pub(crate) struct Versions {
    current: AtomicUsize,
    down: AtomicBool,
    never_wraps: AtomicBool,
    disabled: Mutex<Vec<String>>,
    pub(crate) unwraps: AtomicUsize,
}

impl Versions {
    pub(crate) fn rotate(&self) {
        self.current.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// From now on wrapping is asked for and never answered.
    pub(crate) fn stop_wrapping(&self) {
        self.never_wraps.store(true, Ordering::SeqCst);
    }

    pub(crate) fn disable(&self, version: &str) {
        self.disabled.lock().unwrap().push(version.to_owned());
    }

    pub(crate) fn enable(&self, version: &str) {
        self.disabled.lock().unwrap().retain(|disabled| disabled != version);
    }

    fn check(&self, version: &str) -> Result<(), Unavailable> {
        let disabled = self.disabled.lock().unwrap().iter().any(|disabled| disabled == version);
        if self.down.load(Ordering::SeqCst) || disabled {
            return Err(Unavailable::keyring("the vault refuses"));
        }
        Ok(())
    }
}

fn xor(version: &str, bytes: &[u8]) -> Vec<u8> {
    let pad = u8::try_from(version.len()).unwrap() ^ version.as_bytes().iter().fold(0, |sum, byte| sum ^ byte);
    bytes.iter().map(|byte| byte ^ pad).collect()
}

#[async_trait]
impl KeyWrap for Versions {
    async fn current(&self) -> Result<String, Unavailable> {
        let version = format!("v{}", self.current.load(Ordering::SeqCst));
        self.check("any").map(|()| version)
    }

    async fn wrap(&self, key: &KeyBytes) -> Result<Wrapped, Unavailable> {
        if self.never_wraps.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let by = self.current().await?;
        let bytes = xor(&by, key.as_slice());
        Ok(Wrapped { by, bytes })
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<KeyBytes, Unavailable> {
        self.check(&wrapped.by)?;
        self.unwraps.fetch_add(1, Ordering::SeqCst);
        let bytes = xor(&wrapped.by, &wrapped.bytes);
        Ok(Zeroizing::new(bytes.try_into().unwrap()))
    }
}
