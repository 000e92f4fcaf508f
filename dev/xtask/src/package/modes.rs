//! Mode bits, which azd carries into the package. Windows has none.

use std::{fs::Metadata, io, path::Path};

/// None where files have no mode.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "as on systems without modes")]
pub(super) fn mode(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
pub(super) fn mode(_: &Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
pub(super) fn set(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(super) fn set(_: &Path, _: u32) -> io::Result<()> {
    let reason = "Windows has no mode bits, and Azure would not start the handler: package in WSL or in a workflow";
    Err(io::Error::new(io::ErrorKind::Unsupported, reason))
}
