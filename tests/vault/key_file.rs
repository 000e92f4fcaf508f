//! The local key file.

use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

use remote_auth_mcp::vault::{
    key_file::{KeyFile, KeyFileError},
    wrap::KeyWrap as _,
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
fn a_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data-key");
    KeyFile::open(&path, entropy()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(KeyFile::open(&path, entropy()), Err(KeyFileError::Exposed(_))));
}

#[test]
fn a_file_of_another_length_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data-key");
    fs::write(&path, b"short").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(KeyFile::open(&path, entropy()), Err(KeyFileError::Malformed(_))));
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
