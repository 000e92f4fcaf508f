//! The local key file.

use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

use remote_auth_mcp::vault::{
    DataKey,
    key_file::{KeyFile, KeyFileError},
    wrap::{KeyWrap as _, Wrapped},
};
use testkit::SeededEntropy;
use zeroize::Zeroizing;

fn entropy() -> Arc<SeededEntropy> {
    Arc::new(SeededEntropy::new(3))
}

#[tokio::test]
async fn the_file_is_made_once_and_only_its_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data-key");
    let wrapped = KeyFile::open(&path, entropy()).unwrap().wrap(&Zeroizing::new([5; 32])).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let again = KeyFile::open(&path, entropy()).unwrap();
    assert_eq!(*again.unwrap(&wrapped).await.unwrap(), [5; 32]);
}

#[test]
fn a_file_that_anybody_else_can_read_write_or_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data-key");
    KeyFile::open(&path, entropy()).unwrap();
    for mode in [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o666, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = KeyFile::open(&path, entropy());
        assert!(matches!(refused, Err(KeyFileError::Exposed(_))), "{mode:o}");
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(KeyFile::open(&path, entropy()).is_ok(), "{mode:o}");
    }
}

#[test]
fn a_file_of_another_length_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for length in [0, 31, 33, 64] {
        let path = folder.path().join(length.to_string());
        fs::write(&path, vec![7; length]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(KeyFile::open(&path, entropy()), Err(KeyFileError::Malformed(_))), "{length}");
    }
}

#[test]
fn a_fault_names_the_file_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data-key");
    let name = path.display().to_string();
    fs::write(&path, b"short").unwrap();
    let fault = || KeyFile::open(&path, entropy()).err().unwrap().to_string();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(fault(), format!("{name} is readable by other users; run chmod 600 {name}"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(fault(), format!("{name} is not a data key of 32 bytes"));
    let nowhere = folder.path().join("no/such/folder");
    let error = KeyFile::open(&nowhere, entropy()).err().unwrap();
    assert!(matches!(error, KeyFileError::Io(..)) && error.to_string().starts_with(nowhere.to_str().unwrap()));
    assert!(matches!(KeyFile::open(folder.path(), entropy()), Err(KeyFileError::Exposed(_) | KeyFileError::Io(..))));
}

#[tokio::test]
async fn the_key_file_has_one_version_and_remembers_it() {
    let file = KeyFile::new(&Zeroizing::new([1; 32]), entropy()).unwrap();
    let wrapped = file.wrap(&Zeroizing::new([5; 32])).await.unwrap();
    assert_eq!(wrapped.by, file.current().await.unwrap());
    assert!(!wrapped.bytes.windows(4).any(|bytes| bytes == [5; 4]), "the data key is not in what is stored");
}

#[tokio::test]
async fn a_key_of_another_purpose_or_no_key_is_not_unwrapped() {
    let bytes = Zeroizing::new([1; 32]);
    let (file, key) = (KeyFile::new(&bytes, entropy()).unwrap(), DataKey::new(&bytes).unwrap());
    let sealed = |context: &str, text: &[u8]| key.seal(entropy().as_ref(), context, text).unwrap().into_bytes();
    let by = key.kid().to_owned();
    let unwrapped = async |bytes: Vec<u8>| file.unwrap(&Wrapped { by: by.clone(), bytes }).await;
    assert_eq!(*unwrapped(sealed("data-key/v1", &[5; 32])).await.unwrap(), [5; 32]);
    for bytes in [
        sealed("data-key/v2", &[5; 32]),
        sealed("", &[5; 32]),
        sealed("data-key/v1", &[5; 31]),
        sealed("data-key/v1", &[5; 33]),
        sealed("data-key/v1", &[]),
        Vec::new(),
        vec![0xff; 60],
    ] {
        let refused = unwrapped(bytes).await.unwrap_err();
        assert_eq!(refused.reason, "the key file is not the one that wrapped the data keys");
    }
}

#[tokio::test]
async fn another_file_does_not_open_what_this_one_wrapped() {
    let folder = tempfile::tempdir().unwrap();
    let entropy = entropy();
    let one = KeyFile::open(&folder.path().join("one"), Arc::clone(&entropy) as _).unwrap();
    let other = KeyFile::open(&folder.path().join("other"), entropy).unwrap();
    let wrapped = one.wrap(&Zeroizing::new([5; 32])).await.unwrap();
    other.unwrap(&wrapped).await.unwrap_err();
}
