//! A sealed text opens for its purpose as what was sealed. Changed by one byte, or for another purpose, it does not open,
//! and neither does any text that was not sealed. A value that is read from opened bytes is written as it was read.
//!
//! The input: four bytes that say what is changed, then the bytes.
#![no_main]

use authorization_server::{
    ground::Sealable,
    state::{
        access_token::AccessToken,
        family::FamilyKey,
        memory::{ApprovedClients, DeniedClients},
        owner_session::OwnerSession,
        pending_consent::PendingConsent,
        sign_in_secrets::{IssuedCode, SignInSecrets},
        signed_in::OwnerName,
        upstream_tokens::UpstreamSecrets,
    },
};
use libfuzzer_sys::fuzz_target;
use remote_auth_mcp::vault::DataKey;
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
        read_and_written::<UpstreamSecrets>,
        read_and_written::<FamilyKey>,
        read_and_written::<SignInSecrets>,
        read_and_written::<IssuedCode>,
        read_and_written::<OwnerName>,
    ] {
        read(bytes);
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
});
