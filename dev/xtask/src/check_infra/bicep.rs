//! The Bicep CLI, run over a copy of infra/.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io, sync::Once};

use serde_json::Value;
use tempfile::TempDir;

use super::files::Files;
use super::tools::Tools;

static RESTORED: Once = Once::new();
/// The copy's name for the archive of Graph types.
const ARCHIVE: &str = "graph-types.tgz";
/// The made-up tenant.
pub(super) const TENANT: &str = "00000000-0000-0000-0000-000000000002";
/// Made-up places; names made by `uniqueString` follow from them.
const PLACE: [&str; 8] = [
    "--subscription-id",
    "00000000-0000-0000-0000-000000000001",
    "--tenant-id",
    TENANT,
    "--location",
    "westeurope",
    "--deployment-name",
    "check",
];

/// A copy of infra/ in a temporary folder, with the CLI to run there.
#[derive(Debug)]
pub(super) struct Copy {
    program: PathBuf,
    /// Held for its end: it takes the folder with it.
    _temporary: TempDir,
    /// Without symbolic links, as the CLI names it.
    infra: PathBuf,
}

impl Copy {
    /// None where there is no CLI.
    pub(super) fn of(files: &Files, tools: &Tools) -> io::Result<Option<Self>> {
        let Some(program) = tools.bicep.clone() else { return Ok(None) };
        let temporary = tempfile::tempdir()?;
        files.write("infra/", temporary.path())?;
        let infra = temporary.path().canonicalize()?.join("infra");
        if let Some(types) = &tools.graph_types {
            fs::copy(types, infra.join(ARCHIVE))?;
            fs::write(infra.join("bicepconfig.json"), with_local_types(files.text("infra/bicepconfig.json")))?;
        }
        let copy = Self { program, _temporary: temporary, infra };
        // Processes that restore the same extension at once find it half restored (BCP190). `build` tells what fails here.
        RESTORED.call_once(|| drop(copy.run(&["restore", "main.bicep"])));
        Ok(Some(copy))
    }

    /// The template that main.bicep and its modules make, or their errors and warnings.
    pub(super) fn build(&self) -> Result<Value, Vec<String>> {
        let template = self.run(&["build", "main.bicep", "--stdout"])?;
        serde_json::from_str(&template).map_err(|error| vec![format!("the template is not JSON: {error}")])
    }

    /// Errors and warnings of every Bicep file, used or not.
    pub(super) fn lint(&self) -> Vec<String> {
        self.run(&["lint", "--pattern", "**/*.bicep"]).err().unwrap_or_default()
    }

    /// Every resource of the deployment with this parameter set, evaluated.
    pub(super) fn snapshot(&self, set: &str) -> Result<String, Vec<String>> {
        let parameters = format!("test/{set}.bicepparam");
        let words = ["snapshot", &parameters, "--mode", "overwrite"];
        self.run(&[&words[..], &PLACE[..]].concat())?;
        let written = fs::read_to_string(self.infra.join(format!("test/{set}.snapshot.json")));
        written.map_err(|error| vec![format!("no snapshot was written: {error}")])
    }

    /// The output of the CLI. A warning is a fault, and so is an exit code without a message.
    fn run(&self, words: &[&str]) -> Result<String, Vec<String>> {
        let mut command = Command::new(&self.program);
        command.args(words).current_dir(&self.infra).stdin(Stdio::null());
        // The CLI brings its own .NET, which otherwise wants ICU.
        command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        let output = match command.output() {
            Ok(output) => output,
            Err(error) => return Err(vec![format!("{} could not be started: {error}", self.program.display())]),
        };
        let said = String::from_utf8_lossy(&output.stderr).replace(&*self.infra.to_string_lossy(), "infra");
        // A module is named once for each that uses it.
        let said: BTreeSet<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        let mut faults: Vec<String> = said.into_iter().map(str::to_owned).collect();
        if faults.is_empty() && !output.status.success() {
            faults.push(format!("bicep {} ended with {}", words.join(" "), output.status));
        }
        if faults.is_empty() { Ok(String::from_utf8_lossy(&output.stdout).into_owned()) } else { Err(faults) }
    }
}

/// Names the archive in place of the registry.
fn with_local_types(config: &str) -> String {
    let from_registry = |text: &str| text.starts_with("br:") && text.contains("microsoftgraph");
    let parts = config.split('"').map(|part| if from_registry(part) { "./graph-types.tgz" } else { part });
    parts.collect::<Vec<_>>().join("\"")
}

/// The parameter sets: the names of infra/test/*.bicepparam.
pub(super) fn parameter_sets(files: &Files) -> Vec<String> {
    let sets = files.under("infra/test/", ".bicepparam").map(|(path, _)| Path::new(path));
    let sets = sets.filter(|path| path.parent() == Some(Path::new("infra/test"))).filter_map(Path::file_stem);
    sets.map(|name| name.to_string_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_graph_types_are_taken_from_the_archive() {
        let config = r#"{"extensions": {"graph": "br:mcr.microsoft.com/bicep/extensions/microsoftgraph/v1.0:1.0.0", "x": "br:y"}}"#;
        assert_eq!(with_local_types(config), r#"{"extensions": {"graph": "./graph-types.tgz", "x": "br:y"}}"#);
        assert!(with_local_types(config).contains(ARCHIVE));
    }

    #[test]
    fn a_parameter_set_is_named_by_its_file() {
        let mut files = Files::default();
        files.insert("infra/test/vnet.bicepparam", "");
        files.insert("infra/test/refused/vnet.bicepparam", "");
        assert_eq!(parameter_sets(&files), ["vnet"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_word_from_the_cli_is_a_fault_and_so_is_its_exit_code() {
        let run = |script: &str| {
            let temporary = tempfile::tempdir().unwrap();
            let infra = temporary.path().canonicalize().unwrap();
            let copy = Copy { program: "sh".into(), _temporary: temporary, infra };
            copy.run(&["-c", script])
        };
        let warning = run("echo \"$PWD/main.bicep(1,1) : Warning x\" >&2").unwrap_err();
        assert_eq!(warning, ["infra/main.bicep(1,1) : Warning x"]);
        assert_eq!(run("exit 3").unwrap_err().len(), 1);
        assert_eq!(run("echo fine").unwrap(), "fine\n");
    }
}
