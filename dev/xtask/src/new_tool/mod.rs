//! `cargo xtask new-tool NAME`: a tool that works, with everything that the project keeps about its tools.
//! docs/adding-a-tool.md goes on from there.

mod changes;
mod edit;
mod words;

use std::{fs, io, path::Path};

pub(crate) use words::Words;

use self::{changes::ChangeError, words::NewTool};
use crate::workspace::Workspace;

/// Writes the tool, and says what is left to do; or says why it writes nothing.
pub(crate) fn run(workspace: &Workspace, words: &Words) -> bool {
    let root = words.root.as_deref().unwrap_or(workspace.root());
    match write(root, words) {
        Ok(files) => {
            println!("  {}\n{}", files.join("\n  "), next(words));
            // The lists that grew may need another line break.
            crate::command::run(workspace.cargo("fmt --all").current_dir(root))
        }
        Err(fault) => {
            eprintln!("cargo xtask new-tool: {fault}");
            false
        }
    }
}

/// Why there is no new tool.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Words(#[from] words::WordError),
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error("{0} cannot be written: {1}")]
    Write(String, #[source] io::Error),
}

fn write(root: &Path, words: &Words) -> Result<Vec<String>, Fault> {
    let changes = changes::of(root, &NewTool::of(words)?)?;
    for (file, text) in &changes {
        fs::write(root.join(file), text).map_err(|error| Fault::Write(file.clone(), error))?;
    }
    Ok(changes.into_keys().collect())
}

fn next(words: &Words) -> String {
    let Words { name, permission, .. } = words;
    let snapshots = permission.as_ref().map_or("", |_| {
        "\nThe app registration declares the new permission: run `cargo xtask check-infra --accept` with a Bicep CLI, and \
         review the snapshots.\nThe pages show its English sentence in every language: translate it in src/http/pages/texts."
    });
    format!(
        "\n`{name}` answers with the user's name. Change the request and the types in src/mcp/tools/{name}.rs.\n\
         Try it: cargo local --open inspector\n\
         Test it: cargo test --test http {name}{snapshots}"
    )
}

#[cfg(test)]
mod tests;
