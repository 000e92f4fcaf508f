//! The layout of this project.

use std::{fs, path::Path};

use crate::tree::SourceError;

/// A crate that is in the shipped binary.
pub struct Shipped {
    /// Its package.
    pub package: &'static str,
    /// The folder of its modules.
    pub source: &'static str,
    /// The folder of its integration tests.
    pub tests: &'static str,
}

/// The shipped crates.
pub const SHIPPED: [Shipped; 3] = [
    Shipped { package: "oauth-protocol", source: "crates/oauth-protocol/src", tests: "crates/oauth-protocol/tests" },
    Shipped {
        package: "authorization-server",
        source: "crates/authorization-server/src",
        tests: "crates/authorization-server/tests",
    },
    Shipped { package: "remote-auth-mcp", source: "src", tests: "tests" },
];

/// The names by which Rust knows the crates under `dev/`.
pub fn dev_crates(root: &Path) -> Result<Vec<String>, SourceError> {
    let dev = root.join("dev");
    let failed = |error| SourceError::Io(dev.clone(), error);
    let mut names = Vec::new();
    for entry in fs::read_dir(&dev).map_err(failed)? {
        let manifest = entry.map_err(failed)?.path().join("Cargo.toml");
        if let Ok(text) = fs::read_to_string(manifest) {
            let name = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
            names.extend(name.map(|name| name.replace('-', "_")));
        }
    }
    names.sort();
    Ok(names)
}
