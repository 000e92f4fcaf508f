//! The files of a package: nothing is missing from it, and nothing else is in it.

use std::path::PathBuf;

/// The executable that host.json names.
pub(super) const HANDLER: &str = "handler";
/// The bill of materials.
pub(super) const SBOM: &str = "sbom.cdx.json";
pub(super) const HOST_JSON: &str = "host.json";
const FUNCTION_JSON: &str = "function.json";

/// A folder for each endpoint. `tests/function_folders.rs` holds the folders and the router together; this list is the last
/// look before a deployment, and therefore does not ask the folders.
pub(super) const FUNCTIONS: [&str; 14] = [
    "authorization-server-metadata",
    "authorize",
    "connections",
    "operator",
    "consent",
    "health",
    "mcp",
    "mcp-message",
    "mcp-sse",
    "oauth-callback",
    "protected-resource-metadata",
    "register",
    "revoke",
    "token",
];

pub(super) const PROGRAM_MODE: u32 = 0o755;
pub(super) const FILE_MODE: u32 = 0o644;
pub(super) const FOLDER_MODE: u32 = 0o755;

/// Files that are copied from the repository: their path there and in the package.
pub(super) fn copied() -> impl Iterator<Item = PathBuf> {
    let functions = FUNCTIONS.iter().map(|function| PathBuf::from(function).join(FUNCTION_JSON));
    std::iter::once(PathBuf::from(HOST_JSON)).chain(functions)
}

/// All files of the package.
pub(super) fn files() -> impl Iterator<Item = PathBuf> {
    [HANDLER, SBOM].map(PathBuf::from).into_iter().chain(copied())
}

/// Everything in the package, and its mode.
pub(super) fn entries() -> impl Iterator<Item = (PathBuf, u32)> {
    let folders = FUNCTIONS.iter().map(|function| (PathBuf::from(function), FOLDER_MODE));
    let files = copied().chain([PathBuf::from(SBOM)]).map(|file| (file, FILE_MODE));
    std::iter::once((PathBuf::from(HANDLER), PROGRAM_MODE)).chain(folders).chain(files)
}
