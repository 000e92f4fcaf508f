//! What `func start` runs in a folder: which handler, with which environment, on which port.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::StartError;
use crate::host_json;
use crate::local_settings::LocalSettings;

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

/// Reads host.json and local.settings.json in a folder. A variable of the process wins over a setting of the same name;
/// `handler`, if it is given, over both files.
pub fn func_start(
    root: &Path,
    handler: Option<PathBuf>,
    process: impl IntoIterator<Item = (String, String)>,
) -> Result<FuncStart, StartError> {
    let in_host_json = host_json::check(root)?;
    let settings = LocalSettings::read(root)?.unwrap_or_default();
    let environment: BTreeMap<String, String> = settings.values.into_iter().chain(process).collect();
    if let Some(runtime) = environment.get("FUNCTIONS_WORKER_RUNTIME").filter(|runtime| *runtime != "custom") {
        let reason = format!("FUNCTIONS_WORKER_RUNTIME must be custom, and is {runtime}");
        return Err(StartError::NotImplemented { path: root.to_owned(), reason });
    }
    let handler = match handler {
        Some(handler) => Named { path: handler, by: "--handler" },
        None => named(root, &environment, in_host_json),
    };
    let port = settings.port.unwrap_or(DEFAULT_PORT);
    Ok(FuncStart { handler: handler.checked()?, environment: environment.into_iter().collect(), port })
}

struct Named {
    path: PathBuf,
    by: &'static str,
}

/// Names of settings are the host's configuration keys, which know no letter case.
fn named(root: &Path, environment: &BTreeMap<String, String>, in_host_json: String) -> Named {
    let overriding = environment.iter().find(|(name, _)| name.eq_ignore_ascii_case(EXECUTABLE_PATH));
    match overriding {
        Some((_, path)) => Named { path: root.join(path), by: EXECUTABLE_PATH },
        None => Named { path: root.join(in_host_json), by: "host.json" },
    }
}

impl Named {
    fn checked(self) -> Result<PathBuf, StartError> {
        let reason = match self.path.metadata() {
            Err(fault) => fault.to_string(),
            Ok(file) if !file.is_file() => "it is not a file".to_owned(),
            Ok(file) if file.permissions().mode() & 0o111 == 0 => "it is not executable (chmod +x)".to_owned(),
            Ok(_) => return Ok(self.path),
        };
        Err(StartError::NoHandler { path: self.path, named_by: self.by, reason })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// With an executable `bin/handler`.
    fn app(local_settings: &str) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        let host_json = r#"{"version":"2.0","functionTimeout":"-1","extensions":{"http":{"routePrefix":""}},
            "customHandler":{"description":{"defaultExecutablePath":"bin/handler"},"enableProxyingHttpRequest":true}}"#;
        fs::write(root.path().join("host.json"), host_json).unwrap();
        fs::write(root.path().join("local.settings.json"), local_settings).unwrap();
        fs::create_dir(root.path().join("bin")).unwrap();
        executable(&root.path().join("bin/handler"));
        root
    }

    fn executable(path: &Path) {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn fault_of(root: &Path) -> String {
        func_start(root, None, []).err().unwrap().to_string()
    }

    #[test]
    fn host_json_names_the_handler_relative_to_the_folder() {
        let root = app("{}");
        let start = func_start(root.path(), None, []).unwrap();
        assert_eq!((start.handler, start.port), (root.path().join("bin/handler"), 7071));
    }

    #[test]
    fn the_setting_takes_its_place_and_an_option_theirs() {
        let root = app(&format!(r#"{{ "Values": {{ "{}": "/bin/sh" }} }}"#, EXECUTABLE_PATH.to_lowercase()));
        assert_eq!(func_start(root.path(), None, []).unwrap().handler, Path::new("/bin/sh"));
        let given = root.path().join("other");
        executable(&given);
        assert_eq!(func_start(root.path(), Some(given.clone()), []).unwrap().handler, given);
    }

    #[test]
    fn a_variable_of_the_process_wins_over_a_setting() {
        let root = app(r#"{ "Values": { "A": "file", "B": "file" }, "Host": { "LocalHttpPort": 5 } }"#);
        let start = func_start(root.path(), None, [("A".to_owned(), "process".to_owned())]).unwrap();
        let expected = [("A", "process"), ("B", "file")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!((start.environment, start.port), (expected.into(), 5));
    }

    #[test]
    fn a_handler_that_cannot_be_run_is_named_with_who_names_it() {
        let root = app(&format!(r#"{{ "Values": {{ "{EXECUTABLE_PATH}": "target/debug/handler" }} }}"#));
        let fault = fault_of(root.path());
        assert!(fault.contains("target/debug/handler") && fault.contains(EXECUTABLE_PATH), "{fault}");
        let root = app("{}");
        fs::set_permissions(root.path().join("bin/handler"), fs::Permissions::from_mode(0o644)).unwrap();
        let fault = fault_of(root.path());
        assert!(fault.contains("chmod +x") && fault.contains("host.json"), "{fault}");
    }

    #[test]
    fn another_worker_runtime_is_refused() {
        let root = app(r#"{ "Values": { "FUNCTIONS_WORKER_RUNTIME": "node" } }"#);
        assert!(fault_of(root.path()).contains("FUNCTIONS_WORKER_RUNTIME must be custom, and is node"));
    }
}
