//! The programs and files that the stage hands on.

use std::path::{Path, PathBuf};

/// Programs and files from outside the project's sources.
pub(crate) struct Tools {
    pub(crate) azd: PathBuf,
    pub(crate) bicep: PathBuf,
    /// The Graph types as an archive, in place of the registry.
    pub(crate) graph_types: Option<PathBuf>,
    /// The package that `cargo xtask package` has made.
    pub(crate) package: PathBuf,
    /// The program that `cargo xtask preflight` runs.
    pub(crate) preflight: PathBuf,
}

impl Tools {
    #[expect(clippy::disallowed_methods, reason = "how the stage hands them on")]
    pub(crate) fn of_stage() -> Self {
        let named = |name| std::env::var_os(name).map(PathBuf::from);
        let required = |name| named(name).unwrap_or_else(|| panic!("{name} is not set: run `cargo xtask test azd`"));
        Self {
            azd: required("AZD"),
            bicep: required("BICEP"),
            graph_types: named("BICEP_GRAPH_TYPES").filter(|path| !path.as_os_str().is_empty()),
            package: required("AZD_PACKAGE"),
            preflight: required("PREFLIGHT"),
        }
    }
}

/// The checkout that is tested.
pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
