//! The content of a clone of this checkout, uncommitted changes included.

use std::fs;
use std::path::Path;

use super::tools::{Tools, checkout};

/// Files that git ignores, and git's own folder.
const IGNORED: [&str; 7] = [".git", "target", ".local", ".azure", "node_modules", ".browser", "__pycache__"];

pub(super) fn copy(to: &Path, tools: &Tools) {
    copy_folder(&checkout(), to);
    if let Some(types) = &tools.graph_types {
        fs::copy(types, to.join("infra/graph-types.tgz")).unwrap();
        let file = to.join("infra/bicepconfig.json");
        let config = fs::read_to_string(&file).unwrap();
        let from_registry = |part: &str| part.starts_with("br:") && part.contains("microsoftgraph");
        let parts = config.split('"').map(|part| if from_registry(part) { "./graph-types.tgz" } else { part });
        fs::write(file, parts.collect::<Vec<_>>().join("\"")).unwrap();
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if IGNORED.iter().any(|ignored| name == *ignored) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to.join(name));
        } else {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}
