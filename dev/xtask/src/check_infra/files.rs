//! The text of everything that the checks read, so that a test can plant an error in a copy.

use std::collections::BTreeMap;
use std::{fs, io, path::Path};

use walkdir::WalkDir;

/// Texts by their path from the root, with `/` on every platform.
#[derive(Clone, Debug, Default)]
pub(super) struct Files(BTreeMap<String, String>);

/// Files that are read besides infra/ and the function folders.
const SINGLE: [&str; 3] = ["azure.yaml", "docs/deploy.md", "host.json"];

impl Files {
    pub(super) fn read(root: &Path) -> io::Result<Self> {
        let mut files = Self::default();
        for entry in WalkDir::new(root.join("infra")) {
            files.add(root, entry?.path())?;
        }
        for file in SINGLE {
            files.add(root, &root.join(file))?;
        }
        for entry in fs::read_dir(root)? {
            files.add(root, &entry?.path().join("function.json"))?;
        }
        Ok(files)
    }

    fn add(&mut self, root: &Path, file: &Path) -> io::Result<()> {
        if file.is_file() {
            let path = file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(file).map_err(|error| io::Error::other(format!("{path}: {error}")))?;
            self.0.insert(path, text);
        }
        Ok(())
    }

    /// The text of one file; nothing for one that is not there.
    pub(super) fn text(&self, path: &str) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    /// The text of one file that must be there.
    pub(super) fn required(&self, path: &str) -> Result<&str, String> {
        self.0.get(path).map(String::as_str).ok_or_else(|| format!("{path} is missing"))
    }

    /// Files below a folder (with its final slash) whose names end so.
    pub(super) fn under<'a>(&'a self, folder: &'a str, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let chosen = self.0.iter().filter(move |(path, _)| path.starts_with(folder) && path.ends_with(end));
        chosen.map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Writes a folder out below `to`.
    pub(super) fn write(&self, folder: &str, to: &Path) -> io::Result<()> {
        for (path, text) in self.under(folder, "") {
            let file = to.join(path);
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(file, text)?;
        }
        Ok(())
    }

    pub(super) fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.0.insert(path.into(), text.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_read_is_written_out_below_another_root() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(from.path().join("infra/modules")).unwrap();
        fs::create_dir_all(from.path().join("token")).unwrap();
        fs::write(from.path().join("infra/modules/a.bicep"), "param a string").unwrap();
        fs::write(from.path().join("token/function.json"), "{}").unwrap();
        let files = Files::read(from.path()).unwrap();
        assert_eq!(
            files.under("", "").map(|(path, _)| path).collect::<Vec<_>>(),
            ["infra/modules/a.bicep", "token/function.json"]
        );
        files.write("infra/", to.path()).unwrap();
        assert_eq!(fs::read_to_string(to.path().join("infra/modules/a.bicep")).unwrap(), "param a string");
        assert!(!to.path().join("token").exists());
    }
}
