//! The bill of materials against the schema that `CycloneDX` publishes.

use std::process::Command;

use super::{content, folder};
use crate::command;
use crate::pip::Environment;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// It brings the schemas, and what validates by them.
const PACKAGES: [&str; 1] = ["cyclonedx-python-lib[json-validation]==11.12.0"];
const NOT_INSTALLED: &str = "PyPI did not give cyclonedx-python-lib: connect to it and run again";

/// Of the package that was staged last.
pub(crate) fn check(workspace: &Workspace) -> Tally {
    let Some(python) = Environment::installed(workspace, "cyclonedx", &PACKAGES) else {
        return command::skip("the bill of materials against its schema", NOT_INSTALLED);
    };
    let script = workspace.root().join("dev/xtask/src/package/sbom_schema.py");
    let bill = folder(workspace).join(content::SBOM);
    command::check(Command::new(python.program("python")).arg(script).arg(bill))
}
