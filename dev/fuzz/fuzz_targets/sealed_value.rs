//! A sealed text opens for its purpose as what was sealed. Changed by one byte, or for another purpose, it does not open,
//! and neither does any text that was not sealed. A value that is read from opened bytes is written as it was read.
//!
//! The input: four bytes that say what is changed, then the bytes.
#![no_main]

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    ground::{Id, Sealable, Sealer, Unavailable},
    state::{
        access_token::AccessToken,
        family::FamilyKey,
        memory::{ApprovedClients, DeniedClients},
        operator_session::{ListPlace, OperatorSession},
        owner_session::{OwnPageState, OwnerSession},
        pending_consent::PendingConsent,
        sign_in_secrets::{IssuedCode, SignInSecrets},
        signed_in::OwnerName,
        upstream_tokens::UpstreamSecrets,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fuzz::{run, transport};
use libfuzzer_sys::fuzz_target;
use remote_auth_mcp::{
    mcp::sse::{Posted, SessionId},
    ports::event_log::LoggedEvent,
    vault::DataKey,
};
use testkit::SeededEntropy;
use zeroize::Zeroizing;

const PURPOSES: [&str; 3] = ["refresh", "access", "access:1"];

fn read_and_written<T: Sealable>(bytes: &[u8]) {
    let Some(value) = T::from_plaintext(bytes) else { return };
    let written = value.to_plaintext().expect("it can be written");
    let again = T::from_plaintext(&written).expect("what is written can be read");
    assert_eq!(again.to_plaintext().expect("it can be written"), written);
}

fn every_kind(bytes: &[u8]) {
    for read in [
        read_and_written::<PendingConsent>,
        read_and_written::<AccessToken>,
        read_and_written::<ApprovedClients>,
        read_and_written::<DeniedClients>,
        read_and_written::<OwnerSession>,
        read_and_written::<OperatorSession>,
        read_and_written::<OwnPageState>,
        read_and_written::<ListPlace>,
        read_and_written::<UpstreamSecrets>,
        read_and_written::<FamilyKey>,
        read_and_written::<SignInSecrets>,
        read_and_written::<IssuedCode>,
        read_and_written::<OwnerName>,
    ] {
        read(bytes);
    }
}

const ONE: Id = Id::from_bytes([1; 16]);

/// Opens any bytes, in Base64.
struct OpenSealer;

#[async_trait]
impl Sealer for OpenSealer {
    async fn seal(&self, _: &str, plaintext: &[u8]) -> Result<String, Unavailable> {
        Ok(URL_SAFE_NO_PAD.encode(plaintext))
    }

    async fn open(&self, _: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(URL_SAFE_NO_PAD.decode(sealed).ok())
    }
}

/// The text of a session id again.
async fn session_again(text: &str) -> Option<String> {
    let session = SessionId::open(&OpenSealer, text).await.expect("a keyring")?;
    Some(session.seal(&OpenSealer).await.expect("a keyring"))
}

/// The text of an event again.
async fn event_again(sealed: &str) -> Option<String> {
    let event = LoggedEvent { id: ONE, sealed: sealed.to_owned() };
    let ports = transport(Arc::new(OpenSealer), None);
    let posted = Posted::open(&ports, ONE, &event).await.expect("a keyring")?;
    Some(posted.seal(&OpenSealer, ONE, ONE).await.expect("a keyring").sealed)
}

/// What the transport of HTTP+SSE seals.
async fn every_kind_of_sse(bytes: &[u8]) {
    let sealed = URL_SAFE_NO_PAD.encode(bytes);
    if let Some(written) = session_again(&format!("{ONE}.{sealed}")).await {
        assert_eq!(session_again(&written).await, Some(written));
    }
    if let Some(written) = event_again(&sealed).await {
        assert_eq!(event_again(&written).await, Some(written));
    }
}

fuzz_target!(|data: (u8, u16, u8, &[u8])| {
    let (purpose, at, change, bytes) = data;
    let purpose = PURPOSES[usize::from(purpose) % PURPOSES.len()];
    let key = DataKey::new(&Zeroizing::new([7; 32])).expect("a key");
    let sealed = key.seal(&SeededEntropy::new(1), purpose, bytes).expect("bytes can be sealed");
    assert_eq!(key.open(purpose, &sealed).as_deref(), Some(bytes));
    for other in PURPOSES.iter().filter(|other| **other != purpose) {
        assert_eq!(key.open(other, &sealed), None);
    }
    let mut changed = sealed.clone().into_bytes();
    let at = usize::from(at) % changed.len();
    changed[at] ^= change & 0x7f;
    let changed = String::from_utf8(changed).expect("ASCII");
    assert!(changed == sealed || key.open(purpose, &changed).is_none(), "{changed}");
    // libFuzzer may find a text that was sealed for an earlier input.
    if let Some((text, opened)) =
        std::str::from_utf8(bytes).ok().and_then(|text| Some((text, key.open(purpose, text)?)))
    {
        assert_eq!(key.seal(&SeededEntropy::new(1), purpose, &opened).expect("bytes can be sealed"), text);
    }
    every_kind(bytes);
    run(every_kind_of_sse(bytes));
});
