//! The processes that `func start` runs in a folder: which handler, with which environment, on which port.

use std::path::{Path, PathBuf};
use std::{collections::BTreeMap, os::unix::fs::PermissionsExt as _};

use crate::{StartError, host_json, local_settings::LocalSettings};

/// The setting that takes the place of host.json's `customHandler.description.defaultExecutablePath`.
pub const EXECUTABLE_PATH: &str = "AzureFunctionsJobHost__customHandler__description__defaultExecutablePath";

/// `func start` without --port and without a setting.
const DEFAULT_PORT: u16 = 7071;

/// All that [`crate::start`] needs to know of a function app. Not printable: the environment may hold secrets.
pub struct FuncStart {
    /// The handler executable.
    pub handler: PathBuf,
    /// The settings, with what the process has of its own.
    pub environment: Vec<(String, String)>,
    /// The public port.
    pub port: u16,
}

/// Reads host.json and local.settings.json in a folder. A variable of the process wins over a setting of the same name.
pub fn func_start(root: &Path, process: impl IntoIterator<Item = (String, String)>) -> Result<FuncStart, StartError> {
    let in_host_json = host_json::check(root)?;
    let settings = LocalSettings::read(root)?.unwrap_or_default();
    let environment: BTreeMap<String, String> = settings.values.into_iter().chain(process).collect();
    if let Some(runtime) = environment.get("FUNCTIONS_WORKER_RUNTIME").filter(|runtime| *runtime != "custom") {
        let reason = format!("FUNCTIONS_WORKER_RUNTIME must be custom, and is {runtime}");
        return Err(StartError::NotImplemented(root.to_owned(), reason));
    }
    let handler = handler(root, &environment, &in_host_json)?;
    let port = settings.port.unwrap_or(DEFAULT_PORT);
    Ok(FuncStart { handler, environment: environment.into_iter().collect(), port })
}

/// The handler that a setting names, or else host.json. Names of settings are the host's configuration keys, which know no
/// letter case.
fn handler(root: &Path, environment: &BTreeMap<String, String>, in_host_json: &str) -> Result<PathBuf, StartError> {
    let overriding = environment.iter().find(|(name, _)| name.eq_ignore_ascii_case(EXECUTABLE_PATH));
    let (path, named_by) = overriding.map_or((in_host_json, "host.json"), |(_, path)| (path.as_str(), EXECUTABLE_PATH));
    let path = root.join(path);
    let reason = match path.metadata() {
        Err(fault) => fault.to_string(),
        Ok(file) if !file.is_file() => "it is not a file".to_owned(),
        Ok(file) if file.permissions().mode() & 0o111 == 0 => "it is not executable (chmod +x)".to_owned(),
        Ok(_) => return Ok(path),
    };
    Err(StartError::NoHandler { path, named_by, reason })
}
